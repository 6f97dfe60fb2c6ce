"""What a job would upload from this machine: code folders, raw inputs, Docker build contexts."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import count, size
from kedro_azureml.job.model import Input, PipelineJob
from kedro_azureml.job.references import is_local
from kedro_azureml.job.snapshot.copying import copy_snapshot
from kedro_azureml.job.snapshot.listing import (
    Snapshot,
    dropped_data,
    list_data_folder,
    list_snapshot,
)

# Ten times what code usually takes; the SDK itself begins to warn at 100 MB.
LARGE_BYTES = 10 * 10**6
LARGE_COUNT = 2_000
_LARGEST_SHOWN = 10


@dataclass(frozen=True)
class RawInput:
    """A file or folder that is uploaded as an input of the job.

    Attributes:
        name: The job's input.
        path: As the document has it.
        source: Absolute.
        files: Relative path to size and time of last change, to see whether it changes meanwhile.
    """

    name: str
    path: str
    source: Path
    files: Mapping[str, tuple[int, int]]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(size for size, _ in self.files.values())


@dataclass(frozen=True)
class Context:
    """A Docker build context.

    Attributes:
        snapshot: What is uploaded of it.
        files: Relative path to size and time of last change, to see whether it changes meanwhile.
    """

    snapshot: Snapshot
    files: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Uploads:
    """Everything that a job uploads.

    Attributes:
        code: Code folder, as the document has it, to what is uploaded for it.
        inputs: The raw inputs.
        contexts: Build context of an environment, as the document has it, to what is uploaded.
    """

    code: Mapping[str, Snapshot]
    inputs: tuple[RawInput, ...]
    contexts: Mapping[str, Context] = field(default_factory=dict)

    def describe(self) -> Iterator[str]:
        """Yield a line for each upload; name the largest files where there is much."""
        for path, snapshot in self.code.items():
            shown = "the project" if path == "." else f"'{path}'"
            number = len(snapshot.files)
            yield f"Code of {shown}: {count(number, 'file')}, {size(snapshot.size)}"
            if snapshot.size > LARGE_BYTES or number > LARGE_COUNT:
                for file in sorted(snapshot.files, key=lambda f: -f.size)[:_LARGEST_SHOWN]:
                    yield f"  {size(file.size):>9}  {file.path}"
        for path, context in self.contexts.items():
            files = count(len(context.files), "file")
            yield f"Build context '{path}': {files}, {size(context.snapshot.size)}"
        for raw in self.inputs:
            shown = f", {count(len(raw.files), 'file')}" if raw.source.is_dir() else ""
            yield f"Input '{raw.name}': {raw.path}{shown}, {size(raw.size)}"

    def check_unchanged(self) -> None:
        """Make sure that no raw input was changed since.

        Raises:
            DiagnosticError: KAZ713.
        """
        for raw in self.inputs:
            if _fingerprint(raw.source) != raw.files:
                raise DiagnosticError(_changed(f"The input '{raw.path}'"))


@dataclass(frozen=True)
class UploadCopies:
    """Copies that nobody changes.

    Attributes:
        code: Code folder, as the document has it, to the copy.
        contexts: The absolute path of a build context to the copy.
    """

    code: Mapping[str, Path]
    contexts: Mapping[Path, Path]


def find_uploads(job: PipelineJob, base: Path) -> Uploads:
    """Look up on disk what a job uploads.

    Args:
        job: The document.
        base: The folder that its paths are relative to.

    Raises:
        DiagnosticError: Everything that cannot be uploaded, at once.
    """
    problems: list[Diagnostic] = []
    code: dict[str, Snapshot] = {}
    for name, step in job.jobs.items():
        path = step.component.code
        if path is None or path in code or not is_local(path):
            continue
        folder = base / path
        if not folder.is_dir():
            problems.append(_missing_code(path, name))
            continue
        code[path] = list_snapshot(folder)
        problems += code[path].diagnostics(path)
        if not code[path].files and not code[path].problems:
            problems.append(_empty_code(path, name))
    inputs: list[RawInput] = []
    for name, value in job.inputs.items():
        if isinstance(value, Input) and value.path and is_local(value.path):
            source = base / value.path
            problem = _input_problem(name, value, source)
            if problem:
                problems.append(problem)
            else:
                inputs.append(RawInput(name, value.path, source, _fingerprint(source)))
    contexts = dict(_find_contexts(job, base, problems))
    if problems:
        raise DiagnosticError(problems)
    return Uploads(code, tuple(inputs), contexts)


def _find_contexts(
    job: PipelineJob, base: Path, problems: list[Diagnostic]
) -> Iterator[tuple[str, Context]]:
    """Find the build contexts; a missing file of an environment is a problem."""
    seen: set[str] = set()
    for name, step in job.jobs.items():
        environment = step.component.environment
        if not isinstance(environment, dict):
            continue
        build = environment.get("build")
        folder = build.get("path") if isinstance(build, dict) else None
        for path in (folder, environment.get("conda_file")):
            if not isinstance(path, str) or path in seen or not is_local(path):
                continue
            seen.add(path)
            source = base / path
            if not source.exists():
                where = f"jobs.{name}.component.environment"
                problems.append(_missing_environment_file(path, where))
            elif path == folder:
                snapshot = list_data_folder(source)
                yield path, Context(snapshot, _times(snapshot))


@contextlib.contextmanager
def copied(uploads: Uploads) -> Iterator[UploadCopies]:
    """Copy code and build contexts, so that nothing changes while they are uploaded.

    Azure ML finds them again by a hash that is taken before the upload. A file that changes in
    between would leave other content under that hash, for every later job to find. The SDK takes a
    context's hash when it reads the document, so that may not have changed since it was listed.

    Yields:
        The copies.

    Raises:
        DiagnosticError: KAZ713, a file changed while it was copied.
    """
    with tempfile.TemporaryDirectory(prefix="kedro-azureml-") as scratch:
        code: dict[str, Path] = {}
        for number, (path, snapshot) in enumerate(uploads.code.items()):
            copy = _copy(
                snapshot, Path(scratch, str(number)), _times(snapshot), f"code in '{path}'"
            )
            # The ignore file is part of the copy. A link into another folder is not, and what the
            # rules make of its contents may differ: such code is uploaded from where it is.
            same = {f.path for f in list_snapshot(copy).files} == {f.path for f in snapshot.files}
            code[path] = copy if same else snapshot.root
        contexts: dict[Path, Path] = {}
        for number, (path, context) in enumerate(uploads.contexts.items()):
            folder = Path(scratch, f"context-{number}")
            what = f"build context '{path}'"
            copy = _copy(context.snapshot, folder, context.files, what)
            contexts[context.snapshot.root.resolve()] = copy
        yield UploadCopies(code, contexts)


def _copy(
    snapshot: Snapshot, folder: Path, files: Mapping[str, tuple[int, int]], what: str
) -> Path:
    # The folder's own name becomes part of the address in storage.
    copy = folder / (snapshot.root.resolve().name or "code")
    copy.mkdir(parents=True)
    copy_snapshot(snapshot, copy)
    if _times(snapshot) != files:
        raise DiagnosticError(_changed(f"The {what}"))
    return copy


def _times(snapshot: Snapshot) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for file in snapshot.files:
        with contextlib.suppress(OSError):
            status = file.source.stat()
            found[file.path] = (status.st_size, status.st_mtime_ns)
    return found


def _fingerprint(source: Path) -> dict[str, tuple[int, int]]:
    if not source.is_dir():
        status = source.stat()
        return {".": (status.st_size, status.st_mtime_ns)}
    return _times(list_data_folder(source))


def _changed(what: str) -> Diagnostic:
    return Diagnostic(
        "KAZ713",
        f"{what} changed while it was being uploaded. No job was submitted.",
        "Run the command again when nothing changes it.",
    )


def _missing_environment_file(path: str, where: str) -> Diagnostic:
    return Diagnostic(
        "KAZ121",
        f"'{path}', which an environment is made of, does not exist.",
        "Paths are relative to the document: keep the file where it was compiled.",
        where=where,
    )


def _missing_code(path: str, step: str) -> Diagnostic:
    return Diagnostic(
        "KAZ505",
        f"The code folder '{path}' does not exist.",
        "Paths are relative to the document: keep the file where it was compiled.",
        where=f"jobs.{step}.component.code",
    )


def _empty_code(path: str, step: str) -> Diagnostic:
    return Diagnostic(
        "KAZ505",
        f"Nothing in the code folder '{path}' would be uploaded.",
        "Correct .amlignore, or azure.code_directory.",
        where=f"jobs.{step}.component.code",
    )


def _input_problem(name: str, value: Input, source: Path) -> Diagnostic | None:
    where = f"inputs.{name}.path"
    if not source.exists():
        message = f"The input '{value.path}' does not exist."
        remedy = "Paths are relative to the document: keep the file where it was compiled."
    elif source.is_dir() != (value.type == "uri_folder"):
        kind = "folder" if source.is_dir() else "file"
        message = f"The input '{value.path}' is a {kind}, and its type is {value.type}."
        remedy = "Compile the document again."
    elif source.is_dir() and (
        dropped := dropped_data(list_data_folder(source), str(value.path), where)
    ):
        return dropped
    elif source.is_dir() and not list_data_folder(source).files:
        message = f"The input folder '{value.path}' holds no file that would be uploaded."
        remedy = "Azure ML cannot upload an empty folder: put the data there."
    elif not os.access(source, os.R_OK):
        message = f"The input '{value.path}' cannot be read."
        remedy = "Make it readable."
    else:
        return None
    return Diagnostic("KAZ302", message, remedy, where=where)
