"""Where rehearsals live: one folder each, below ``.kedro_azureml/runs``."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.local_folder import LOCAL_FOLDER, PRIVATE, make_local_folder
from kedro_azureml.job.run.model import ENDED, RunStatus
from kedro_azureml.job.run.run_json import KeptRunJson, ReportJson
from kedro_azureml.rehearsal.processes.identity import is_running
from kedro_azureml.rehearsal.report import REPORT_FILE, read_report

# What the shell of a step would expand in the path of an input, between double quotes.
_EXPANDS = re.compile(r'[$`"\\]')
_RUNS = "runs"
_RUN_NAME = re.compile(r"^\d{8}-\d{6}-[\w.-]+$", re.ASCII)
_LONGEST_PIPELINE = 40
_MOST_A_SECOND = 1000


@dataclass(frozen=True)
class PastRun:
    """A rehearsal that lies in the runs folder.

    Attributes:
        folder: Its folder.
        status: What its report says; ``Interrupted`` when its process is gone without a word.
        steps: How many steps it has, and how many of them completed.
        bytes: What its report says of its size, once it has ended.
    """

    folder: Path
    status: RunStatus | Literal["Interrupted"]
    steps: tuple[int, int]
    bytes: int | None = None

    @property
    def active(self) -> bool:
        """Whether it is still running."""
        return self.status == "Running"

    def size(self) -> int:
        """Bytes on disk; a file with several names counts once."""
        return self.bytes if self.bytes is not None else folder_size(self.folder)


def runs_folder(project: Path) -> Path:
    """Return the folder in which the rehearsals of a project belong."""
    return project / LOCAL_FOLDER / _RUNS


def user_runs_folder(project: Path) -> Path:
    """Return the user's own folder, for projects whose folder cannot be written."""
    key = hashlib.sha256(os.fsencode(project)).hexdigest()[:8]
    name = f"{_plain(project.name)}-{key}"
    return user_cache() / name / _RUNS


def user_cache() -> Path:
    """Return the user's own folder for what can be made again."""
    cache = os.environ.get("XDG_CACHE_HOME")
    home = Path(cache) if cache and Path(cache).is_absolute() else Path.home() / ".cache"
    return home / "kedro-azureml"


def homes_of(project: Path) -> list[Path]:
    """List every folder that may hold a project's rehearsals, the preferred one first."""
    own = [] if _EXPANDS.search(str(project)) else [runs_folder(project)]
    return [*own, *_fallbacks(project)]


def make_run_folder(
    project: Path, pipeline: str, home: Path | None = None, *, quoted_singly: bool = False
) -> Path:
    """Make a new, empty run folder.

    Args:
        project: The project's or the document's folder.
        pipeline: What the job is called; part of the folder's name.
        home: The runs folder, if not the project's own.
        quoted_singly: Whether a step's command holds paths between single quotes.

    Raises:
        DiagnosticError: KAZ604, when no place can be written.
    """
    homes = [home] if home else homes_of(project)
    if quoted_singly:
        homes = [folder for folder in homes if "'" not in str(folder)]
    refusals: list[str] = []
    for folder in homes:
        try:
            return _make(folder, pipeline)
        except OSError as error:
            refusals.append(f"{folder}: {error.strerror or error}")
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                break
    raise DiagnosticError(
        Diagnostic(
            "KAZ604",
            f"No folder for the rehearsal can be made ({'; '.join(refusals)}).",
            "Free some space, or let the project's folder be written.",
        )
    )


def past_runs(home: Path) -> list[PastRun]:
    """List the rehearsals in a runs folder, newest first."""
    try:
        folders = [f for f in home.iterdir() if _RUN_NAME.match(f.name) and f.is_dir()]
    except OSError:
        return []
    return [_past_run(folder) for folder in sorted(folders, reverse=True)]


def newest_report(homes: Iterable[Path]) -> tuple[Path, ReportJson] | None:
    """Find the newest rehearsal that has a report, and its folder."""
    runs = [run.folder for home in homes for run in past_runs(home)]
    # A run's name begins with its time.
    for folder in sorted(runs, key=lambda folder: folder.name, reverse=True):
        report = read_report(folder)
        if report is not None:
            return folder, report
    return None


