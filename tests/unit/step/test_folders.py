"""Manifests tell a whole folder from a truncated one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kedro_azureml.step.data.folders import (
    MANIFEST,
    FolderError,
    check_folder,
    link_mounts,
    read_manifest,
    write_manifest,
)


def make(folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "é x.csv").write_text("abc")
    (folder / "empty").write_text("")
    return folder


def test_manifest_lists_files_and_sizes(tmp_path: Path) -> None:
    folder = make(tmp_path)
    manifest = write_manifest(folder, "table", "local")
    assert manifest.files == {"data/é x.csv": 3, "empty": 0}
    assert read_manifest(folder) == manifest
    assert check_folder(folder, "table") == manifest
    assert write_manifest(folder, "table", "local").files == manifest.files


def test_truncated_and_missing_files(tmp_path: Path) -> None:
    folder = make(tmp_path)
    write_manifest(folder, "table", "local")
    (folder / "data" / "é x.csv").write_text("ab")
    with pytest.raises(FolderError, match=r"'table' is incomplete: .* has 2 bytes, 3 were written"):
        check_folder(folder, "table")
    (folder / "data" / "é x.csv").unlink()
    with pytest.raises(FolderError, match="is missing"):
        check_folder(folder, "table")


@pytest.mark.parametrize("root", ["", "/"])
@pytest.mark.parametrize("published", [True, False])
def test_a_manifest_that_leads_elsewhere(tmp_path: Path, root: str, published: bool) -> None:
    folder = make(tmp_path / "folder")
    (tmp_path / "other").write_text("abc")
    publication = Path("/") if published else None
    for name in (f"{tmp_path}/other", "../other"):
        write_manifest(folder, "table", "local", files={name: 3}, root=root)
        with pytest.raises(FolderError, match=r"is not what its manifest says: .*other' "):
            check_folder(folder, "table", publication)
        with pytest.raises(ValueError, match="other"):
            read_manifest(folder).inside(name)


@pytest.mark.parametrize("name", ["data/./a", "data//a", "./data/a", ".", ""])
def test_a_path_has_one_spelling(tmp_path: Path, name: str) -> None:
    """Two of them would be two files in one place."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("abc")
    write_manifest(tmp_path, "table", "local", files={"data/a": 3, name: 3})
    with pytest.raises(FolderError, match=r"is not what its manifest says: '.*' is no path in a"):
        check_folder(tmp_path, "table")


def test_no_manifest_or_a_foreign_one(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"'table': .* has not finished"):
        check_folder(tmp_path, "table")
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(FolderError, match="cannot be read"):
        check_folder(tmp_path, "table")
    (tmp_path / MANIFEST).write_text('{"version": 99}')
    with pytest.raises(FolderError, match="format 99"):
        check_folder(tmp_path, "table")


GOOD: dict[str, object] = {
    "dataset": "table",
    "kind": "object",
    "files": {},
    "version": 1,
    "stored": "a/key",
    "storage": "https://account.blob.core.windows.net/container",
}


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": 5},
        {"kind": "elsewhere"},
        {"kind": ["object"]},
        {"files": ["a"]},
        {"files": {"a": "3"}},
        {"files": None},
        {"stored": 3},
        {"stored": ["a"], "storage": {}},
        {"version": None},
        {"partitions": "ab"},
        {"partitions": [3]},
        {"parts": 10**9},
        {"parts": -1},
        {"parts": 2.0},
        {"parts": "2"},
    ],
)
def test_values_of_wrong_types(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(FolderError, match=r"cannot be read|has format None"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["[]", "null", '"text"', "3", '{"version": 1}', "\xff"])
def test_no_manifest_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(FolderError, match="cannot be read"):
        read_manifest(tmp_path)


def test_a_manifest_chooses_no_storage(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps(GOOD))
    manifest = read_manifest(tmp_path)
    own = str(GOOD["storage"])
    assert manifest.key_in(own) == "a/key"
    for other in ("https://account.blob.core.windows.net/another", f"{own}/", None):
        with pytest.raises(FolderError, match="names the storage") as caught:
            manifest.key_in(other)
        assert own in str(caught.value)
        assert (other or "the job has none") in str(caught.value)


def test_mounts_are_laid_out_at_their_project_paths(tmp_path: Path) -> None:
    source = make(tmp_path / "INPUT_x")
    mounts = {"data/m/v1": str(source), "data/m/v1/empty": str(source / "empty")}
    roots = link_mounts(mounts, tmp_path / "root")
    assert (roots["data/m/v1"] / "data/m/v1/data/é x.csv").read_text() == "abc"
    assert (roots["data/m/v1/empty"] / "data/m/v1/empty").read_text() == ""
    with pytest.raises(FolderError, match="'data/n' is not at"):
        link_mounts({"data/n": str(tmp_path / "nowhere")}, tmp_path / "other")


def test_a_manifest_that_is_nested_without_end(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(FolderError, match="cannot be read"):
        read_manifest(tmp_path)
