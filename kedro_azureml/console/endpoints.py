"""Batch endpoints of the workspace, as ``endpoint list`` and ``endpoint show`` print them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from kedro_azureml.azure.deploy.endpoints.endpoint_json import EndpointJson
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import one_line

_HEADER = ("name", "default", "deployed from")
_SHORT_HASH = 10


def print_endpoints(endpoints: Sequence[EndpointJson], stream: TextIO | None = None) -> None:
    """Print a line for each endpoint below a header."""
    console = make_console(stream or sys.stdout)
    if not endpoints:
        say(console, "There are no batch endpoints.")
        return
    rows = [_HEADER, *((e.name, e.default or "", _origin(e)) for e in endpoints)]
    cells = [tuple(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        say(console, "  ".join(padded).rstrip())


def print_endpoint(endpoint: EndpointJson, stream: TextIO | None = None) -> None:
    """Print what there is to know about an endpoint."""
    console = make_console(stream or sys.stdout)
    say(console, endpoint.name)
    facts = {
        "address": endpoint.scoring_uri,
        "default": endpoint.default,
        "component": endpoint.component,
        "deployed from": _origin(endpoint),
        **{f"input {e.name}": f"{e.type} {e.default or ''}" for e in endpoint.inputs},
    }
    width = max(map(len, facts))
    for label, value in facts.items():
        if value:
            say(console, f"  {label:<{width}}  {value}".rstrip())


def _origin(endpoint: EndpointJson) -> str:
    if endpoint.project is None:
        return "elsewhere"
    env = f" in {endpoint.env}" if endpoint.env else ""
    commit = f", commit {endpoint.commit[:_SHORT_HASH]}" if endpoint.commit else ""
    changes = " with changes" if endpoint.dirty else ""
    return f"{endpoint.project}{env}{commit}{changes}"
