"""Copies an output out of blob storage as single blobs, so that many can be under way.

The SDK copies one after the other, and each through memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from azure.storage.blob import ContainerClient

from kedro_azureml.azure.connect.sdk_private import BlobFolder
from kedro_azureml.azure.connect.transport import PatientTransport

# Of a blob that does not come in one answer, so many parts are under way.
_PARTS = 4
_FOLDER = "hdi_isfolder"


@dataclass(frozen=True)
class OutputBlob:
    """A blob, and the file that it is copied to."""

    container: ContainerClient
    name: str
    target: Path

    def copy(self, transport: PatientTransport) -> None:
        """Write the file.

        Raises:
            KeyboardInterrupt: Whoever wanted the file does not want it any more.
        """

        def check(*_: Any) -> None:
            if transport.abandoned:
                raise KeyboardInterrupt

        check()
        self.target.parent.mkdir(parents=True, exist_ok=True)
        with self.target.open("wb") as file:
            self.container.download_blob(
                self.name, max_concurrency=_PARTS, progress_hook=check
            ).readinto(file)


def list_blobs(source: BlobFolder, folder: Path, transport: PatientTransport) -> list[OutputBlob]:
    """List what is to be copied below a folder, and make the empty folders in it.

    Args:
        source: Where the output lies.
        folder: Where its files go. No name of a blob leads out of it.
        transport: Repeats what fails.
    """
    container = ContainerClient(
        source.account,
        source.container,
        credential=source.credential,
        transport=transport,
        retry_total=0,
    )
    root = folder.resolve()
    # Of names that lead to one file the last one counts; two threads would mix them.
    names: dict[Path, str] = {}
    for blob in container.list_blobs(name_starts_with=source.prefix, include=["metadata"]):
        for target in _target(source.prefix, blob.name, root):
            if (blob.metadata or {}).get(_FOLDER):
                target.mkdir(parents=True, exist_ok=True)
            else:
                names[target] = blob.name
    return [OutputBlob(container, name, target) for target, name in names.items()]


def _target(prefix: str, name: str, root: Path) -> Iterator[Path]:
    """Yield the file that a blob becomes, if it is one of this output's and stays below `root`."""
    rest = name.removeprefix(prefix)
    if rest and not prefix.endswith("/") and not rest.startswith("/"):
        # Another output, whose name begins like this one's.
        return
    target = Path(root, rest.lstrip("/") or PurePosixPath(prefix).name).resolve()
    if target != root and target.is_relative_to(root):
        yield target
