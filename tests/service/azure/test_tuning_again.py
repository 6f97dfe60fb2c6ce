"""A tuned job that is run once more: its trials are those of the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.submission import Kedro
from tests.service.azure.test_tuning import COLOUR, project

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


@pytest.mark.timeout(900)
def test_a_rerun_has_the_same_trials(azure_service: AzureService, tmp_path: Path) -> None:
    spaces = {"model.depth": {"choice": [3, 5]}, "model.kinds": {"choice": [["it's $"]]}}
    made = project(azure_service, tmp_path / "project", parameters=spaces)
    kedro = Kedro(azure_service, made)
    azure_service.mlflow.start()
    kedro("run", "-j", "tuned", "--env-var", f"COLOUR={COLOUR}", "--wait-for-completion")
    first = azure_service.jobs.runs[kedro.job]
    kedro("job", "rerun", kedro.job, "--wait-for-completion")
    jobs = [run for run in azure_service.jobs.runs.values() if "train" in run.children]
    (again,) = [run for run in jobs if run.id != first.id]
    one, other = (run.children["train"].definition for run in (first, again))
    assert one == other
    assert len(again.children["train"].children) == 2
    assert again.status == "Completed"
