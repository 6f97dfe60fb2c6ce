"""Puts a fetched file or folder into its place, all of it at once, over nobody's work."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from kedro_azureml.datasets.local_copies import Fetched, add_to_record, read_record
from kedro_azureml.datasets.paths import on_disk
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown
from kedro_azureml.job.local_folder import LOCAL_FOLDER, make_local_folder

# Keeps an empty folder in Git, and is no data.
_KEEP = ".gitkeep"


class Placing:
    """A folder to download to, and the place that it then takes.

    Args:
        project: The project's root.
        place: The project-relative place.
    """

    def __init__(self, project: Path, place: str) -> None:
        self._project = project
        self._place = place
        self._target = on_disk(place, project)
        self._home = project / LOCAL_FOLDER / "partial" / f"data-{os.getpid()}"

    @property
    def staging(self) -> Path:
        """The folder to download to."""
        return self._home / "new"

    def __enter__(self) -> Placing:
        with self._explained():
            make_local_folder(self._project / LOCAL_FOLDER)
            shutil.rmtree(self._home, ignore_errors=True)
            self.staging.mkdir(parents=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        with suppress(OSError):
            self._home.parent.rmdir()

    def is_somebody_elses(self) -> bool:
        """Tell whether data is in the place that was not fetched, and is not what was fetched."""
        if not has_files(self._target):
            return False
        if read_record(self._project).get(self._place) is not None:
            return False
        new = _hashes(self.staging)
        if self._target.is_file():
            return list(new.values()) != list(_hashes(self._target).values())
        return new != _hashes(self._target)

    def put(self, address: str, version: str | None, *, as_file: bool) -> Sequence[int]:
        """Let what was downloaded take the place of what is there, and note what it is.

        Args:
            address: Where it is in Azure.
            version: Its version.
            as_file: Whether the place is that of the one file that was downloaded.

        Returns:
            The size of each file.

        Raises:
            DiagnosticError: KAZ110, the place cannot be written; it is as it was.
        """
        with self._explained():
            new = next(_files(self.staging)) if as_file else self.staging
            if not as_file:
                _keep_empty_folders(self._target, new)
            hashes = _hashes(new)
            sizes = [(new / name).stat().st_size for name in hashes]
            _exchange(new, self._target, self._home / "old")
            add_to_record(
                self._project, self._place, Fetched(address, version, hashes, time.time())
            )
        return sizes

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ110",
                    f"{shown(self._target)} cannot be written: {error.strerror or error}.",
                    "Make the place writable, or free some space, and run the command again.",
                )
            ) from error


def has_files(path: Path, names: Collection[str] | None = None) -> bool:
    """Tell whether a file or a folder holds data: all of these names, or any at all."""
    there = {_name(file, path) for file in _files(path)}
    return bool(there) if names is None else set(names) <= there


def changes(path: Path, recorded: Mapping[str, str]) -> list[str]:
    """Say what was added or changed since the hashes were taken; what is missing is no loss."""
    now = _hashes(path)
    added = [f"'{name}' is new" for name in now if name not in recorded]
    other = [
        f"'{path.name if name == '.' else name}' is another"
        for name, value in now.items()
        if name in recorded and recorded[name] != value
    ]
    return other + added


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names if name != _KEEP)


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _hashes(path: Path) -> dict[str, str]:
    """Return each file's SHA-256, by its name below a folder, or "." for a file itself."""
    found: dict[str, str] = {}
    for file in _files(path):
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
        found[_name(file, path)] = digest.hexdigest()
    return dict(sorted(found.items()))


def _keep_empty_folders(old: Path, new: Path) -> None:
    """Keep the files by which Git keeps folders; they are no data, and not in Azure."""
    for folder, _, names in os.walk(old):
        if _KEEP in names:
            copy = new / Path(folder).relative_to(old) / _KEEP
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(folder, _KEEP), copy)


def _exchange(new: Path, target: Path, old: Path) -> None:
    """Rename `target` to `old`, and `new` to `target`; undo the first if the second fails."""
    # A link to another disk stays one.
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    if new.stat().st_dev != target.parent.stat().st_dev:
        # Only on one disk can something take the place of another at once.
        beside = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
        old = beside.with_suffix(".old")
        if new.is_dir():
            shutil.copytree(new, beside)
        else:
            shutil.copyfile(new, beside)
        new = beside
    was_there = target.exists()
    if was_there:
        target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        if was_there:
            old.rename(target)
        raise
    if old.is_dir():
        shutil.rmtree(old, ignore_errors=True)
    elif was_there:
        old.unlink()
