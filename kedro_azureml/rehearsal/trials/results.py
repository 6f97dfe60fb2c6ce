"""What is known of the trials of a step, and which of them is best."""

from __future__ import annotations

from kedro_azureml.formatting import duration, one_line
from kedro_azureml.job.run.model import RunStatus, RunTrial, RunTuning
from kedro_azureml.rehearsal.plan.model import PlannedStep, PlannedTuning
from kedro_azureml.rehearsal.workspace.staging import RunFolders


def tuning_before(step: PlannedStep, folders: RunFolders) -> RunTuning | None:
    """Return the trials of a step as they are before it begins; None if it has none."""
    if step.tuning is None:
        return None
    trials = [
        RunTrial(str(trial.number), parameters=trial.parameters, log=folders.step(own.name).log)
        for trial, own in zip(step.tuning.trials, step.trials(), strict=True)
    ]
    return RunTuning(step.tuning.metric, step.tuning.goal, tuple(trials))


def best_trial(tuning: RunTuning) -> int | None:
    """Return the number of the best trial: of equally good ones the first; None if none is good."""
    sign = 1.0 if tuning.goal == "maximize" else -1.0
    found = [
        (sign * trial.metric, -number)
        for number, trial in enumerate(tuning.trials)
        if trial.status == "Completed" and trial.metric is not None
    ]
    return -max(found)[1] if found else None


def line_of_trial(step: str, trial: RunTrial, tuning: PlannedTuning, ended: int) -> str:
    """Say in one line how a trial ended."""
    values = ", ".join(f"{name}={value}" for name, value in trial.parameters.items())
    took = "" if trial.seconds is None else f" in {duration(trial.seconds, digits=1)}"
    words: dict[RunStatus, str] = {"Completed": "completed", "Canceled": "canceled"}
    outcome = f"{words.get(trial.status, 'failed')}{took}"
    if trial.metric is not None:
        outcome += f", {tuning.metric} = {trial.metric:g}"
    elif trial.reason:
        outcome += f": {trial.reason}"
    of = f"{ended} of {len(tuning.trials)} ended"
    return one_line(f"{step}: trial {trial.name} ({values}) {outcome} [{of}]")
