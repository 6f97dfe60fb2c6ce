"""A hash of all that a job is made of: documents, code, configuration and data of this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.azure.submit.uploads import RawInput, Uploads
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.snapshot.files import SnapshotFile
from kedro_azureml.job.snapshot.listing import list_data_folder

_LENGTH = 32
_BLOCK = 1 << 20


@dataclass(frozen=True)
class UploadHashes:
    """What a job uploads.

    Attributes:
        code: A hash of its code folders.
        data: A hash of its raw inputs.
        environments: A hash of build contexts and of conda files.
    """

    code: str
    data: str
    environments: str

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return self.code, self.data, self.environments


def hash_uploads(uploads: Uploads, without: Collection[Path]) -> UploadHashes:
    """Read everything that is uploaded.

    Args:
        uploads: What is uploaded.
        without: Files of the code that no step reads.

    Raises:
        DiagnosticError: KAZ713, a file cannot be read.
    """
    code = (
        (f"{path}/{file.path}", file.source)
        for path, snapshot in uploads.code.items()
        for file in snapshot.files
        if file.source not in without
    )
    contexts = (
        (f"{path}/{file.path}", file.source)
        for path, context in uploads.contexts.items()
        for file in context.snapshot.files
    )
    return UploadHashes(
        _of_files(code),
        _of_files(_files_of(uploads.inputs)),
        _of_files([*contexts, *_files_of(uploads.environment_files)]),
    )


def content_hash(*texts: str) -> str:
    """Return one hash of several texts, between which nothing can be moved."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(hashlib.sha256(text.encode()).digest())
    return whole.hexdigest()[:_LENGTH]


def _files_of(inputs: Iterable[RawInput]) -> Iterator[tuple[str, Path]]:
    for raw in inputs:
        if raw.source.is_dir():
            files: Iterable[SnapshotFile] = list_data_folder(raw.source).files
            yield from ((f"{raw.name}/{file.path}", file.source) for file in files)
        else:
            yield raw.name, raw.source


def _of_files(files: Iterable[tuple[str, Path]]) -> str:
    whole = hashlib.sha256()
    for name, source in sorted(files):
        one = hashlib.sha256()
        try:
            with source.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    one.update(block)
        except OSError as error:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ713",
                    f"'{name}' cannot be read: {error.strerror or error}.",
                    "Make it readable, and run the command again.",
                )
            ) from error
        whole.update(name.encode("utf-8", "surrogateescape") + b"\0" + one.digest())
    return whole.hexdigest()[:_LENGTH]
