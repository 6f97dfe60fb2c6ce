"""Batch endpoints of the workspace, as ``endpoint list`` and ``endpoint show`` print them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from kedro_azureml.azure.deploy.endpoints.endpoint_json import EndpointJson
from kedro_azureml.console.columns import print_facts, print_rows
from kedro_azureml.console.origin import origin
from kedro_azureml.console.terminal import make_console, say

_HEADER = ("name", "default", "deployed from")


def print_endpoints(endpoints: Sequence[EndpointJson], stream: TextIO | None = None) -> None:
    """Print a line for each endpoint below a header."""
    console = make_console(stream or sys.stdout)
    if not endpoints:
        say(console, "There are no batch endpoints.")
        return
    print_rows(console, _HEADER, [(e.name, e.default or "", origin(e)) for e in endpoints])


def print_endpoint(endpoint: EndpointJson, stream: TextIO | None = None) -> None:
    """Print what there is to know about an endpoint."""
    console = make_console(stream or sys.stdout)
    say(console, endpoint.name)
    facts = {
        "address": endpoint.scoring_uri,
        "default": endpoint.default,
        "component": endpoint.component,
        "deployed from": origin(endpoint),
        **{f"input {e.name}": f"{e.type} {e.default or ''}" for e in endpoint.inputs},
    }
    print_facts(console, {label: value for label, value in facts.items() if value})
