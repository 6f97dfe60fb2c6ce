"""The options of ``kedro azureml run --local``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.options.json import json_option
from kedro_azureml.cli.options.schedule import schedule_option

if TYPE_CHECKING:
    from kedro_azureml.rehearsal import RehearsalOptions

_Function = TypeVar("_Function", bound=Callable[..., Any])

REHEARSAL_OPTIONS = frozenset(
    {
        "into_catalog",
        "max_parallel",
        "max_processes",
        "max_trials",
        "warm",
        "cold",
        "launcher",
        "keep",
    }
    | {"list_runs", "logs", "pass_env", "as_json", "schedule", "at"}
)


def rehearsal_options(function: _Function) -> _Function:
    """Add every option of a rehearsal."""
    options = (
        schedule_option,
        click.option(
            "--into-catalog",
            is_flag=True,
            help="Copy what the run made to its catalog paths, once all steps completed.",
        ),
        click.option(
            "--at",
            metavar="TIME",
            help="Time at which the schedule would start the job, in its zone or with an offset.  "
            "[default: now]",
        ),
        click.option(
            "--max-parallel",
            type=click.IntRange(min=1),
            help="Steps that run at once.  [default: the number of processors, at least 2]",
        ),
        click.option(
            "--max-processes",
            type=click.IntRange(min=1),
            help="Processes that a distributed step may have; one that has more is refused.  "
            "[default: twice the processors, at least 8]",
        ),
        click.option(
            "--max-trials",
            type=click.IntRange(min=1),
            help="Trials of a tuned step that are run; Azure ML may run more.  [default: 50]",
        ),
        click.option(
            "--warm",
            is_flag=True,
            help="Fork steps from one process that has imported the project: faster, less strict "
            "(Linux).",
        ),
        click.option(
            "--cold",
            is_flag=True,
            help="Start every step as a new process, instead of a fork of one that has imported "
            "Kedro: slower, and the most strict.",
        ),
        click.option(
            "--launcher",
            metavar="NAME",
            help="Start the steps by what another package adds.",
        ),
        click.option(
            "--keep",
            type=click.IntRange(min=1),
            help="Keep only this many runs, and delete older ones.",
        ),
        click.option(
            "--list-runs",
            is_flag=True,
            help="List the runs that are kept, and run nothing; with --keep, delete older ones "
            "first.",
        ),
        click.option(
            "--logs",
            metavar="STEP",
            help="Print what a step of the newest run printed, by its name or its node's, and run "
            "nothing.",
        ),
        click.option(
            "--pass-env",
            multiple=True,
            metavar="NAME",
            help="Variable of your shell to pass to the steps; they see none otherwise.",
        ),
        json_option,
    )
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def make_rehearsal_options(project_path: Path, chosen: dict[str, Any]) -> RehearsalOptions:
    """Read the options of `rehearsal_options`, by their click names."""
    from kedro_azureml.rehearsal import RehearsalOptions
    from kedro_azureml.storage.access import USER_CONNECTION_VARIABLE, Access

    options = RehearsalOptions(
        warm=chosen["warm"],
        cold=chosen["cold"],
        launcher=chosen["launcher"],
        follow_logs=chosen["follow_logs"],
        pass_env=tuple(chosen["pass_env"]),
        project=project_path,
        storage=Access(connection_string=os.environ.get(USER_CONNECTION_VARIABLE) or None),
    )
    names = ("max_parallel", "max_processes", "max_trials")
    limits = {name: chosen[name] for name in names if chosen[name]}
    return replace(options, **limits)
