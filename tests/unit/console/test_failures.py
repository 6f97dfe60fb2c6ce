"""What is said of the steps that failed in a rehearsal."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.console.run.failures import failures
from kedro_azureml.job.run.model import Run, RunStep


def test_the_failures_that_are_not_shown_are_named(tmp_path: Path) -> None:
    steps = {
        name: RunStep(name, status="Failed", log=tmp_path / name)
        for name in ("one", "two", "three", "four", "five")
    }
    *shown, rest = failures(Run(name="run", status="Failed", steps=steps))
    assert [finding.where for finding in shown] == ["jobs.one", "jobs.two", "jobs.three"]
    assert rest.message == "2 more steps failed: 'four', 'five'."
    assert rest.remedy == "See what one printed: kedro azureml run --local --logs four"