def prune(home: Path, keep: int, newest: Path | None = None) -> list[PastRun]:
    """Delete all but the newest `keep` rehearsals; one that is still running stays.

    Args:
        home: The runs folder.
        keep: How many to keep.
        newest: The folder of the run that counts as the newest, whatever began beside it.

    Returns:
        Those that were deleted.
    """
    # A folder without a report is somebody's own, and so is one that is a link.
    runs = [r for r in past_runs(home) if _is_own(r.folder)]
    runs.sort(key=lambda run: run.folder != newest)
    pruned = [run for run in runs[max(keep, 0) :] if not run.active]
    for run in pruned:
        delete_tree(run.folder)
    return [run for run in pruned if not run.folder.exists()]


def _is_own(folder: Path) -> bool:
    return (folder / REPORT_FILE).exists() and not folder.is_symlink()


def delete_tree(folder: Path) -> None:
    """Delete a folder, read-only folders in it included; what cannot be deleted stays."""
    allow_deleting(folder)
    shutil.rmtree(folder, ignore_errors=True)


def allow_deleting(folder: Path) -> None:
    """Make folders writable again, so that ``rm -r`` works on a run that is over."""
    for path, _, _ in os.walk(folder):
        with contextlib.suppress(OSError):
            mode = stat.S_IMODE(os.lstat(path).st_mode)
            if not mode & stat.S_IWUSR:
                Path(path).chmod(mode | stat.S_IWUSR)


def _fallbacks(project: Path) -> Iterator[Path]:
    with contextlib.suppress(RuntimeError):
        yield user_runs_folder(project)
    if not hasattr(os, "getuid"):
        # On Windows nothing is rehearsed, but `plan` looks for rehearsals.
        return
    shared = _shared_folder()
    if _is_this_users(shared) or not os.path.lexists(shared):
        yield shared / _plain(project.name) / _RUNS


def _shared_folder() -> Path:
    """Return this user's folder where all users have theirs; it is made when it is needed."""
    return Path(tempfile.gettempdir()) / f"kedro-azureml-{os.getuid()}"


def _is_this_users(folder: Path) -> bool:
    """Tell whether a folder is this user's: another one could have made it."""
    with contextlib.suppress(OSError):
        status = folder.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return False


def _make(home: Path, pipeline: str) -> Path:
    shared = _shared_folder()
    if home.is_relative_to(shared):
        shared.mkdir(mode=PRIVATE, exist_ok=True)
        if not _is_this_users(shared):
            raise PermissionError(errno.EPERM, "is another user's", str(shared))
    if home.parent.name == LOCAL_FOLDER:
        make_local_folder(home.parent)
    home.mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{_plain(pipeline)}"
    for number in range(1, _MOST_A_SECOND):
        folder = home / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=PRIVATE)
            return folder
    raise FileExistsError(errno.EEXIST, "exists", str(home / name))


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:_LONGEST_PIPELINE] or "pipeline"


def _past_run(folder: Path) -> PastRun:
    report = read_report(folder)
    if report is None:
        return PastRun(folder, "Unknown", (0, 0))
    status: RunStatus | Literal["Interrupted"] = report.status
    if status not in ENDED:
        status = "Interrupted"
        if is_running(report.process, report.process_started):
            status = "Running"
    statuses = [step.status for step in report.steps.values()]
    return PastRun(folder, status, (len(statuses), statuses.count("Completed")), report.bytes)


def kept_run_json(run: PastRun) -> KeptRunJson:
    """Return what ``--list-runs --json`` prints of a rehearsal."""
    steps, completed = run.steps
    return KeptRunJson(
        name=run.folder.name,
        status=run.status,
        steps=steps,
        completed=completed,
        bytes=run.size(),
        folder=str(run.folder),
    )


def folder_size(folder: Path) -> int:
    """Return the bytes in a folder's files; a file with several names counts once."""
    seen: set[int] = set()
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                status = os.lstat(f"{path}/{name}")
                if status.st_ino not in seen:
                    seen.add(status.st_ino)
                    total += status.st_size
    return total
