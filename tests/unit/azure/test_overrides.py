"""What a submission changes in a document is checked alike for the command line and for Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml import load_job, submit
from kedro_azureml.azure.overrides import overridden
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import Component, PipelineJob, Step
from kedro_azureml.job.yaml import dump_job
from tests.kit.projects import make_project

STEP = Step(component=Component(command="true", environment="azureml:e:1"))
REFUSED = ("no spaces", "-x", "a/b", "é", "x" * 300)


def document(experiment: str | None = "mine") -> PipelineJob:
    return PipelineJob(experiment_name=experiment, jobs={"step": STEP}, tags={"a": "1"})


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("own", [False, True])
def test_the_function_of_the_python_api(tmp_path: Path, name: str, own: bool) -> None:
    project = make_project(tmp_path / "p")
    file = project / "job.yml"
    file.write_text(dump_job(document(name if own else "mine")))
    with pytest.raises(DiagnosticError) as caught:
        submit(load_job(file), experiment_name=None if own else name)
    [error] = caught.value.diagnostics
    assert (error.code, error.where) == ("KAZ107", "experiment_name")
    assert "is not an experiment name" in error.message


def test_what_is_changed_and_what_stays() -> None:
    changed = overridden(
        document(), experiment_name="x-1", display_name="d", tags={"b": "2"}, where="here"
    )
    assert (changed.experiment_name, changed.display_name) == ("x-1", "d")
    assert changed.tags == {"a": "1", "b": "2"}
    assert changed.jobs == document().jobs
    same = overridden(document(None), experiment_name="", display_name=None, tags={}, where="")
    assert same == document(None)
