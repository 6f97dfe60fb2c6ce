"""What something in the workspace was deployed from."""

from __future__ import annotations

from typing import Protocol

_SHORT_HASH = 10


class Deployed(Protocol):
    """What `kedro azureml deploy` leaves on what it deploys; a project of None is none of ours."""

    project: str | None
    env: str | None
    commit: str | None
    dirty: bool | None


def origin(deployed: Deployed) -> str:
    """Name the project, its conf environment and the commit."""
    if deployed.project is None:
        return "elsewhere"
    env = f" in {deployed.env}" if deployed.env else ""
    commit = f", commit {deployed.commit[:_SHORT_HASH]}" if deployed.commit else ""
    changes = " with changes" if deployed.dirty else ""
    return f"{deployed.project}{env}{commit}{changes}"
