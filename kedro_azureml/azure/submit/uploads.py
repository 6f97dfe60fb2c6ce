"""What a job would upload from this machine: code folders, raw inputs, Docker build contexts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kedro_azureml.azure.submit.upload_problems import (
    empty_code,
    environment_file_problem,
    input_problem,
    missing_code,
    missing_environment_file,
)
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import count, size
from kedro_azureml.job.expressions import is_binding
from kedro_azureml.job.model import BoundInput, Input, PipelineJob
from kedro_azureml.job.references import is_local
from kedro_azureml.job.snapshot.copying import copy_snapshot, let_in
from kedro_azureml.job.snapshot.listing import (
    Snapshot,
    list_data_folder,
    list_snapshot,
)
from kedro_azureml.scratch import scratch_folder

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
        where: Its place in the document.
    """

    name: str
    path: str
    source: Path
    files: Mapping[str, tuple[int, int]]
    where: str = ""

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
        environment_files: Conda files, whose text becomes part of an environment.
        code_files: Code folder, as the document has it, to the size and the time of last change of
            each of its files: what goes up was searched for secrets as it was then.
    """

    code: Mapping[str, Snapshot]
    inputs: tuple[RawInput, ...]
    contexts: Mapping[str, Context] = field(default_factory=dict)
    environment_files: tuple[RawInput, ...] = ()
    code_files: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)

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
        for raw in self.environment_files:
            yield f"Environment file: {raw.path}, {size(raw.size)}"
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
            problems.append(missing_code(path, name))
            continue
        code[path] = list_snapshot(folder)
        problems += code[path].diagnostics(path)
        if not code[path].files and not code[path].problems:
            problems.append(empty_code(path, name))
    inputs: list[RawInput] = []
    for name, path, kind, where in _local_inputs(job):
        source = base / path
        problem = input_problem(path, kind, source, where)
        if problem:
            problems.append(problem)
        else:
            inputs.append(RawInput(name, path, source, _fingerprint(source), where))
    contexts, files = _find_environments(job, base, problems)
    if problems:
        raise DiagnosticError(problems)
    times = {path: _times(snapshot) for path, snapshot in code.items()}
    return Uploads(code, tuple(inputs), contexts, files, times)


def _local_inputs(job: PipelineJob) -> Iterator[tuple[str, str, str | None, str]]:
    """Yield each input of this machine: its name, path and type, and its place in the document."""
    for name, value in job.inputs.items():
        if isinstance(value, Input) and value.path and is_local(value.path):
            yield name, value.path, value.type, f"inputs.{name}.path"
    for step_name, step in job.jobs.items():
        for name, bound in step.inputs.items():
            # The compiler writes none of these, but the SDK uploads them.
            if (
                isinstance(bound, BoundInput)
                and not is_binding(bound.path)
                and is_local(bound.path)
            ):
                where = f"jobs.{step_name}.inputs.{name}.path"
                yield f"{step_name}.{name}", bound.path, bound.type, where


def _find_environments(
    job: PipelineJob, base: Path, problems: list[Diagnostic]
) -> tuple[dict[str, Context], tuple[RawInput, ...]]:
    """Find build contexts and conda files; a missing one is a problem."""
    contexts: dict[str, Context] = {}
    files: dict[str, RawInput] = {}
    for name, step in job.jobs.items():
        environment = step.component.environment
        if not isinstance(environment, dict):
            continue
        where = f"jobs.{name}.component.environment"
        build = environment.get("build")
        folder = build.get("path") if isinstance(build, dict) else None
        for path in (folder, environment.get("conda_file")):
            if not isinstance(path, str) or path in (*contexts, *files) or not is_local(path):
                continue
            source = base / path
            if not source.exists():
                problems.append(missing_environment_file(path, where))
            elif path == folder:
                snapshot = list_data_folder(source)
                contexts[path] = Context(snapshot, _times(snapshot))
            elif problem := environment_file_problem(path, source, where):
                problems.append(problem)
            else:
                files[path] = RawInput(path, path, source, _fingerprint(source), where)
    return contexts, tuple(files.values())


@contextlib.contextmanager
def copied(uploads: Uploads) -> Iterator[UploadCopies]:
    """Copy code and build contexts, so that nothing changes while they are uploaded.

    Azure ML finds them again by a hash that is taken before the upload. A file that changes in
    between would leave other content under that hash, for every later job to find. The SDK takes a
    context's hash when it reads the document, so that may not have changed since it was listed.

    Yields:
        The copies.

    Raises:
        DiagnosticError: KAZ713, a file changed after it was listed; KAZ505, the copy cannot be
            uploaded as it was listed.
    """
    with scratch_folder() as scratch:
        code: dict[str, Path] = {}
        for number, (path, snapshot) in enumerate(uploads.code.items()):
            listed = uploads.code_files[path]
            copy = _copy(snapshot, Path(scratch, str(number)), listed, f"code in '{path}'")
            let_in(snapshot, copy)
            code[path] = copy
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
