"""A step that publishes a dataset, one that reads it, and one that exports it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.projects import make_project
from tests.process.step.test_step import manifest, run_step

MODEL = """\
from pathlib import Path
from kedro.io import AbstractDataset

class Folder(AbstractDataset):
    def __init__(self, filepath, file="MLmodel", metadata=None):
        self.filepath, self.file = Path(filepath), file

    def load(self):
        return (self.filepath / "deep" / "x.txt").read_text()

    def save(self, data):
        (self.filepath / "deep").mkdir(parents=True)
        (self.filepath / self.file).touch()
        (self.filepath / "deep" / "x.txt").write_text(data)

    def _describe(self):
        return {}

class Nothing(Folder):
    def save(self, data):
        self.filepath.mkdir(parents=True)
"""
NODES = """
    node(lambda: "hi", None, "d", name="write"),
    node(str.upper, "d", "e", name="read"),
"""


def project(path: Path, entry: str) -> Path:
    catalog = f"d: {{{entry}}}\ne: {{type: text.TextDataset, filepath: data/e.txt}}\n"
    files = {"src/minimal/folder.py": MODEL}
    return make_project(path / "a project", NODES, catalog=catalog, files=files)


def files_below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("entry", "kind", "published"),
    [
        ("type: text.TextDataset, filepath: data/ü 1/d.txt", "uri_folder", ["d.txt"]),
        ("type: text.TextDataset, filepath: data/d.txt", "uri_file", None),
        (
            "type: text.TextDataset, filepath: data/d.txt, versioned: true",
            "uri_folder",
            ["d.txt"],
        ),
        (
            "type: minimal.folder.Folder, filepath: data/06/m",
            "mlflow_model",
            ["MLmodel", "deep/x.txt"],
        ),
        (
            "type: AzureMLPipelineDataset, dataset: {type: text.TextDataset, filepath: d.txt}",
            "custom_model",
            ["d.txt"],
        ),
    ],
)
def test_files_alone_are_published_and_read_again(
    tmp_path: Path, entry: str, kind: str, published: list[str] | None
) -> None:
    made = project(tmp_path, entry.replace(": AzureML", ": kedro_azureml.datasets.AzureML"))
    place, told, read = tmp_path / "place", tmp_path / "told", tmp_path / "read"
    words = ("--output", "d", str(told), "--publish", "d", kind, str(place))
    result = run_step(made, "--node", "write", *words)
    assert result.returncode == 0, result.stderr
    assert files_below(told) == ["_manifest.json"]
    if published is None:
        assert place.read_text() == "hi"
    else:
        assert files_below(place) == published
    data = ("--input", "d", str(told), "--published", "d", str(place))
    result = run_step(made, "--node", "read", *data, "--output", "e", str(read))
    assert result.returncode == 0, result.stderr
    assert (read / "data/e.txt").read_text() == "HI"
    exported = tmp_path / "exported"
    export = ("--input", "e", str(read), "--export", str(exported))
    result = run_step(tmp_path, *data, *export, KEDRO_AZUREML_EXPORT="azureml://somewhere/")
    assert result.returncode == 0, result.stderr
    own = ["d/d.txt"] if published is None else [f"d/{name}" for name in published]
    assert files_below(exported) == [*own, "e/e.txt"]
    assert "everything is in azureml://somewhere/." in result.stdout
    assert "exported 'e': 1 file." in result.stdout


@pytest.mark.parametrize(
    ("entry", "kind", "message"),
    [
        (
            "type: minimal.folder.Folder, filepath: data/m",
            "uri_file",
            "dataset 'd' wrote 2 files, and its output is one file",
        ),
        (
            "type: minimal.folder.Folder, filepath: data/m, file: other",
            "mlflow_model",
            "dataset 'd' wrote no MLflow model: there is no MLmodel at the top",
        ),
        (
            "type: minimal.folder.Nothing, filepath: data/m",
            "uri_folder",
            "dataset 'd' wrote no file, and Azure ML has no empty folders",
        ),
        (
            "type: kedro.io.MemoryDataset",
            "uri_folder",
            "dataset 'd' cannot be published: its files are not in the job",
        ),
    ],
)
def test_what_is_not_what_was_said_fails_the_step(
    tmp_path: Path, entry: str, kind: str, message: str
) -> None:
    words = ("--output", "d", str(tmp_path / "told"))
    place = tmp_path / "place"
    result = run_step(
        project(tmp_path, entry), "--node", "write", *words, "--publish", "d", kind, str(place)
    )
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not place.exists()


@pytest.mark.parametrize("reads", ["--export", "--output"])
def test_an_incomplete_publication_is_refused(tmp_path: Path, reads: str) -> None:
    made = project(tmp_path, "type: text.TextDataset, filepath: data/d.txt")
    place, told = tmp_path / "place", tmp_path / "told"
    words = ("--output", "d", str(told), "--publish", "d", "uri_folder", str(place))
    assert run_step(made, "--node", "write", *words).returncode == 0
    (place / "d.txt").write_text("h")
    last = [reads, "e", str(tmp_path / "x"), "--node", "read"]
    if reads == "--export":
        last = [reads, str(tmp_path / "x")]
    result = run_step(made, "--input", "d", str(told), "--published", "d", str(place), *last)
    assert result.returncode == 1
    assert "dataset 'd' is incomplete" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_manifest_cannot_lead_out_of_the_publication(tmp_path: Path) -> None:
    made = project(tmp_path, "type: text.TextDataset, filepath: data/d.txt")
    place, told = tmp_path / "place", tmp_path / "told"
    place.mkdir()
    told.mkdir()
    (tmp_path / "secret.txt").write_text("hi")
    files = {"data/../../secret.txt": 2}
    record = {"version": 1, "dataset": "d", "kind": "local", "root": "data", "files": files}
    (told / "_manifest.json").write_text(json.dumps(record))
    words = ("--input", "d", str(told), "--published", "d", str(place))
    result = run_step(made, *words, "--export", str(tmp_path / "x"))
    assert result.returncode == 1
    assert "does not lie in 'data'" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.rglob("x/**/secret.txt"))
    assert manifest(told)["root"] == "data"
