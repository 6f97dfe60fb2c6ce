"""The folder of a project for what commands leave behind: rehearsals, downloads, tracebacks."""

from __future__ import annotations

import contextlib
from pathlib import Path

LOCAL_FOLDER = ".kedro_azureml"


def hide_from_git(folder: Path) -> None:
    """Let Git ignore a folder, also in a project that was never initialised for this plugin."""
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x") as file:
        file.write("*\n")
