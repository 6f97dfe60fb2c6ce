"""`kedro azureml run --local -f`: commands of other versions, and of code that is in the image."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.earlier import (
    A_STEP_A_NODE,
    CLEAN,
    CODE_IN_THE_IMAGE,
    TEMPORARY_STORAGE,
    make_earlier_project,
)
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import run_kedro

# The image's folder in the documents.
FOLDER = "/home/kedro app"


@pytest.mark.parametrize(
    ("document", "clean"),
    [
        (A_STEP_A_NODE, CLEAN),
        (CODE_IN_THE_IMAGE, "ten long words cm"),
        (TEMPORARY_STORAGE, "ten long words cm"),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_an_earlier_document_runs(tmp_path: Path, document: Path, clean: str) -> None:
    project = make_earlier_project(tmp_path / "kedro app")
    text = document.read_text(encoding="utf-8").replace(FOLDER, str(project))
    (project / "pipeline.yml").write_text(text, encoding="utf-8")
    done = run_kedro(
        project, "azureml", "run", "--local", "-f", "pipeline.yml", "--into-catalog", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/02/clean.txt").read_text() == clean


@pytest.mark.parametrize("name", ["o'brien", "my $HOME `id` app"])
def test_any_working_directory(tmp_path: Path, name: str) -> None:
    """A quote in the folder's name once ended the word, and the step started nowhere."""
    folder = tmp_path / name / "app"
    azureml = (
        f'{AZUREML_YML}  code_directory: null\n  working_directory: "{folder}"\n'
        "docker: {image: registry.example/image:1}\n"
    ).replace("  environment_name: env@latest\n", "")
    project = make_project(
        folder,
        registry="""\
            import os
            from kedro.pipeline import Pipeline, node

            def where(): return os.getcwd()

            def register_pipelines():
                first = node(where, None, "place", name="w")
                second = node(str.upper, "place", "end", name="u")
                return {"__default__": Pipeline([first, second])}
            """,
        catalog="place: {type: text.TextDataset, filepath: data/place.txt}",
        azureml=azureml,
    )
    compiled = run_kedro(project, "azureml", "compile", "-o", "pipeline.yml", check=False)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    done = run_kedro(
        project, "azureml", "run", "--local", "-f", "pipeline.yml", "--into-catalog", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/place.txt").read_text() == str(folder)
