"""What groups of subcommands have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _passed_on(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    return value or (context.parent.params.get("env") if context.parent else None)


def group_env_option(function: _Function) -> _Function:
    """Add ``-e/--env`` to a group: a subcommand reads it from the group's context."""
    return click.option("-e", "--env", callback=_passed_on, help="May also follow the subcommand.")(
        function
    )
