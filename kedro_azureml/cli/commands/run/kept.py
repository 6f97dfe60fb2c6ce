"""The rehearsals that a project keeps: ``--list-runs`` and ``--keep``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.rehearsal import RunReport


def list_runs(project_path: Path, keep: int | None) -> None:
    """List the runs that are kept, after older ones than `keep` are deleted."""
    from kedro_azureml.formatting import count, shown, size
    from kedro_azureml.rehearsal.workspace.run_folders import homes_of, past_runs, prune

    homes = homes_of(project_path)
    for home in homes:
        if keep is not None and (pruned := prune(home, keep)):
            echo(f"Deleted {count(len(pruned), 'older run')}.")
    # A run's name begins with its time; a project may have runs in several places.
    runs = sorted(
        (r for h in homes for r in past_runs(h)), key=lambda r: r.folder.name, reverse=True
    )
    for past in runs:
        steps, completed = past.steps
        echo(
            f"{past.status:<11} {completed:>4}/{steps:<4} {size(past.size()):>9}  "
            f"{shown(past.folder)}"
        )
    if not runs:
        click.echo("There are no runs.")


def prune_runs(report: RunReport, keep: int | None) -> None:
    """Delete older runs than `keep`, or say how many there are."""
    from kedro_azureml.formatting import count, size
    from kedro_azureml.rehearsal.workspace.run_folders import past_runs, prune

    home = report.folder.parent
    if keep is not None:
        pruned = prune(home, keep)
        if pruned:
            echo(f"Deleted {count(len(pruned), 'older run')}.")
        return
    older = [past for past in past_runs(home) if past.folder != report.folder]
    if older:
        total = size(sum(past.size() for past in older))
        runs = count(len(older), "older run")
        echo(f"{runs} kept here, {total}; '--keep 5' keeps the newest five.")
