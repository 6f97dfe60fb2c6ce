"""Outputs copied to where the catalog has them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.outputs import CatalogPlace
from kedro_azureml.rehearsal import RunReport
from kedro_azureml.rehearsal.catalog_outputs import copy_into_catalog
from tests.kit.job_documents import command
from tests.process.rehearsal.conftest import Stage


def in_data(dataset: str) -> CatalogPlace:
    """A catalog that keeps every dataset anywhere in the project's folder for data."""
    return CatalogPlace(("data",))


def rehearse_output(stage: Stage, files: dict[str, str], **manifest: object) -> RunReport:
    """A run whose only step writes these files and their manifest."""
    data = {"version": 1, "dataset": "table", "kind": "local"}
    sizes = {name: len(text) for name, text in files.items()}
    sizes = manifest.pop("sizes", sizes)  # type: ignore[assignment]
    stage.write("code/_manifest.json", json.dumps({**data, "files": sizes, **manifest}))
    for name, text in files.items():
        stage.write(f"code/files/{name}", text)
    report = stage.run(
        {"a": command('cp -r files/. "${{outputs.o}}"; cp _manifest.json "${{outputs.o}}"')}
    )
    assert report.status == "Completed"
    return report


def test_files_keep_their_paths_and_replace_older_ones(stage: Stage, tmp_path: Path) -> None:
    files = {"data/02/table.csv": "new", "data/06/m.pkl/2025-01-01T00.00.00.000Z/m.pkl": "m"}
    report = rehearse_output(stage, files)
    project = tmp_path / "project"
    (project / "data/02").mkdir(parents=True)
    (project / "data/02/table.csv").write_text("old")
    (project / "data/02/other.csv").write_text("stays")
    copied = copy_into_catalog(report, project, in_data)
    assert {str(path.relative_to(project)) for path in copied.written} == set(files)
    assert copied.left_out == []
    # Nobody knows who wrote the older one.
    ((replaced, kept),) = copied.kept
    assert replaced == project / "data/02/table.csv"
    assert kept.read_text() == "old"
    assert kept.is_relative_to(project / ".kedro_azureml")
    (project / "data/02/table.csv").write_text("newer")
    assert [path for path, _ in copy_into_catalog(report, project, in_data).kept] == [replaced]
    # What it wrote itself, it replaces.
    assert copy_into_catalog(report, project, in_data).kept == []
    found = {str(p.relative_to(project)): p for p in (project / "data").rglob("*") if p.is_file()}
    assert {n: p.read_text() for n, p in found.items()} == {**files, "data/02/other.csv": "stays"}
    assert all(path.stat().st_mode & 0o200 for path in found.values())


@pytest.mark.parametrize("kind", ["object", "remote"])
def test_other_kinds_are_left_alone(kind: str, stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/a": "1"}, kind=kind)
    assert copy_into_catalog(report, tmp_path / "project", in_data).written == []


def test_what_lies_outside_the_project_is_left_out(stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"_external/srv/a.csv": "1", "data/a": "2"})
    copied = copy_into_catalog(report, tmp_path / "project", in_data)
    assert [path.name for path in copied.written] == ["a"]
    assert [name for name, _ in copied.left_out] == ["_external/srv/a.csv"]
    assert not (tmp_path / "project/_external").exists()


def test_a_file_that_is_only_added_to_is_never_replaced(stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/history.txt": "new"}, appends=True)
    history = tmp_path / "project/data/history.txt"
    history.parent.mkdir(parents=True)
    history.write_text("old")
    copied = copy_into_catalog(report, tmp_path / "project", in_data)
    assert history.read_text() == "old"
    assert [name for name, _ in copied.left_out] == ["data/history.txt"]
    history.unlink()
    assert copy_into_catalog(report, tmp_path / "project", in_data).written == [history]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../outside.csv", "is no path in the project"),
        ("a/../../outside.csv", "is no path in the project"),
        ("/etc/outside.csv", "is no path in the project"),
        ("data/./a", "is no path in the project"),
        ("data/missing.csv", "is missing"),
    ],
)
def test_nothing_is_copied_when_a_path_is_wrong(
    name: str, message: str, stage: Stage, tmp_path: Path
) -> None:
    report = rehearse_output(stage, {"data/a": "1"}, sizes={"data/a": 1, name: 1})
    with pytest.raises(DiagnosticError, match=f"KAZ605 .*{message}"):
        copy_into_catalog(report, tmp_path / "project", in_data)
    assert not (tmp_path / "project").exists()


def test_a_truncated_file(stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/a": "1"}, sizes={"data/a": 2})
    with pytest.raises(DiagnosticError, match="not whole"):
        copy_into_catalog(report, tmp_path / "project", in_data)


def test_a_folder_where_a_file_belongs(stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/a": "1"})
    (tmp_path / "project/data/a").mkdir(parents=True)
    with pytest.raises(DiagnosticError, match="is a folder in the project"):
        copy_into_catalog(report, tmp_path / "project", in_data)


def test_a_file_where_a_folder_belongs(stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/a": "1"})
    (tmp_path / "project").mkdir()
    (tmp_path / "project/data").write_text("in the way")
    with pytest.raises(DiagnosticError, match=r"KAZ605 .*'data' is a file in the project"):
        copy_into_catalog(report, tmp_path / "project", in_data)


def test_nothing_is_copied_when_one_of_several_cannot_be(stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/a/x": "1", "data/b/y": "1"})
    (tmp_path / "project/data").mkdir(parents=True)
    (tmp_path / "project/data/b").write_text("in the way")
    with pytest.raises(DiagnosticError, match=r"'data/b' is a file.*Nothing was copied"):
        copy_into_catalog(report, tmp_path / "project", in_data)
    assert [p.name for p in (tmp_path / "project/data").iterdir()] == ["b"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_full(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = rehearse_output(stage, {"data/a": "1"})

    def full(source: Path, target: Path) -> None:
        Path("/dev/full").write_text(Path(source).read_text())

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DiagnosticError, match=r"KAZ605 .*No space left.* 0 of 1 files"):
        copy_into_catalog(report, tmp_path / "project", in_data)
    assert not list((tmp_path / "project/data").iterdir())


def test_ctrl_c_says_how_far_it_came(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = rehearse_output(stage, {"data/a": "1", "data/b": "2", "data/c": "3"})
    copy_file = shutil.copyfile

    def interrupted(source: Path, target: Path) -> None:
        copy_file(source, target)
        if Path(source).name == "b":
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "copyfile", interrupted)
    with pytest.raises(DiagnosticError, match=r"KAZ605 .*interrupted\. 1 of 3 files.* the rest"):
        copy_into_catalog(report, tmp_path / "project", in_data)
    assert [file.name for file in (tmp_path / "project/data").iterdir()] == ["a"]


@pytest.mark.parametrize(
    "name", [".git/hooks/post-checkout", "src/x/evil.py", "data/other.csv", "data/a/../../x"]
)
def test_the_catalog_decides_where_a_dataset_lies(name: str, stage: Stage, tmp_path: Path) -> None:
    report = rehearse_output(stage, {"data/a.csv": "1", name: "evil"})
    project = tmp_path / "project"
    places = lambda dataset: CatalogPlace(("data/a.csv",))  # noqa: E731
    if ".." in name:
        with pytest.raises(DiagnosticError, match="is no path in the project"):
            copy_into_catalog(report, project, places)
        return
    copied = copy_into_catalog(report, project, places)
    assert copied.written == [project / "data/a.csv"]
    assert [file for file, _ in copied.left_out] == [name]
    assert not (project / name).exists()
