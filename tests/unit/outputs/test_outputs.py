"""Where outputs go: the catalog's word, and a folder a dataset."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.outputs import (
    CatalogPlace,
    clashes,
    folder_name,
    into_catalog,
    into_folder,
    into_folders,
)
from kedro_azureml.job.run.model import RunOutput


@pytest.mark.parametrize(
    ("path", "file", "holds"),
    [
        ("data/a.csv", "data/a.csv", True),
        ("data/a.csv", "data/a.csv/2025-01-01T00.00.00.000Z/a.csv", True),
        ("data/parts", "data/parts/x/y.csv", True),
        ("data/a.shp", "data/a.dbf", True),
        ("data/a.csv", "data/b.csv", False),
        ("data/a", "data/ab", False),
        ("data/a", "data/a.csv", False),
        ("data/a.csv", ".git/hooks/post-checkout", False),
        ("data/a.csv", "src/x/evil.py", False),
        ("data/a.csv", "_external/absolute/etc/x", False),
    ],
)
def test_a_place_holds_its_own_files_only(path: str, file: str, holds: bool) -> None:
    assert CatalogPlace((path,)).holds(file) is holds


def test_datasets_never_share_a_download_folder() -> None:
    names = ["a/b", "a:b", "a_b", "a|b", ".a", "a", "..a", "a b"]
    assert len({folder_name(name) for name in names}) == len(names)
    assert folder_name("namespace.model @v1") == "namespace.model @v1"


@given(st.text(max_size=40) | st.sampled_from(["..", "../..", "/etc", ".git", "a/../../..", ""]))
def test_no_combination_leads_out_of_its_folder(combination: str) -> None:
    # It is a tag of a step's run, which anybody can have written.
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        (project / "out").mkdir()
        (project / "out/m.json").write_text("{}")
        output = RunOutput(
            "step", "m", project / "out", final=True, dataset="m", kind="local",
            files={"m.json": 2}, combination=combination,
        )  # fmt: skip
        placement = into_catalog([output], lambda _: CatalogPlace(("m.json",)), project)
        (catalog,) = placement.copies
        (download,) = into_folder(output, project / "downloads")
        for copy, folder in ((catalog, project / "m"), (download, project / "downloads/m")):
            target = Path(os.path.normpath(copy.target))
            assert target.is_relative_to(folder)
            assert target.name == "m.json"


@pytest.mark.parametrize("by", ["manifest", "catalog"])
def test_a_file_that_is_added_to_is_never_replaced(by: str, tmp_path: Path) -> None:
    (tmp_path / "out/data").mkdir(parents=True)
    (tmp_path / "out/data/log.txt").write_text("new")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/log.txt").write_text("old")
    output = RunOutput(
        "step", "log", tmp_path / "out", final=True, dataset="log", kind="local",
        files={"data/log.txt": 3}, appends=by == "manifest",
    )  # fmt: skip
    place = CatalogPlace(("data/log.txt",), appends=by == "catalog")
    placement = into_catalog([output], lambda dataset: place, tmp_path)
    assert placement.copies == []
    assert [left.file for left in placement.left_out] == ["data/log.txt"]


def part(root: Path, step: str, *files: str) -> RunOutput:
    """What one shard of a node wrote."""
    for name in files:
        file = root / step / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(step)
    sizes = dict.fromkeys(files, len(step))
    return RunOutput(
        step, "parts", root / step, final=True, dataset="parts", kind="local", files=sizes
    )


def test_the_parts_of_a_dataset_come_to_one_place(tmp_path: Path) -> None:
    """A part with one file keeps its folders: others have the rest of them."""
    parts = [part(tmp_path, "a", "data/p/x", "data/p/y"), part(tmp_path, "b", "data/p/z")]
    parts.append(part(tmp_path, "c"))
    targets = [copy.target for copy in into_folders(parts, tmp_path / "to")]
    folder = tmp_path / "to/parts/data/p"
    assert targets == [folder / "x", folder / "y", folder / "z"]
    project = tmp_path / "project"
    placement = into_catalog(parts, lambda dataset: CatalogPlace(("data/p",)), project)
    assert [copy.target for copy in placement.copies] == [project / f"data/p/{n}" for n in "xyz"]
    assert placement.problems == []


def test_what_two_parts_have_is_refused(tmp_path: Path) -> None:
    parts = [part(tmp_path, "a", "data/p/x"), part(tmp_path, "b", "data/p/x")]
    assert [text for _, text in clashes(parts)] == ["The steps 'a' and 'b' both wrote 'data/p/x'"]
    placement = into_catalog(parts, lambda dataset: CatalogPlace(("data/p",)), tmp_path / "to")
    assert [output.step for output, _ in placement.problems] == ["b"]
