"""The commit that a project stands at, as far as git can say."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes:
        name: Its hash.
        dirty: Whether files of the project differ from it.
    """

    name: str
    dirty: bool


def commit_of(folder: Path) -> Commit | None:
    """Return the commit of a folder; None where there is no git, or no commit."""
    name = _git(folder, "rev-parse", "HEAD")
    if not name:
        return None
    return Commit(name, bool(_git(folder, "status", "--porcelain", "--", ".")))


def commits_since(folder: Path, commit: str) -> int | None:
    """Count the commits of a folder after another; None when this repository does not know that."""
    text = _git(folder, "rev-list", "--count", f"{commit}..HEAD", "--", ".")
    return int(text) if text else None


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "--no-optional-locks", *words],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
