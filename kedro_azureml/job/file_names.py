"""The names of files in an output, as its manifest has them."""

from __future__ import annotations

from pathlib import PurePosixPath


def is_in_folder(name: str) -> bool:
    """Tell whether a text names a file in a folder, in the one way to write that.

    ``data/./x`` would be a second file in the place of ``data/x``.
    """
    path = PurePosixPath(name)
    leads_elsewhere = path.is_absolute() or ".." in path.parts
    return bool(path.parts) and not leads_elsewhere and str(path) == name
