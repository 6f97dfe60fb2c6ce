"""Which files Azure ML uploads for a folder, and a copy of exactly those.

Azure ML snapshots the ``code:`` folder of a step by rules of its own: ``.amlignore`` or else
``.gitignore``, from the folder itself only; ``__pycache__`` never; links are followed; empty
folders vanish. A data folder that is a job input goes by the same rules, without ``__pycache__``.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.ignore import IgnoreRules, InvalidPatternError

IGNORE_FILES = (".amlignore", ".gitignore")
REHEARSAL_FOLDER = ".kedro_azureml"
_ALWAYS_IGNORED_IN_CODE = ("__pycache__",)
_FILE_OF_A_REHEARSAL = f"{REHEARSAL_FOLDER}/runs/a/report.json"


@dataclass(frozen=True)
class SnapshotFile:
    """One file of a snapshot.

    Attributes:
        path: Where it lies in the snapshot, with forward slashes.
        size: Its size in bytes when it was listed.
        source: Where it is read from; links are not resolved.
    """

    path: str
    size: int
    source: Path


@dataclass(frozen=True)
class SnapshotProblem:
    """Something that makes Azure ML's upload fail.

    Attributes:
        path: The file or folder, relative to the root.
        message: What is wrong with it, to follow the path in a sentence.
    """

    path: str
    message: str


@dataclass(frozen=True)
class Snapshot:
    """What Azure ML uploads for a folder.

    Attributes:
        root: The folder.
        files: Every file, sorted by path.
        ignore_file: The name of the ignore file in force, if there is one.
        problems: What makes the upload fail.
        linked_folders: Links inside ignored folders whose contents are uploaded all the same,
            because the rules are applied to where a link leads.
        rehearsal_folder: Whether Azure ML would upload the folder of rehearsals too. This is the
            one difference from the SDK: that folder's files are never listed here.
    """

    root: Path
    files: tuple[SnapshotFile, ...] = ()
    ignore_file: str | None = None
    problems: tuple[SnapshotProblem, ...] = ()
    linked_folders: tuple[str, ...] = ()
    rehearsal_folder: bool = False

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(file.size for file in self.files)

    def at(self, root: Path) -> Snapshot:
        """The same files read from `root`, a copy of this snapshot."""
        files = tuple(replace(file, source=root / file.path) for file in self.files)
        return replace(self, root=root, files=files)

    def diagnostics(self, where: str | None = None) -> list[Diagnostic]:
        """Each problem as an error for a person."""
        return [
            Diagnostic(
                "KAZ505",
                f"'{problem.path}' {problem.message}, so Azure ML cannot upload the folder.",
                f"Repair or remove it, or list it in {self.ignore_file or IGNORE_FILES[0]}.",
                where=where or str(self.root),
            )
            for problem in self.problems
        ]


def list_snapshot(root: Path) -> Snapshot:
    """List what Azure ML uploads when `root` is the ``code:`` of a step."""
    return _list(root, always_ignored=_ALWAYS_IGNORED_IN_CODE)


def list_data_folder(root: Path) -> Snapshot:
    """List what Azure ML uploads when `root` is a data input of a job."""
    return _list(root, always_ignored=())


def copy_snapshot(snapshot: Snapshot, destination: Path) -> None:
    """Copy the contents of `snapshot` into `destination`, a new or empty folder.

    Only contents are copied: blob storage keeps neither permissions nor times.

    Raises:
        DiagnosticError: A file vanished or cannot be read, or the disk is full.
    """
    made: set[Path] = set()
    for file in snapshot.files:
        target = destination / file.path
        try:
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            shutil.copyfile(file.source, target)
        except OSError as error:
            raise DiagnosticError(copy_failure(error, file.path, snapshot.root)) from error


def copy_failure(error: OSError, path: str, root: Path) -> Diagnostic:
    """What to say when a file could not be copied."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Diagnostic(
            "KAZ604",
            f"There is no space left to copy '{path}'.",
            "Free some space, or prune older rehearsals with `kedro azureml run --local --keep 1`.",
            where=str(root),
        )
    if isinstance(error, FileNotFoundError) and not os.path.lexists(root / path):
        return Diagnostic(
            "KAZ505",
            f"'{path}' vanished while it was copied.",
            "Run the command again when nothing changes the folder.",
            where=str(root),
        )
    return Diagnostic(
        "KAZ505",
        f"'{path}' cannot be copied: {error.strerror or error}.",
        "Make it readable, or list it in .amlignore if the steps do not need it.",
        where=str(root),
    )


