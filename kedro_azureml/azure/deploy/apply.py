"""A plan carried out, one thing after another: interrupted anywhere, the next run goes on."""

from __future__ import annotations

from collections.abc import Sequence

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.deploy.endpoints import requests as endpoints
from kedro_azureml.azure.deploy.model import Existing, Wanted
from kedro_azureml.azure.deploy.plan import Add, Change, Remove, Stage, Switch, is_change, subject
from kedro_azureml.azure.deploy.schedules import requests as schedules
from kedro_azureml.azure.progress import Progress
from kedro_azureml.azure.submit.check import Checked
from kedro_azureml.azure.submit.registration import PreparedJob
from kedro_azureml.azure.submit.submit import AllowCompute, prepare
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed

# What of something deployed tells that somebody else has changed it.
_COMPARED = ("content", "tags", "facts", "others")


def apply_plan(
    checked: Checked,
    stages: Sequence[Stage],
    create_compute: bool | AllowCompute,
    progress: Progress,
) -> None:
    """Do what a plan says.

    Args:
        checked: The jobs that are deployed, and the workspace.
        stages: The plan.
        create_compute: Whether to create computes that do not exist, or who decides it.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: A stage failed; what was done before it stays, and what was not is said.
    """
    made = [stage for stage in stages if isinstance(stage, Add | Change)]
    documents = [(stage.wanted.number, stage.wanted.document) for stage in made]
    try:
        jobs = prepare(checked, documents, create_compute, progress) if documents else []
    except (DiagnosticError, KeyboardInterrupt):
        name = checked.connection.target.workspace
        progress.say(f"Nothing was deployed to '{name}': what runs there goes on as it is.")
        raise
    job_of = {subject(stage): job for stage, job in zip(made, jobs, strict=True)}
    todo = [stage for stage in stages if is_change(stage)]
    for number, stage in enumerate(todo):
        kind, name = subject(stage)
        try:
            with quiet():
                progress.doing(f"Deploying the {kind} '{name}'")
                done = _carry_out(checked.connection, stage, job_of.get((kind, name)))
        except (DiagnosticError, KeyboardInterrupt):
            left = [f"{k} '{n}'" for k, n in map(subject, todo[number:])]
            progress.say(f"Not done, or nobody knows: {listed(left, quoted=False)}.")
            progress.say("Run the command again: it goes on from what is there.")
            raise
        progress.say(f"{done} the {kind} '{name}'.")


def _carry_out(connection: Connection, stage: Stage, job: PreparedJob | None) -> str:
    """Do what a stage says, and return the word for it."""
    if isinstance(stage, Add | Change):
        _check_unchanged(
            connection, stage.wanted, stage.existing if isinstance(stage, Change) else None
        )
        assert job is not None  # noqa: S101 - each of these has been prepared
        if stage.wanted.kind == "endpoint":
            endpoints.put_endpoint(connection, stage.wanted, job)
        else:
            _put_schedule(connection, stage.wanted, job)
        return "Created" if isinstance(stage, Add) else "Changed"
    if isinstance(stage, Switch):
        _check_unchanged(connection, stage.wanted, stage.existing)
        schedules.switch_schedule(connection, stage.wanted.name, enabled=stage.wanted.enabled)
        return "Resumed" if stage.wanted.enabled else "Paused"
    if isinstance(stage, Remove):
        _remove(connection, stage.existing)
        return "Removed"
    raise TypeError(stage)


def _put_schedule(connection: Connection, wanted: Wanted, job: PreparedJob) -> None:
    now = schedules.put_schedule(connection, wanted, job)
    if now.content != wanted.content:
        raise DiagnosticError(_overtaken(wanted.name))
    # Whether a schedule that was paused goes on when it is changed is not documented.
    if now.enabled != wanted.enabled:
        schedules.switch_schedule(connection, wanted.name, enabled=wanted.enabled)


def _remove(connection: Connection, existing: Existing) -> None:
    if existing.kind == "deployment":
        endpoint, _, name = existing.name.partition("/")
        endpoints.delete_deployment(connection, endpoint, name)
        return
    now = _check_unchanged(connection, None, existing)
    if existing.kind == "endpoint":
        endpoints.delete_endpoint(connection, existing.name)
    else:
        # It may have been resumed since.
        schedules.delete_schedule(connection, now or existing)


def _check_unchanged(
    connection: Connection, wanted: Wanted | None, planned: Existing | None
) -> Existing | None:
    """Make sure that nobody has changed or removed it since the plan was made.

    Returns:
        What there is now.

    Raises:
        DiagnosticError: KAZ732.
    """
    thing = wanted or planned
    assert thing is not None  # noqa: S101 - a stage is about one of them
    if thing.kind == "endpoint":
        now = endpoints.find_existing_endpoint(connection, thing.name, wanted)
    else:
        now = schedules.find_existing(connection, thing.name)
    if (now is None) != (planned is None) or (
        now and planned and any(getattr(now, of) != getattr(planned, of) for of in _COMPARED)
    ):
        raise DiagnosticError(_overtaken(thing.name))
    return now


def _overtaken(name: str) -> Diagnostic:
    return Diagnostic(
        "KAZ732",
        f"Somebody else has changed or removed '{name}' meanwhile; it was left as it is.",
        "Run the command again: it compares with what is there now.",
    )
