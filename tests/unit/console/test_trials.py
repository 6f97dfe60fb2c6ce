"""The table of a step's trials."""

from __future__ import annotations

from kedro_azureml.console.run.trials import trial_lines
from kedro_azureml.job.run.model import RunStep, RunTrial, RunTuning


def test_a_long_value_does_not_widen_every_row() -> None:
    values = ("x" * 300, "short", "漢\n")
    trials = [
        RunTrial(str(number), status="Completed", parameters={"model.kind": value}, metric=1.0)
        for number, value in enumerate(values)
    ]
    step = RunStep("train", tuning=RunTuning("score", "maximize", tuple(trials)))
    lines = [line.plain for line in trial_lines(step)]
    assert max(map(len, lines)) < 80
    assert f"  0      {'x' * 27}...  1      Completed" in lines
    assert "  1      short                           1      Completed" in lines
