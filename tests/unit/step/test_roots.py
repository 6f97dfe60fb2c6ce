"""Which folder of a dataset's is at the top of what is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.step.data.folders import Manifest
from kedro_azureml.step.data.publication import link_files
from kedro_azureml.step.data.roots import common_root


@pytest.mark.parametrize(
    ("paths", "files", "versioned", "root"),
    [
        (["data/m"], ["data/m/MLmodel", "data/m/a/b"], False, "data/m"),
        (["data/t.csv"], ["data/t.csv"], False, "data"),
        (["data/t.shp"], ["data/t.shp", "data/t.dbf"], False, "data"),
        (["t.csv"], ["t.csv"], False, ""),
        (["data/t.csv"], ["data/t.csv/v1/t.csv"], True, "data/t.csv/v1"),
        (["data/m"], ["data/m/v1/m/MLmodel"], True, "data/m/v1/m"),
        (["data/a.csv", "data/b/c.json"], ["data/a.csv", "data/b/c.json"], False, "data"),
        (["data/deep/t.csv"], ["data/deep/t.csv", "data/other/u.csv"], False, "data"),
        (["data/p"], [], False, "data"),
    ],
)
def test_the_root_is_the_datasets_own_folder(
    tmp_path: Path, paths: list[str], files: list[str], versioned: bool, root: str
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert common_root(paths, tmp_path, files, versioned=versioned) == root


@pytest.mark.parametrize("root", ["", "data", "data/x.txt"])
def test_a_reader_finds_files_where_the_project_has_them(tmp_path: Path, root: str) -> None:
    place = tmp_path / "place"
    manifest = Manifest("d", "local", {"data/x.txt": 1}, root=root)
    file = place / manifest.inside("data/x.txt")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    files = {name: place / manifest.inside(name) for name in manifest.files}
    folder = link_files(files, tmp_path / "linked")
    assert not (folder / "data").is_symlink()
    assert (folder / "data/x.txt").read_text() == "x"
