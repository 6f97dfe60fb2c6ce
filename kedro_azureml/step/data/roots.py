"""The folder that holds all of a dataset's files, and nothing around them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path


def common_root(
    paths: Iterable[str], folder: Path, files: Iterable[str], *, versioned: bool = False
) -> str:
    """Return the deepest folder that is a dataset's own.

    Args:
        paths: The dataset's paths, relative to the project.
        folder: Where they lie now.
        files: The files that were written there, likewise relative.
        versioned: Whether each path is a folder of versions, of which one was written.

    Example:
        ``data/model`` for a model that is a folder of that name, ``data`` for ``data/model.pkl``.
    """
    own = [_holder(path, folder, versioned=versioned) for path in paths]
    root = posixpath.commonpath(own) if own else ""
    if all(_is_below(file, root) for file in files):
        return root
    # A class may write beside the path that it was given.
    return posixpath.commonpath([root, *map(posixpath.dirname, files)])


def _holder(path: str, folder: Path, *, versioned: bool) -> str:
    """Return the folder that holds what a path names."""
    if versioned and (folder / path).is_dir():
        versions = [version.name for version in (folder / path).iterdir()]
        if len(versions) == 1:
            path = f"{path}/{versions[0]}/{posixpath.basename(path)}"
    return path if (folder / path).is_dir() else posixpath.dirname(path)


def _is_below(file: str, root: str) -> bool:
    return not root or file.startswith(f"{root}/")
