"""Checks of the code snapshot, before it is uploaded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import count, listed, size
from kedro_azureml.job.secrets.files import holds_credentials
from kedro_azureml.job.snapshot.files import SnapshotFile
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.project.loaded import LoadedProject

# Written on the SDK v1 page only; the v2 SDK merely warns above 100 MB.
MAX_SNAPSHOT_BYTES = 300 * 1024**2
MAX_SNAPSHOT_FILES = 2_000

_LISTED = 4
_LITTLE_DATA = 10**6


def check_snapshot(
    snapshot: Snapshot,
    project: LoadedProject,
    *,
    raw_inputs: Collection[str] | None,
    rehearsal: bool,
) -> Iterator[Diagnostic]:
    """Report KAZ501 to KAZ510: what Azure ML would upload as code.

    Args:
        snapshot: The files of the code folder.
        project: The project.
        raw_inputs: Project-relative paths that the steps get as inputs of the job; None when they
            get them with the code.
        rehearsal: Whether nothing is uploaded, because the job runs here.
    """
    yield from _check_size(snapshot)
    yield from _check_secrets(snapshot, project, rehearsal=rehearsal)
    if raw_inputs is not None:
        yield from _check_data(snapshot, raw_inputs, rehearsal=rehearsal)
    yield from _check_folders(snapshot)
    yield from _missing_from_snapshot(snapshot, project)


def _check_size(snapshot: Snapshot) -> Iterator[Diagnostic]:
    warning = partial(Diagnostic, severity="warning", where=snapshot.ignore_file or ".amlignore")
    total = sum(file.size for file in snapshot.files)
    largest = sorted(snapshot.files, key=lambda f: -f.size)[:3]
    if total > MAX_SNAPSHOT_BYTES:
        shown = ", ".join(f"{f.path} ({size(f.size)})" for f in largest)
        yield warning(
            "KAZ501",
            f"The code snapshot has {size(total)}. The largest: {shown}.",
            "List what the steps do not need in .amlignore.",
        )
    if len(snapshot.files) > MAX_SNAPSHOT_FILES:
        yield warning(
            "KAZ502",
            f"The code snapshot has {len(snapshot.files)} files, most in "
            f"{_fullest_folder(f.path for f in snapshot.files)}.",
            "List what the steps do not need in .amlignore.",
        )


def _check_secrets(
    snapshot: Snapshot, project: LoadedProject, *, rehearsal: bool
) -> Iterator[Diagnostic]:
    warning = partial(Diagnostic, severity="warning", where=snapshot.ignore_file or ".amlignore")
    secret = [file.path for file in snapshot.files if holds_credentials(file)]
    if secret:
        yield warning(
            "KAZ503",
            f"The code snapshot would upload {_names(secret)}.",
            f"Add {'it' if len(secret) == 1 else 'them'} to .amlignore; 'kedro azureml init' "
            "writes one that does.",
        )
    if snapshot.version_control:
        yield Diagnostic(
            "KAZ510",
            f"The code snapshot would upload {_names(snapshot.version_control)}: the whole "
            "history, and whatever login its configuration holds.",
            "Let 'kedro azureml init' write .amlignore, or add the folder to it; if it is meant, "
            f"write '!{snapshot.version_control[0]}/' there.",
            # A rehearsal leaves it on this machine.
            severity="warning" if rehearsal else "error",
            where=snapshot.ignore_file or ".amlignore",
        )
    personal = [f.path for f in personal_files(snapshot, project) if f.path not in secret]
    unasked = [path for path in personal if path not in snapshot.asked_for]
    if unasked:
        yield warning(
            "KAZ509",
            f"The code snapshot would upload {listed(unasked, len(unasked), quoted=False)}, which "
            "Kedro means for one person on one machine.",
            f"Add '{_parent(unasked[0])}/' to .amlignore, or '!{unasked[0]}' if the steps need it.",
        )


def _check_data(
    snapshot: Snapshot, raw_inputs: Collection[str], *, rehearsal: bool
) -> Iterator[Diagnostic]:
    """Report KAZ508, unless it is little and stays on this machine."""
    data = [f for f in snapshot.files if f.path.startswith("data/") and f.size]
    total = sum(f.size for f in data)
    if not data or (rehearsal and total < _LITTLE_DATA):
        return
    needless = [f for f in data if any(_lies_in(f.path, mount) for mount in raw_inputs)]
    inputs = f"; {len(needless)} of them the steps get as inputs of the job" if needless else ""
    yield Diagnostic(
        "KAZ508",
        f"The code snapshot holds {count(len(data), 'file')} of data/ ({size(total)}){inputs}. "
        "Each change in them keeps Azure ML from reusing a step.",
        # Kedro's own .gitignore has `data/**` and then `!data/**/`: to git that lets folders back
        # in, to Azure ML all that is in them.
        "Add 'data/' to .amlignore; 'kedro azureml init' writes one that has it.",
        severity="warning",
        where=snapshot.ignore_file or ".amlignore",
    )


def _check_folders(snapshot: Snapshot) -> Iterator[Diagnostic]:
    warning = partial(Diagnostic, severity="warning", where=snapshot.ignore_file or ".amlignore")
    if snapshot.rehearsal_folder:
        yield warning(
            "KAZ506",
            "Azure ML would upload the folder of rehearsals, .kedro_azureml, with the code.",
            "Add '.kedro_azureml/' to .amlignore; 'kedro azureml init' writes one that has it.",
        )
    if snapshot.linked_folders:
        yield warning(
            "KAZ505",
            f"{_names(snapshot.linked_folders)} is a link in an ignored folder; Azure ML "
            "applies the rules to where it leads, and uploads what is there.",
            "Remove the link, or list the folder it leads to in .amlignore.",
        )
    for problem in snapshot.problems:
        yield Diagnostic(
            "KAZ505",
            f"{problem.path} {problem.message}.",
            "Remove it, or list it in .amlignore.",
            where=problem.path,
        )


def _missing_from_snapshot(snapshot: Snapshot, project: LoadedProject) -> Iterator[Diagnostic]:
    names = {file.path for file in snapshot.files}
    ignored_by = snapshot.ignore_file
    package = f"{project.package.replace('.', '/')}/"
    if "pyproject.toml" not in names or not any(package in f"{n}" for n in names):
        missing = (
            "pyproject.toml" if "pyproject.toml" not in names else f"the package {project.package}"
        )
        yield Diagnostic(
            "KAZ507",
            f"The code snapshot lacks {missing}, so no step can start.",
            f"Take it out of {ignored_by}, or correct azure.code_directory."
            if ignored_by
            else "It must be the project's own folder.",
            where=ignored_by or "azureml.yml azure.code_directory",
        )
    # Nothing is kept out where nothing is ignored: the snapshot is of another folder.
    if ignored_by is None:
        return
    if not project.conf_source.is_relative_to(project.path):
        return
    source = project.conf_source.relative_to(project.path).as_posix()
    for environment in project.environments:
        folder = project.conf_source / environment
        if not folder.is_dir():
            continue
        own = [
            path.relative_to(project.path).as_posix()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stat().st_size and not path.name.startswith(".")
        ]
        lost = [p for p in own if p not in names and not _is_credentials_config(p)]
        if lost:
            yield Diagnostic(
                "KAZ504",
                f"{ignored_by} keeps {_names(lost)} out of the code snapshot, so the steps run "
                f"without that configuration.",
                f"Take it out of {ignored_by}, or move what the steps need to "
                f"{source}/{project.environments[0]}.",
                severity="warning",
                where=ignored_by,
            )


def personal_files(snapshot: Snapshot, project: LoadedProject) -> Iterator[SnapshotFile]:
    """Return the files of ``conf/local``, which Kedro keeps for one person."""
    if project.personal_environment is None:
        return
    folder = project.conf_source / project.personal_environment
    if folder.is_relative_to(snapshot.root):
        prefix = f"{folder.relative_to(snapshot.root).as_posix()}/"
        for file in snapshot.files:
            if file.path.startswith(prefix) and file.size and not _is_hidden(file.path):
                yield file


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _is_credentials_config(path: str) -> bool:
    return bool(re.search(r"(^|/)credentials[^/]*(/|\.)", path))


def _fullest_folder(paths: Iterable[str]) -> str:
    counts: dict[str, int] = {}
    for path in paths:
        top = path.split("/", 1)[0] + "/" if "/" in path else "./"
        counts[top] = counts.get(top, 0) + 1
    name, number = max(counts.items(), key=lambda item: item[1])
    return f"{name} ({number})"


def _names(paths: Sequence[str]) -> str:
    return listed(paths, _LISTED, quoted=False)
