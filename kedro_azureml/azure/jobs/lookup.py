"""Jobs of the workspace as runs: a job, its steps, their statuses and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection, studio_address
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.trials import add_trials
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.formatting import one_line
from kedro_azureml.job.export import Export
from kedro_azureml.job.run.model import RegisteredOutput, Run, RunStatus, RunStep, run_status
from kedro_azureml.job.secrets.redaction import redact
from kedro_azureml.job.tags import PIPELINE_TAG, SCHEDULE_TAG, combination_in, nodes_in, step_in

_MOST_LOOKED_AT = 500


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
    """Report KAZ710."""
    return Diagnostic(
        "KAZ710",
        f"The workspace has no job '{name}'.",
        "'kedro azureml job list' shows the newest ones.",
    )


@quiet()
def look_up_job(connection: Connection, name: str) -> Run:
    """Look up a job and its steps.

    Raises:
        DiagnosticError: KAZ710, there is none.
    """
    job = get_job(connection, name)
    view = view_job(connection, job)
    add_trials(connection, job, view)
    return view


def find_step(job: Run, name: str) -> RunStep:
    """Find a step by its name, or by one of its Kedro nodes.

    Raises:
        DiagnosticError: KAZ202, the job has no such step.
    """
    if name in job.steps:
        return job.steps[name]
    for step in job.steps.values():
        if name in step.nodes:
            return step
    raise DiagnosticError(
        Diagnostic(
            "KAZ202",
            f"The job '{job.name}' has no step '{name}'.",
            nearest(name, job.steps),
            where="STEP",
        )
    )


def view_job(connection: Connection, job: Any) -> Run:
    """Return a job with its steps, asking the service for the steps only."""
    steps = view_steps(connection, job)
    return _view(job, steps)


def view_steps(connection: Connection, job: Any) -> dict[str, RunStep]:
    """Return the steps of a job, in the order of the document, then of their creation."""
    with explained(f"looking up the steps of '{job.name}'"):
        runs = sdk_private.runs_below(connection.ml, job.name)
        if runs is None:
            runs = connection.ml.jobs.list(parent_job_name=job.name)
        created = sorted((run for run in runs if run is not None), key=_moment_of_creation)
        steps = {step.name: step for step in (_step(run, job) for run in created)}
    known = list(getattr(job, "jobs", None) or {})
    order = {name: number for number, name in enumerate(known)}
    # A step that Azure ML has not begun to think of yet.
    waiting = {name: RunStep(name) for name in known if name not in steps}
    both = {**steps, **waiting}
    return {name: both[name] for name in sorted(both, key=lambda n: order.get(n, len(order)))}


def _moment_of_creation(run: Any) -> float:
    context = getattr(run, "creation_context", None)
    moment = getattr(run, "created_utc", None) or getattr(context, "created_at", None)
    return moment.timestamp() if isinstance(moment, datetime) else 0.0


@quiet()
def list_jobs(
    connection: Connection, most: int, *, all_kinds: bool = False, schedule: str | None = None
) -> list[Run]:
    """List the newest jobs: those of Kedro pipelines, those that a schedule started, or all."""
    with explained("listing the jobs"):
        try:
            return list(islice(_listed(connection, all_kinds, schedule), most))
        except Exception as error:
            if is_missing(error):
                connection.check()
            raise


def status_of(job: Any) -> RunStatus:
    """Return how a job stands, in Azure ML's words."""
    status = getattr(job, "status", None)
    return run_status(getattr(status, "value", status))


def error_text(error: Any) -> str | None:
    """Return the message in run history's description of an error."""
    inner = getattr(error, "error", None)
    message = getattr(inner, "message", None)
    return redact(str(message)).strip() if message else None


def _listed(connection: Connection, all_kinds: bool, schedule: str | None) -> Iterator[Run]:
    jobs: Iterable[Any] = connection.ml.jobs.list()
    for job in islice(jobs, _MOST_LOOKED_AT):
        tags = (job.tags or {}) if job is not None else {}
        wanted = tags.get(SCHEDULE_TAG) == schedule if schedule else PIPELINE_TAG in tags
        if job is not None and (all_kinds or wanted):
            yield _view(job, {})


def _view(job: Any, steps: dict[str, RunStep]) -> Run:
    created = getattr(getattr(job, "creation_context", None), "created_at", None)
    return Run(
        name=job.name,
        status=status_of(job),
        display_name=job.display_name,
        experiment=job.experiment_name,
        pipeline=(job.tags or {}).get(PIPELINE_TAG),
        created=created,
        address=studio_address(job),
        steps=steps,
        assets=tuple(_registered(job)),
        export=Export.in_tags(job.tags or {}),
    )


def _registered(job: Any) -> Iterator[RegisteredOutput]:
    """Yield what the steps register, as the graph of a job tells it."""
    for name, node in (getattr(job, "jobs", None) or {}).items():
        for key, output in (getattr(node, "outputs", None) or {}).items():
            if isinstance(asset := getattr(output, "name", None), str):
                kind = sdk_private.type_of_output(output)
                yield RegisteredOutput(asset, kind, name, key)


def _step(run: Any, job: Any) -> RunStep:
    """Make a step from run history's description, or from the poorer public one."""
    identifier = getattr(run, "run_id", None) or getattr(run, "name", None)
    tags = getattr(run, "tags", None) or {}
    compute = getattr(run, "compute", None)
    name = step_in(tags) or getattr(run, "display_name", None) or identifier or "a step"
    return RunStep(
        # People type it, and it stands in messages: it is what a terminal can show.
        name=one_line(str(name)),
        run=identifier,
        status=status_of(run),
        nodes=tuple(map(one_line, nodes_in(tags))),
        compute=compute if isinstance(compute, str) else getattr(compute, "target", None),
        started=getattr(run, "start_time_utc", None),
        ended=getattr(run, "end_time_utc", None),
        address=studio_address(job, identifier),
        reason=error_text(getattr(run, "error", None)),
        combination=one_line(label) if (label := combination_in(tags)) else None,
    )
