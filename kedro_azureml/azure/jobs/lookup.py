"""Jobs of the workspace as plain data: a job, its steps, their statuses and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection, studio_address
from kedro_azureml.azure.connect.errors import explained, is_missing, redact
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

COMPLETED = "Completed"
# azure-ai-ml, RunHistoryConstants.TERMINAL_STATUSES.
ENDED = frozenset({COMPLETED, "Failed", "Canceled", "NotResponding", "Paused"})
STEP_TAG = "kedro_step"
NODES_TAG = "kedro_nodes"
PIPELINE_TAG = "kedro_pipeline"
_MOST_LOOKED_AT = 500


@dataclass(frozen=True)
class StepView:
    """One step of a job.

    Attributes:
        name: Its name in the document.
        run: What Azure ML calls it.
        status: Azure ML's word.
        nodes: Its Kedro nodes.
        compute: Where it runs.
        started: When it began to run, if it did.
        ended: When it ended, if it did.
        address: Where the Studio shows it.
        error: Why it failed.
    """

    name: str
    run: str
    status: str
    nodes: str = ""
    compute: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    address: str | None = None
    error: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it ran, so far."""
        return _seconds(self.started, self.ended)


@dataclass(frozen=True)
class JobView:
    """A pipeline job.

    Attributes:
        name: Its name.
        status: Azure ML's word.
        display_name: What the Studio calls it.
        experiment: Its experiment.
        pipeline: The Kedro pipeline.
        created: When it was submitted.
        address: Where the Studio shows it.
        steps: Its steps, in the order of the document; empty in a list of jobs.
        error: Why it failed.
    """

    name: str
    status: str
    display_name: str | None = None
    experiment: str | None = None
    pipeline: str | None = None
    created: datetime | None = None
    address: str | None = None
    steps: Mapping[str, StepView] = field(default_factory=dict)
    error: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.status in ENDED


def get_job(connection: Connection, name: str) -> Any:
    """Azure ML's own description of a job.

    Raises:
        DiagnosticError: KAZ710, there is none.
    """
    try:
        job = connection.ml.jobs.get(name)
    except Exception as error:
        if is_missing(error):
            # A missing workspace is said so.
            connection.check()
            raise DiagnosticError(no_such_job(name)) from error
        with explained(f"looking up the job '{name}'"):
            raise
    if job is None or getattr(job, "type", None) != "pipeline":
        raise DiagnosticError(
            Diagnostic(
                "KAZ710",
                f"'{name}' is not a pipeline job, but a step or another kind of job.",
                "'kedro azureml job list' shows the newest pipeline jobs.",
            )
        )
    return job


def no_such_job(name: str) -> Diagnostic:
    """KAZ710."""
    return Diagnostic(
        "KAZ710",
        f"The workspace has no job '{name}'.",
        "'kedro azureml job list' shows the newest ones.",
    )


def view_job(connection: Connection, job: Any) -> JobView:
    """A job with its steps; asks for the steps only."""
    steps = view_steps(connection, job)
    return _view(job, steps)


def view_steps(connection: Connection, job: Any) -> dict[str, StepView]:
    """The steps of a job as they are now, in the order of the document."""
    with explained(f"looking up the steps of '{job.name}'"):
        runs = sdk_private.runs_below(connection.ml, job.name)
        if runs is None:
            runs = connection.ml.jobs.list(parent_job_name=job.name)
        found = {step.name: step for step in (_step(run, job) for run in runs if run is not None)}
    known = list(getattr(job, "jobs", None) or {})
    order = {name: number for number, name in enumerate(known)}
    # A step that Azure ML has not begun to think of yet.
    waiting = {name: StepView(name, "", "NotStarted") for name in known if name not in found}
    both = {**found, **waiting}
    return {name: both[name] for name in sorted(both, key=lambda n: order.get(n, len(order)))}


def list_jobs(connection: Connection, most: int, *, all_kinds: bool = False) -> list[JobView]:
    """The newest jobs: those of Kedro pipelines, or all."""
    with explained("listing the jobs"):
        try:
            return list(islice(_listed(connection, all_kinds), most))
        except Exception as error:
            if is_missing(error):
                connection.check()
            raise


def cancel_job(connection: Connection, name: str) -> tuple[str, str]:
    """Ask for a job to be canceled, unless it is over.

    Returns:
        The job's status before, and now.

    Raises:
        DiagnosticError: There is no such job, or it cannot be canceled.
    """
    before = status_of(get_job(connection, name))
    if before in ENDED:
        return before, before
    with explained(f"canceling the job '{name}'"):
        connection.ml.jobs.begin_cancel(name)
        return before, status_of(connection.ml.jobs.get(name))


def as_data(view: JobView, *, steps: bool) -> dict[str, Any]:
    """A job as plain data, for JSON."""
    data: dict[str, Any] = {
        "name": view.name,
        "status": view.status,
        "display_name": view.display_name,
        "experiment": view.experiment,
        "pipeline": view.pipeline,
        "created": view.created.isoformat() if view.created else None,
        "studio": view.address,
    }
    if steps:
        data["steps"] = [
            {
                "name": step.name,
                "run": step.run or None,
                "status": step.status,
                "nodes": step.nodes,
                "compute": step.compute,
                "started": step.started.isoformat() if step.started else None,
                "ended": step.ended.isoformat() if step.ended else None,
                "seconds": step.seconds,
                "studio": step.address,
                "error": step.error,
            }
            for step in view.steps.values()
        ]
    return data


def status_of(job: Any) -> str:
    """Azure ML's word for how a job stands."""
    return str(getattr(job.status, "value", job.status) or "Unknown")


def error_text(error: Any) -> str | None:
    """The message in run history's description of an error."""
    inner = getattr(error, "error", None)
    message = getattr(inner, "message", None)
    return redact(str(message)).strip() if message else None


def _listed(connection: Connection, all_kinds: bool) -> Iterator[JobView]:
    jobs: Iterable[Any] = connection.ml.jobs.list()
    for job in islice(jobs, _MOST_LOOKED_AT):
        if job is not None and (all_kinds or PIPELINE_TAG in (job.tags or {})):
            yield _view(job, {})


def _view(job: Any, steps: Mapping[str, StepView]) -> JobView:
    created = getattr(job.creation_context, "created_at", None)
    return JobView(
        name=job.name,
        status=status_of(job),
        display_name=job.display_name,
        experiment=job.experiment_name,
        pipeline=(job.tags or {}).get(PIPELINE_TAG),
        created=created,
        address=studio_address(job),
        steps=steps,
    )


def _step(run: Any, job: Any) -> StepView:
    """A step from run history's description, or from the poorer public one."""
    identifier = getattr(run, "run_id", None) or run.name
    tags = run.tags or {}
    compute = run.compute if isinstance(run.compute, str) else getattr(run.compute, "target", None)
    return StepView(
        name=tags.get(STEP_TAG) or run.display_name or identifier,
        run=identifier,
        status=status_of(run),
        nodes=tags.get(NODES_TAG, ""),
        compute=compute,
        started=getattr(run, "start_time_utc", None),
        ended=getattr(run, "end_time_utc", None),
        address=studio_address(job, identifier),
        error=error_text(getattr(run, "error", None)),
    )


def _seconds(started: datetime | None, ended: datetime | None) -> float | None:
    if started is None:
        return None
    end = ended or datetime.now(timezone.utc)
    return max(0.0, (_aware(end) - _aware(started)).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
