"""The trials of a job's sweep steps: how each stands, and which is the best."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.formatting import one_line
from kedro_azureml.job.run.model import Run, RunStep, RunTrial, RunTuning, run_status

# azure-ai-ml reads the same property where it downloads the outputs of a sweep.
_BEST = "best_child_run_id"


def add_trials(connection: Connection, job: Any, run: Run) -> None:
    """Look up the trials of the sweep steps of a job; of a job without any nothing is asked.

    Args:
        connection: The workspace.
        job: Azure ML's own description of the job.
        run: What is known of it, which gets the trials.
    """
    nodes = getattr(job, "jobs", None) or {}
    for name, step in run.steps.items():
        node = nodes.get(name)
        if step.run and getattr(node, "type", None) == "sweep":
            with explained(f"looking up the trials of '{name}'"):
                step.tuning = _tuning(connection, node, step, step.run)


def _tuning(connection: Connection, node: Any, step: RunStep, run: str) -> RunTuning | None:
    runs = sdk_private.runs_below(connection.ml, run)
    if runs is None:
        runs = connection.ml.jobs.list(parent_job_name=run)
    details = sdk_private.run_details(connection.ml, run)
    best = (getattr(details, "properties", None) or {}).get(_BEST)
    objective = getattr(node, "objective", None)
    return RunTuning(
        metric=str(_part(objective, "primary_metric") or ""),
        goal=str(_part(objective, "goal") or "").lower(),
        trials=tuple(_trials(runs, best)),
    )


def _part(objective: Any, key: str) -> Any:
    return objective.get(key) if isinstance(objective, dict) else getattr(objective, key, None)


def _trials(runs: Iterable[Any], best: str | None) -> list[RunTrial]:
    created = sorted((run for run in runs if run is not None), key=_name)
    return [
        RunTrial(
            _name(run),
            run=_identifier(run),
            status=run_status(getattr(run, "status", None)),
            best=best is not None and _identifier(run) == best,
            started=getattr(run, "start_time_utc", None),
            ended=getattr(run, "end_time_utc", None),
        )
        for run in created
    ]


def _identifier(run: Any) -> str:
    return str(getattr(run, "run_id", None) or run.name)


def _name(run: Any) -> str:
    return one_line(str(getattr(run, "display_name", None) or _identifier(run)))
