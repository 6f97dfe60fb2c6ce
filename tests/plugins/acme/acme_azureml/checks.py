"""A check with codes of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

from kedro_azureml.compiler.checks.check import CheckRequest
from kedro_azureml.diagnostics import Diagnostic, Explanation

CODES = {
    "ACME001": Explanation("a step without an owner", "# ACME001\n\nEach step has an owner.\n"),
    "ACME002": Explanation("too many steps"),
}


def check_owner(request: CheckRequest) -> Iterator[Diagnostic]:
    """ACME001 for each step none of whose nodes has a team."""
    if os.environ.get("ACME_FAILS"):
        raise KeyError("team")
    teams = {n.name for n in request.pipeline.nodes if any(t.startswith("team.") for t in n.tags)}
    for name, record in request.records.items():
        if not teams & set(record.nodes):
            yield Diagnostic(
                "ACME001",
                f"Nobody owns the step '{name}'.",
                "Tag one of its nodes with 'team.NAME'.",
                severity="warning",
                where=f"node {record.nodes[0]}",
            )
