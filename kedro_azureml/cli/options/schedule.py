"""``--schedule``: the job of a schedule of azureml.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from kedro_azureml.project import Project

schedule_option = click.option(
    "--schedule",
    metavar="NAME",
    help="Schedule of azureml.yml, under azure.schedules: the job that it starts.",
)


def with_job_of_schedule(
    project: Project, options: dict[str, Any], name: str | None
) -> dict[str, Any]:
    """Let a schedule name the job; the options as they are without a schedule.

    Args:
        project: The project.
        options: The options of `compile_options`.
        name: The schedule.

    Raises:
        DiagnosticError: KAZ133, there is no such schedule; KAZ107, a job is named as well.
    """
    if name is None:
        return options
    if options["job"]:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                "--schedule and --job both name a job.",
                "Leave one of them out.",
                where="--schedule",
            )
        )
    from kedro_azureml.compiler.schedules import find_schedule

    job = find_schedule(project.required_config({}), name).job
    return {**options, "job": (job,) if job else ()}


def read_moment(text: str | None, zone: tzinfo) -> datetime:
    """Return the time of ``--at`` in UTC, or the present.

    Args:
        text: What the option says.
        zone: The schedule's, in which a time without an offset is, as its start and end are.

    Raises:
        DiagnosticError: KAZ107, it is no time.
    """
    from datetime import datetime, timezone

    now = datetime.now(timezone.utc).replace(microsecond=0)
    if text is None:
        return now
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        message = f"'{text}' is no time."
        remedy = "Write it as 2027-01-31T06:00:00, in the schedule's zone or with an offset."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--at")) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment.astimezone(timezone.utc)
