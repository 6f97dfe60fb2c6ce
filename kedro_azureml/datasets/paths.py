"""Local paths of catalog entries, relative to the project."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# The folder, inside a step's folder, for paths that lie outside the project.
EXTERNAL = "_external"


@dataclass(frozen=True)
class LocalPath:
    """One local path in a dataset's configuration.

    Attributes:
        keys: Where it stands, for example ``("dataset", "filepath")``.
        value: As the configuration has it.
        relative: Relative to the project, in POSIX form; under `EXTERNAL` when it lies outside.
    """

    keys: tuple[str | int, ...]
    value: str
    relative: str

    @property
    def is_external(self) -> bool:
        """Whether the path lies outside the project."""
        return self.relative.split("/", 1)[0] == EXTERNAL


def relative_path(value: str, project_path: Path) -> str:
    """Return a path relative to the project, in POSIX form.

    Example:
        ``data/a.csv`` and ``<project>/data/./a.csv`` give ``data/a.csv``; ``/srv/a.csv`` gives
        ``_external/absolute/srv/a.csv``, and ``../a.csv`` gives ``_external/up-1/a.csv``.
    """
    text = value.replace("\\", "/") if re.match(r"^[A-Za-z]:[\\/]", value) else value
    if text.startswith("file:"):
        text = re.sub(r"^file:(//)?", "", text)
    root = project_path.as_posix().rstrip("/")
    if text == root or text.startswith(root + "/"):
        text = text[len(root) :].lstrip("/")
    normal = posixpath.normpath(text) if text else "."
    outside = normal.startswith(("/", "..")) or bool(re.match(r"^[A-Za-z]:", normal))
    if not outside:
        return normal
    return posixpath.join(EXTERNAL, *_external_parts(normal))


def _external_parts(path: str) -> list[str]:
    """Return the parts of a path outside the project; no two paths have the same ones."""
    if drive := re.match(r"^([A-Za-z]):", path):
        return [f"drive-{drive.group(1).upper()}", *PurePosixPath(path[2:].lstrip("/")).parts]
    if path.startswith("/"):
        return ["absolute", *PurePosixPath(path.lstrip("/")).parts]
    parts = PurePosixPath(path).parts
    above = parts.count("..")
    return [f"up-{above}", *parts[above:]]


def on_disk(relative: str, project_path: Path) -> Path:
    """Return the path whose `relative_path` a text is."""
    parts = PurePosixPath(relative).parts
    if parts[:1] != (EXTERNAL,):
        return project_path / relative
    _, kind, *rest = parts
    if kind == "absolute":
        return Path("/", *rest)
    if kind.startswith("drive-"):
        return Path(f"{kind.removeprefix('drive-')}:/", *rest)
    return project_path.joinpath(*[".."] * int(kind.removeprefix("up-")), *rest)


def overlap(path: str, other: str) -> bool:
    """Tell whether two relative paths are the same, or one lies in the other."""
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")
