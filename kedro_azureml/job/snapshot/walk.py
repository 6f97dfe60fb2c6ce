"""A walk over a folder tree that follows links as the Azure ML SDK does."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kedro_azureml.job.snapshot.files import SnapshotFile, SnapshotProblem
from kedro_azureml.job.snapshot.ignore import IgnoreRules


@dataclass(frozen=True)
class _Folder:
    """A folder on the way: its path in the snapshot, where it really is, and those above it."""

    path: str
    real: str
    above: tuple[str, ...]

    def child(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


@dataclass
class FolderWalk:
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
        """Walk the tree; what it holds is in `files`, `problems` and `links` then."""
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
