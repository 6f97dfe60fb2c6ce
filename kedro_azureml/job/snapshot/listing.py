"""Which files Azure ML uploads for a folder, and a copy of exactly those.

Azure ML snapshots the ``code:`` folder of a step by rules of its own: ``.amlignore`` or else
``.gitignore``, from the folder itself only; ``__pycache__`` never; links are followed; empty
folders vanish. A data folder that is a job input goes by the same rules, without ``__pycache__``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed
from kedro_azureml.job.local_folder import LOCAL_FOLDER
from kedro_azureml.job.snapshot.files import SnapshotFile, SnapshotProblem
from kedro_azureml.job.snapshot.ignore import IgnoreRules, InvalidPatternError
from kedro_azureml.job.snapshot.own_files import is_own_file, is_own_suffix
from kedro_azureml.job.snapshot.walk import FolderWalk

IGNORE_FILES = (".amlignore", ".gitignore")
_VERSION_CONTROL = re.compile(r"(?:^|(?<=/))\.(?:git|hg|svn|bzr)/")
_ALWAYS_IGNORED_IN_CODE = ("__pycache__",)
_FILE_OF_A_REHEARSAL = f"{LOCAL_FOLDER}/runs/a/report.json"


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
        rehearsal_folder: Whether Azure ML would upload the folder of rehearsals too. Its files are
            never listed here, and neither are documents and pages that this package wrote: these
            are the differences from the SDK.
        version_control: Folders of version control whose files are listed though no ``!`` pattern
            asks for them.
        asked_for: Files that a ``!`` pattern lets in, which an earlier pattern left out.
        dropped: Of a data folder, the files that its ignore file leaves out.
        rules: The lines of the ignore file, and what Azure ML ignores anyway.
    """

    root: Path
    files: tuple[SnapshotFile, ...] = ()
    ignore_file: str | None = None
    problems: tuple[SnapshotProblem, ...] = ()
    linked_folders: tuple[str, ...] = ()
    rehearsal_folder: bool = False
    version_control: tuple[str, ...] = ()
    asked_for: frozenset[str] = frozenset()
    dropped: tuple[str, ...] = ()
    rules: IgnoreRules = field(default=IgnoreRules(), repr=False, compare=False)

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(file.size for file in self.files)

    def at(self, root: Path) -> Snapshot:
        """Return the same files as read from `root`, a copy of this snapshot."""
        files = tuple(replace(file, source=root / file.path) for file in self.files)
        return replace(self, root=root, files=files)

    def diagnostics(self, where: str | None = None) -> list[Diagnostic]:
        """Turn each problem into an error for a person."""
        return [
            Diagnostic(
                "KAZ505",
                f"'{problem.path}' {problem.message}, so Azure ML cannot upload the folder.",
                f"Repair or remove it, or list it in {self.ignore_file or IGNORE_FILES[0]}.",
                where=where or str(self.root),
            )
            for problem in self.problems
        ]


def dropped_data(snapshot: Snapshot, shown: str, where: str) -> Diagnostic | None:
    """Report KAZ511: the ignore file in a data folder keeps data from the job.

    Args:
        snapshot: What Azure ML uploads of the folder.
        shown: What to call the folder.
        where: The place that the user edits.
    """
    if not snapshot.dropped:
        return None
    return Diagnostic(
        "KAZ511",
        f"The ignore file {snapshot.ignore_file} in the folder '{shown}' keeps "
        f"{listed(snapshot.dropped)} from the job: Azure ML applies it to the data.",
        f"Remove {snapshot.ignore_file} from that folder; for Git, write its patterns into the "
        "project's own .gitignore.",
        where=where,
    )


def list_snapshot(root: Path) -> Snapshot:
    """List what Azure ML uploads when `root` is the ``code:`` of a step."""
    return _list(root, always_ignored=_ALWAYS_IGNORED_IN_CODE)


def list_data_folder(root: Path) -> Snapshot:
    """List what Azure ML uploads when `root` is a data input of a job."""
    snapshot = _list(root, always_ignored=())
    if snapshot.ignore_file is None or snapshot.problems:
        return snapshot
    walk = FolderWalk(str(root.absolute()), IgnoreRules(), None)
    walk.run()
    kept = {file.path for file in snapshot.files}
    # What says that a folder shall exist holds no data.
    dropped = sorted(
        f.path for f in walk.files if f.path not in kept and not f.path.endswith(".gitkeep")
    )
    return replace(snapshot, dropped=tuple(dropped))


def _list(root: Path, always_ignored: tuple[str, ...]) -> Snapshot:
    ignore_file = next((n for n in IGNORE_FILES if (root / n).exists()), None)
    try:
        with_own = _read_lines(root / ignore_file) if ignore_file else []
        rules = IgnoreRules.parse([*with_own, *always_ignored])
    except (InvalidPatternError, OSError, UnicodeDecodeError) as error:
        problem = SnapshotProblem(ignore_file or "", f"cannot be read as an ignore file ({error})")
        return Snapshot(root, ignore_file=ignore_file, problems=(problem,))
    is_code = bool(always_ignored)
    walk = FolderWalk(str(root.absolute()), rules, LOCAL_FOLDER if is_code else None)
    walk.run()
    files = tuple(
        sorted((f for f in walk.files if not (is_code and _is_own(f))), key=lambda file: file.path)
    )
    return Snapshot(
        root,
        files,
        ignore_file,
        tuple(sorted(walk.problems, key=lambda problem: problem.path)),
        tuple(sorted(link for link in walk.links if _holds(link, files))),
        is_code and (root / LOCAL_FOLDER).is_dir() and not rules.excludes(_FILE_OF_A_REHEARSAL),
        tuple(_version_control(files, rules)) if is_code else (),
        frozenset(file.path for file in files if rules.asks_for(file.path)),
        rules=rules,
    )


def _is_own(file: SnapshotFile) -> bool:
    return is_own_suffix(file.path) and is_own_file(file.source)


def _version_control(files: Iterable[SnapshotFile], rules: IgnoreRules) -> Iterator[str]:
    """Name each folder of version control of which something goes up that nobody asked for."""
    folders: set[str] = set()
    for file in files:
        above, _, _ = file.path.rpartition("/")
        if match := _VERSION_CONTROL.search(f"{above}/"):
            folder = f"{above}/"[: match.end() - 1]
            if folder not in folders and not rules.asks_for(file.path):
                folders.add(folder)
                yield folder


def _read_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig") as file:
        return list(file)


def _holds(folder: str, files: tuple[SnapshotFile, ...]) -> bool:
    return any(file.path.startswith(f"{folder}/") for file in files)
