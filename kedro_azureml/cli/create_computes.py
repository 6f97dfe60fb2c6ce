"""Creating computes that a job needs: when the user said so, or says yes when asked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.computes import Wanted
    from kedro_azureml.azure.connect.client import Connection


def create_missing(
    connection: Connection, missing: Sequence[Wanted], *, allowed: bool, for_job: bool = True
) -> None:
    """Create what does not exist, and wait for it.

    Args:
        connection: The workspace.
        missing: What to create.
        allowed: Whether the command line says so; else it is asked for on a terminal.
        for_job: Whether a job waits for it.

    Raises:
        DiagnosticError: KAZ705 when it is not wanted, KAZ722 when it fails.
    """
    for item in missing:
        click.echo(f"Does not exist yet: {item}.", err=True)
    if not allowed and not _agreed(len(missing)):
        raise DiagnosticError([_not_wanted(item) for item in missing])
    from kedro_azureml.azure.computes import create
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.progress import Shown

    try:
        with Shown() as progress, quiet():
            create(connection, missing, progress)
    except DiagnosticError:
        if for_job:
            click.echo("No job was submitted.", err=True)
        raise


def is_interactive() -> bool:
    """Whether there is someone to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _agreed(number: int) -> bool:
    question = "Create it?" if number == 1 else "Create them?"
    return is_interactive() and click.confirm(question, default=False, err=True)


def _not_wanted(item: Wanted) -> Diagnostic:
    return Diagnostic(
        "KAZ705",
        f"The workspace has no compute '{item.name}'. No job was submitted.",
        f"Give --create-compute, or run 'kedro azureml compute create {item.alias}'.",
        where=f"azureml.yml azure.compute.{item.alias}.create",
    )
