"""``--json``: plain data instead of a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


def json_option(function: _Function) -> _Function:
    """Add ``--json`` to a command, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def print_json(data: Any) -> None:
    """Print data as JSON on the standard output."""
    click.echo(json.dumps(data, indent=1))
