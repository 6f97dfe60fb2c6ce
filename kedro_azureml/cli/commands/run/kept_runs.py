"""The rehearsals that a project keeps: ``--list-runs`` and ``--keep``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kedro_azureml.cli.options.json import print_json
from kedro_azureml.console.text import echo, echo_log
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.formatting import count, shown, size


def show(project_path: Path, options: dict[str, Any]) -> None:
    """List the runs, or print the log of a step, as the options of `rehearsal_options` ask."""
    if options["list_runs"]:
        list_runs(project_path, options["keep"], as_json=options["as_json"])
    else:
        print_log(project_path, options["logs"])


def print_log(project_path: Path, name: str) -> None:
    """Print what a step of the newest run printed; each process of a distributed one by itself.

    Raises:
        DiagnosticError: KAZ107, there is no run; KAZ202, it has no such step.
    """
    from kedro_azureml.rehearsal.workspace.run_folders import homes_of, newest_report

    newest = newest_report(homes_of(project_path))
    if newest is None:
        message, remedy = "There is no run yet.", "Make one with 'kedro azureml run --local'."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--logs"))
    folder, report = newest
    step = report.steps.get(name) or next(
        (step for step in report.steps.values() if name in step.node_names), None
    )
    if step is None:
        message = f"The run '{folder.name}' has no step '{name}'."
        raise DiagnosticError(
            Diagnostic("KAZ202", message, nearest(name, report.steps), where="--logs")
        )
    names = step.logs or ([step.log] if step.log else [])
    logs = [folder / log for log in names if (folder / log).is_file()]
    for log in logs:
        if len(logs) > 1:
            echo(f"==> {log.name} <==")
        if text := log.read_text(encoding="utf-8", errors="replace"):
            echo_log(text)
    if not logs:
        echo(f"'{name}' has printed nothing ({step.status}).", err=True)


def list_runs(project_path: Path, keep: int | None, *, as_json: bool = False) -> None:
    """List the runs that are kept, after older ones than `keep` are deleted."""
    from kedro_azureml.rehearsal.workspace.run_folders import homes_of, kept_run_json, past_runs

    homes = homes_of(project_path)
    for home in homes:
        _prune(home, keep)
    # A run's name begins with its time; a project may have runs in several places.
    runs = sorted(
        (r for h in homes for r in past_runs(h)), key=lambda r: r.folder.name, reverse=True
    )
    if as_json:
        print_json([kept_run_json(past).model_dump(mode="json") for past in runs])
        return
    for past in runs:
        steps, completed = past.steps
        echo(
            f"{past.status:<11} {completed:>4}/{steps:<4} {size(past.size()):>9}  "
            f"{shown(past.folder)}"
        )
    if not runs:
        click.echo("There are no runs.")


def prune_runs(newest: Path, keep: int | None) -> None:
    """Delete older runs than `keep`, or say how many there are beside the newest one's folder."""
    from kedro_azureml.rehearsal.workspace.run_folders import past_runs

    home = newest.parent
    _prune(home, keep, newest)
    if keep is not None:
        return
    older = [past for past in past_runs(home) if past.folder != newest]
    if older:
        total = size(sum(past.size() for past in older))
        runs = count(len(older), "older run")
        echo(f"{runs} kept here, {total}; '--keep 5' keeps the newest five.")


def _prune(home: Path, keep: int | None, newest: Path | None = None) -> None:
    from kedro_azureml.rehearsal.workspace.run_folders import prune

    if keep is not None and (pruned := prune(home, keep, newest)):
        echo(f"Deleted {count(len(pruned), 'older run')}.")
