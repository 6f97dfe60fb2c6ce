"""Inputs and outputs of a step as they lie on the disk of a compute.

Blob storage holds files: no empty folders, no modes, no links.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import yaml

#: What says whether a file or folder was changed, even if its content is what it was.
Fingerprint = dict[str, tuple[int, int, int, int]]


class DataError(Exception):
    """Data that a step needs is not there."""


def copy_files(source: Path, target: Path) -> None:
    """Copy a file, or the files below a folder, as an upload and a download would."""
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return
    for folder, _, names in os.walk(source, followlinks=True):
        for name in names:
            file = Path(folder, name)
            if file.is_file():
                copy = target / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


def place_input(source: Path, folder: Path) -> Path:
    """Copy an input into its folder; the path that the command is given."""
    if not source.exists():
        raise DataError(f"the data of {folder.name} does not exist: nobody has written a file")
    place = folder / source.name if source.is_file() else folder
    copy_files(source, place)
    return place


def place_table(source: Path, folder: Path) -> Path:
    """Copy the files that an MLTable names into a folder; the folder's path."""
    definition = source / "MLTable"
    if not definition.exists():
        raise DataError(f"there is no file MLTable in the data of {folder.name}")
    folder.mkdir(parents=True)
    for path in yaml.safe_load(definition.read_text()).get("paths") or []:
        (pattern,) = path.values()
        for file in sorted(source.glob(str(pattern).removeprefix("./"))):
            copy_files(file, folder / file.relative_to(source))
    return folder


def make_read_only(folder: Path) -> None:
    """Take the permission to write from a folder and all below it."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


def fingerprint(folder: Path) -> Fingerprint:
    """How a folder stands: root may write into what is read-only, and is found out by this."""
    paths = (folder, *folder.rglob("*"))
    return {
        str(path.relative_to(folder)): (s.st_ino, s.st_mode, s.st_size, s.st_ctime_ns)
        for path in paths
        for s in [path.lstat()]
    }


def remove_tree(folder: Path) -> None:
    """Delete a folder with all that is read-only in it."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
