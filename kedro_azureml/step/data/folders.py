"""The folders of a step: what upstream wrote, what this step writes, and raw inputs.

Every folder that crosses steps holds a manifest, so that none is empty (Azure ML has no empty
folders) and a reader can tell a truncated upload from a whole one.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from kedro_azureml.distributed.shares import Shard
from kedro_azureml.formatting import one_line
from kedro_azureml.job.file_names import is_in_folder

logger = logging.getLogger(__package__)
MANIFEST = "_manifest.json"
_VERSION = 1
_MOST_PARTS = 1_000
_Kind = Literal["object", "local", "remote"]


class FolderError(Exception):
    """A folder is missing, incomplete or not one of ours; the message says which and why."""


@dataclass(frozen=True)
class Manifest:
    """What a step wrote for one dataset.

    Attributes:
        dataset: The Kedro dataset's name, without its transcoding suffix; empty of what is none
            until it is combined with others.
        kind: ``object`` (pickled), ``local`` (the dataset's own files, at their project-relative
            paths) or ``remote`` (the data is elsewhere; the folder only marks the order).
        files: Relative POSIX path to size in bytes.
        stored: The key in temporary storage under which the data is; None when it is here.
        storage: The address of that storage's container.
        appends: Whether the dataset adds to its file, of which this is only the part that the step
            added.
        root: The dataset's own folder, or the folder around its file, as a project-relative path.
            In a publication, which holds the files alone, `root` is the top; if the publication is
            one file, `root` is that file.
        partitions: The partitions that a shard has saved: others must not have the same.
        parts: How many shards have a folder in this one, with what each wrote; see `part_folders`.
    """

    dataset: str
    kind: _Kind
    files: dict[str, int]
    version: int = _VERSION
    appends: bool = False
    stored: str | None = None
    storage: str | None = None
    root: str = ""
    partitions: tuple[str, ...] = ()
    parts: int = 0

    def inside(self, file: str) -> PurePosixPath:
        """Return where one of the files lies below `root`.

        Raises:
            ValueError: It lies elsewhere.
        """
        if not is_in_folder(file):
            raise ValueError(file)
        return PurePosixPath(file).relative_to(self.root)

    @property
    def place(self) -> tuple[str, str] | None:
        """The address of the container and the key in it; None when the data is here."""
        return (self.storage or "", self.stored) if self.stored is not None else None

    def key_in(self, container: str | None) -> str:
        """Return the key of data in temporary storage.

        A manifest is data of whoever wrote it: it cannot choose where a login is sent to.

        Args:
            container: The address that the job's own record names.

        Raises:
            FolderError: The manifest names another container.
        """
        if self.storage is not None and self.storage != container:
            own = f"the job's own is {container}" if container else "the job has none"
            raise FolderError(
                f"the manifest of '{self.dataset}' names the storage {one_line(self.storage)}, and "
                f"{own}. Nothing was asked of it"
            )
        return self.stored or ""


def list_files(folder: Path) -> dict[str, int]:
    """List every file below a folder but the manifest: relative POSIX path to bytes.

    A link to nothing holds no data: it is left out, and the log says so.
    """
    sizes: dict[str, int] = {}
    for root, _, names in os.walk(folder, followlinks=True):
        for name in names:
            path = Path(root, name)
            relative = path.relative_to(folder).as_posix()
            if not path.exists():
                logger.warning("'%s' is a link to nothing, and is left out.", one_line(relative))
            elif relative != MANIFEST:
                sizes[relative] = path.stat().st_size
    return dict(sorted(sizes.items()))


def is_unstorable(name: str) -> bool:
    """Tell whether storage would keep a file under another name: a backslash divides folders."""
    return "\\" in name


def write_manifest(
    folder: Path,
    dataset: str,
    kind: _Kind,
    *,
    appends: bool = False,
    files: dict[str, int] | None = None,
    stored: tuple[str, str] | None = None,
    root: str = "",
    partitions: Iterable[str] = (),
    parts: int = 0,
) -> Manifest:
    """Describe what lies in the folder now, or the files that were put elsewhere.

    Args:
        folder: The folder.
        dataset: The dataset's name.
        kind: How it travels.
        appends: Whether the dataset adds to its file.
        files: The files, if they are not in the folder.
        stored: The address of the container and the key in it, if they are there.
        root: See `Manifest`.
        partitions: See `Manifest`.
        parts: See `Manifest`.
    """
    url, key = stored or (None, None)
    manifest = Manifest(
        dataset,
        kind,
        list_files(folder) if files is None else files,
        appends=appends,
        stored=key,
        storage=url,
        root=root,
        partitions=tuple(partitions),
        parts=parts,
    )
    text = json.dumps(asdict(manifest), indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest.

    Raises:
        FolderError: There is none, or it cannot be read.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != _VERSION:
            raise FolderError(
                f"{path} has format {data['version']}; this version of kedro-azureml reads "
                f"format {_VERSION}. Run every step with the same version."
            )
        return _manifest(data)
    except FileNotFoundError:
        raise FolderError(
            f"{folder} has no {MANIFEST}: the step that writes it has not finished, or its output "
            "was not uploaded."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FolderError(f"{path} cannot be read: {error}") from error


def _manifest(data: dict[str, Any]) -> Manifest:
    """Make a manifest of what a file says.

    Raises:
        TypeError: A value is of another type than a manifest has.
    """
    stored, storage, files = data.get("stored"), data.get("storage"), data["files"]
    root, partitions = data.get("root", ""), data.get("partitions", [])
    texts = (data["dataset"], data["kind"], stored or "", storage or "", root, *partitions)
    if not all(isinstance(text, str) for text in texts) or data["kind"] not in get_args(_Kind):
        raise TypeError("a value is not of the type that a manifest has")
    if not isinstance(files, dict) or not all(isinstance(size, int) for size in files.values()):
        raise TypeError("a value is not of the type that a manifest has")
    parts = data.get("parts", 0)
    is_number = isinstance(parts, int) and 0 <= parts <= _MOST_PARTS
    if not isinstance(partitions, list) or not is_number:
        raise TypeError("a value is not of the type that a manifest has")
    appends = bool(data.get("appends"))
    return Manifest(
        data["dataset"],
        data["kind"],
        files,
        data["version"],
        appends,
        stored,
        storage,
        root,
        tuple(partitions),
        parts,
    )


def part_folders(manifest: Manifest, folder: Path) -> list[Path]:
    """Return the folders of the shards that have all written into one; none of any other output."""
    return [folder / shard.name for shard in Shard.all_of(manifest.parts)]


def check_folder(folder: Path, dataset: str, publication: Path | None = None) -> Manifest:
    """Make sure that a folder from upstream is whole.

    Args:
        folder: The folder, which has the manifest.
        dataset: The dataset.
        publication: Where the files are, if they are not in the folder.

    Raises:
        FolderError: A file is missing or has another size than when it was written.
    """
    try:
        manifest = read_manifest(folder)
    except FolderError as error:
        raise FolderError(f"dataset '{dataset}': {error}") from error
    if manifest.stored is not None:
        return manifest
    for name, size in manifest.files.items():
        if publication is None and not is_in_folder(name):
            raise FolderError(
                f"dataset '{dataset}' is not what its manifest says: '{one_line(name)}' is no path "
                "in a folder."
            )
        path = folder / name if publication is None else _published(manifest, name, publication)
        if not path.is_file():
            raise FolderError(f"dataset '{dataset}' is incomplete: {path} is missing.")
        if path.stat().st_size != size:
            raise FolderError(
                f"dataset '{dataset}' is incomplete: {path} has {path.stat().st_size} bytes, "
                f"{size} were written."
            )
    return manifest


def _published(manifest: Manifest, name: str, publication: Path) -> Path:
    try:
        return publication / manifest.inside(name)
    except ValueError as error:
        raise FolderError(
            f"dataset '{manifest.dataset}' is not what its manifest says: '{name}' does not lie in "
            f"'{manifest.root}'."
        ) from error


def link_mounts(mounts: Mapping[str, str], root: Path) -> dict[str, Path]:
    """Lay raw inputs out at their project-relative paths, as links below folders of `root`.

    A versioned dataset then finds ``<path>/<version>/<name>`` although Azure ML mounts the version
    folder under a name of its own. Each input has a folder to itself, because one dataset may be
    a file in the folder that is another.

    Returns:
        Project-relative path to the folder that it is laid out in.

    Raises:
        FolderError: An input is not where Azure ML said.
    """
    roots: dict[str, Path] = {}
    for number, (relative, target) in enumerate(mounts.items()):
        roots[relative] = root / str(number)
        link = roots[relative] / relative
        link.parent.mkdir(parents=True, exist_ok=True)
        if not Path(target).exists():
            raise FolderError(f"the raw input '{relative}' is not at {target}.")
        link.symlink_to(Path(target).absolute(), target_is_directory=Path(target).is_dir())
    return roots
