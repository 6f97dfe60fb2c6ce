"""``-e/--env``, before the subcommand (on the group) or after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _stated(context: click.Context, value: str | None) -> str | None:
    """Return what the command line says, in either place."""
    before = context.parent.params.get("env") if context.parent else None
    if before and value and before != value:
        raise click.UsageError(
            f"The environment is given twice: '-e {before}' before the subcommand and "
            f"'-e {value}' after it.",
            context,
        )
    return value or before


def _resolve(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    return _stated(context, value) or os.environ.get("KEDRO_ENV") or None


def env_option(function: _Function) -> _Function:
    """Add ``-e/--env`` to a command as `env`: the option, else KEDRO_ENV, else None."""
    return click.option(
        "-e",
        "--env",
        callback=_resolve,
        help="Kedro configuration environment. Defaults to KEDRO_ENV, else to the project's own.",
    )(function)


def target_env_option(function: _Function) -> _Function:
    """Add ``-e/--env`` as the environment to write to: `env`, None when not stated."""
    return click.option(
        "-e",
        "--env",
        callback=lambda context, _, value: _stated(context, value),
        help="Kedro configuration environment to write to.  [default: base]",
    )(function)


def group_env_option(function: _Function) -> _Function:
    """Add ``-e/--env`` to a group: a subcommand reads it from the group's context."""
    return click.option("-e", "--env", callback=_passed_on, help="May also follow the subcommand.")(
        function
    )


def _passed_on(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    return value or (context.parent.params.get("env") if context.parent else None)
