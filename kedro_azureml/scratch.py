"""Temporary folders, which the next command removes if this one is killed before it can."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# The machine, which containers that share a folder do not, then the process.
_NAME = re.compile(r"^kedro-azureml-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-\w+$", re.ASCII)
# Linux counts the start of a process from the boot, whose time moves when the clock is set right.
_CLOCK_STEP = 10.0
_RANDOM_BYTES = 8


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a temporary folder that is removed at the end of the ``with`` block."""
    # An interrupt right after the folder is made finds it named, and so removed.
    folder = Path(tempfile.gettempdir(), f"{_prefix()}{secrets.token_hex(_RANDOM_BYTES)}")
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder)


def make_scratch_folder() -> Path:
    """Make a temporary folder that whoever asks for it removes."""
    return Path(tempfile.mkdtemp(prefix=_prefix()))


def sweep_scratch_folders() -> None:
    """Remove the temporary folders of this user's commands that were killed on this machine."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            name = _NAME.match(entry.name)
            if name is None or name["machine"] != _machine():
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                mine = entry.is_dir(follow_symlinks=False) and status.st_uid == os.getuid()
                if mine and not _is_used(int(name["process"]), status.st_mtime):
                    _remove(Path(entry.path))


def _is_used(process: int, modified: float) -> bool:
    """Tell whether the process that made a folder still runs.

    Args:
        process: Its number, which another process may have by now.
        modified: When the folder was changed last: its process had begun by then.
    """
    if process == os.getpid():
        return True
    import psutil

    try:
        return bool(psutil.Process(process).create_time() < modified + _CLOCK_STEP)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _prefix() -> str:
    return f"kedro-azureml-{_machine()}-{os.getpid()}-"


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _remove(folder: Path) -> None:
    # What a step made read-only goes too; what a link leads to is somebody else's.
    for path, names, _ in os.walk(folder):
        for inner in (Path(path, name) for name in names):
            with contextlib.suppress(OSError):
                if not inner.is_symlink():
                    inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