def _list(root: Path, always_ignored: tuple[str, ...]) -> Snapshot:
    ignore_file = next((n for n in IGNORE_FILES if (root / n).exists()), None)
    try:
        with_own = _read_lines(root / ignore_file) if ignore_file else []
        rules = IgnoreRules.parse([*with_own, *always_ignored])
    except (InvalidPatternError, OSError, UnicodeDecodeError) as error:
        problem = SnapshotProblem(ignore_file or "", f"cannot be read as an ignore file ({error})")
        return Snapshot(root, ignore_file=ignore_file, problems=(problem,))
    is_code = bool(always_ignored)
    walk = _Walk(str(root.absolute()), rules, REHEARSAL_FOLDER if is_code else None)
    walk.run()
    files = tuple(sorted(walk.files, key=lambda file: file.path))
    return Snapshot(
        root,
        files,
        ignore_file,
        tuple(sorted(walk.problems, key=lambda problem: problem.path)),
        tuple(sorted(link for link in walk.links if _holds(link, files))),
        is_code and (root / REHEARSAL_FOLDER).is_dir() and not rules.excludes(_FILE_OF_A_REHEARSAL),
    )


def _read_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig") as file:
        return list(file)


def _holds(folder: str, files: tuple[SnapshotFile, ...]) -> bool:
    return any(file.path.startswith(f"{folder}/") for file in files)


@dataclass(frozen=True)
class _Folder:
    """A folder on the way: its path in the snapshot, where it really is, and those above it."""

    path: str
    real: str
    above: tuple[str, ...]

    def child(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


@dataclass
class _Walk:
    """One walk over a folder tree, following links as the SDK does."""

    root: str
    rules: IgnoreRules
    skipped: str | None
    files: list[SnapshotFile] = field(default_factory=list)
    problems: list[SnapshotProblem] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _loops: list[tuple[str, str, str]] = field(default_factory=list)
    _kept_folders: set[str] = field(default_factory=set)

    def run(self) -> None:
        pending = [_Folder("", os.path.realpath(self.root), ())]
        while pending:
            folder = pending.pop()
            ignored = folder.path != "" and self.rules.excludes_below(self._rule_path(folder.real))
            visit = self._skim if ignored else self._read
            try:
                pending.extend(visit(folder))
            except OSError as error:
                if not ignored:
                    self._problem(folder.path, f"cannot be read ({error.strerror})")
        self._judge_loops()

    def _rule_path(self, real: str) -> str:
        # The SDK holds the rules against the real path of the folder, seen from the root as given.
        return os.path.relpath(real, self.root)

    def _read(self, folder: _Folder) -> Iterator[_Folder]:
        """List a folder's files; yield its folders."""
        prefix = self._rule_path(folder.real)
        prefix = "" if prefix == "." else f"{prefix}/"
        with os.scandir(folder.real) as entries:
            for entry in entries:
                if _is_folder(entry):
                    if folder.path or entry.name != self.skipped:
                        yield from self._enter(folder, entry)
                elif not self.rules.excludes(prefix + entry.name):
                    self._keep(folder, entry)

    def _skim(self, folder: _Folder) -> Iterator[_Folder]:
        """Pass through an ignored folder: only what leads elsewhere can still be uploaded."""
        prefix = self._rule_path(folder.real)
        with os.scandir(folder.real) as entries:
            for entry in entries:
                if entry.is_symlink():
                    if _is_folder(entry):
                        self.links.append(folder.child(entry.name))
                        yield from self._enter(folder, entry)
                elif entry.is_dir(follow_symlinks=False):
                    yield from self._enter(folder, entry)
                elif "\n" in entry.name and not self.rules.excludes(f"{prefix}/{entry.name}"):
                    # No pattern of the SDK reaches across a line end.
                    self._keep(folder, entry)

    def _enter(self, folder: _Folder, entry: os.DirEntry[str]) -> Iterator[_Folder]:
        path = folder.child(entry.name)
        real = f"{folder.real}/{entry.name}"
        above = (*folder.above, folder.real)
        if entry.is_symlink():
            link, real = real, os.path.realpath(real)
            if real in above:
                self._loops.append((path, self._rule_path(link), real))
                return
        yield _Folder(path, real, above)

    def _keep(self, folder: _Folder, entry: os.DirEntry[str]) -> None:
        path = folder.child(entry.name)
        try:
            path.encode()
            status = entry.stat()
        except UnicodeEncodeError:
            self._problem(ascii(path)[1:-1], "has a name that is not UTF-8")
        except OSError as error:
            broken = entry.is_symlink() and isinstance(error, FileNotFoundError)
            reason = "is a link to nothing" if broken else f"cannot be read ({error.strerror})"
            self._problem(path, reason)
        else:
            if stat.S_ISREG(status.st_mode):
                source = Path(folder.real, entry.name)
                self.files.append(SnapshotFile(path, status.st_size, source))
                self._kept_folders.add(folder.real)
            else:
                self._problem(path, "is neither a file nor a folder")

    def _judge_loops(self) -> None:
        for path, rule_path, target in self._loops:
            repeats = any(f == target or f.startswith(f"{target}/") for f in self._kept_folders)
            if repeats or not self.rules.excludes(rule_path):
                self._problem(path, "is a link to a folder that contains it")

    def _problem(self, path: str, message: str) -> None:
        self.problems.append(SnapshotProblem(path or ".", message))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # Such as a link to itself: the SDK takes it for a file.
        return False
