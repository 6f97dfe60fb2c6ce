"""The folder of a project for what commands leave behind: rehearsals, downloads, tracebacks."""

from __future__ import annotations

import contextlib
from pathlib import Path

LOCAL_FOLDER = ".kedro_azureml"

# What lies in it copies code and data that others may be kept from.
PRIVATE = 0o700


def make_local_folder(folder: Path) -> None:
    """Make the folder, for its user alone, and let Git ignore it in every project.

    Raises:
        OSError: It cannot be made.
    """
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x") as file:
        file.write("*\n")
