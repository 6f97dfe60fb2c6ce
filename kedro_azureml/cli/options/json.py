"""``--json`` and other options that print for a script, and have the standard output alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.standard_output import divert, write_document

if TYPE_CHECKING:
    from pydantic import BaseModel

_Function = TypeVar("_Function", bound=Callable[..., Any])


def json_option(function: _Function) -> _Function:
    """Add ``--json`` to a command, as `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, callback=alone, is_eager=True, help="Print JSON."
    )(function)


def alone(_: click.Context, __: click.Parameter, value: bool) -> bool:
    """Keep everything but the document off the standard output: the callback of a flag."""
    if value:
        divert()
    return value


def print_json(data: Any) -> None:
    """Print data as JSON on the standard output."""
    write_document(json.dumps(data, indent=1))


def print_models(models: Sequence[BaseModel], *, several: bool) -> None:
    """Print one job as an object; several as an array, also if only the first came that far."""
    data = [model.model_dump(mode="json") for model in models]
    if several:
        print_json(data)
    elif data:
        print_json(data[0])
