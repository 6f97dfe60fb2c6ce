"""A dataset that the shards of an earlier step wrote, each a part of its partitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kedro_azureml.distributed.shares import Shard
from kedro_azureml.formatting import one_line
from kedro_azureml.step.data.folders import FolderError, Manifest, check_folder
from kedro_azureml.step.data.publication import link_files
from kedro_azureml.step.errors import StepError


@dataclass(frozen=True)
class WrittenPart:
    """What one shard wrote.

    Attributes:
        shard: The shard.
        folder: Its folder.
        manifest: What it says of it.
    """

    shard: Shard
    folder: Path
    manifest: Manifest


def read_parts(dataset: str, folders: Sequence[str]) -> list[WrittenPart]:
    """Read what each shard wrote, and make sure that it is whole.

    Args:
        dataset: The dataset.
        folders: The folder of each shard, in their order.

    Raises:
        StepError: A folder is incomplete.
    """
    parts: list[WrittenPart] = []
    for number, folder in enumerate(map(Path, folders), 1):
        shard = Shard(number, len(folders))
        try:
            manifest = check_folder(folder, dataset)
        except FolderError as error:
            raise StepError(f"shard {shard}: {error}") from error
        if manifest.stored is not None:
            raise StepError(
                f"shard {shard} of '{dataset}' is in temporary storage, where shards write "
                "nothing: the job was compiled by another version of kedro-azureml; compile it "
                "again."
            )
        parts.append(WrittenPart(shard, folder, manifest))
    return parts


def read_partitions(dataset: str, folders: Sequence[str]) -> list[WrittenPart]:
    """Read what each shard wrote, and make sure that no two wrote the same.

    Args:
        dataset: The dataset, of partitions.
        folders: The folder of each shard, in their order.

    Raises:
        StepError: As `read_parts`; or two shards wrote one partition or file.
    """
    parts = read_parts(dataset, folders)
    for what, of_part in (("partition", _partitions), ("file", _files)):
        writers: dict[str, Shard] = {}
        for part in parts:
            for name in of_part(part):
                other = writers.setdefault(name, part.shard)
                if other != part.shard:
                    raise StepError(
                        f"the shards {other} and {part.shard} have both written the {what} "
                        f"'{one_line(name)}' of '{dataset}': a function that is sharded names "
                        "what it returns after what it is given, so that no two shards return the "
                        "same."
                    )
    return parts


def merge_all(merged: Mapping[str, Sequence[str]], target: Path) -> dict[str, Path]:
    """Lay out datasets of which shards wrote the parts; see `merge`.

    Args:
        merged: Dataset to the folder of each shard.
        target: A folder that does not exist.

    Returns:
        Dataset to the folder that has it all.
    """
    return {
        dataset: merge(dataset, folders, target / str(number))
        for number, (dataset, folders) in enumerate(merged.items())
    }


def merge(dataset: str, folders: Sequence[str], target: Path) -> Path:
    """Lay out what all shards wrote as one dataset, without a copy.

    Args:
        dataset: The dataset.
        folders: The folder of each shard, in their order.
        target: A folder that does not exist.

    Returns:
        The folder that has it all.

    Raises:
        StepError: As `read_partitions`; or what one shard calls a file is another's folder.
    """
    parts = read_partitions(dataset, folders)
    files = {name: part.folder / name for part in parts for name in part.manifest.files}
    for name in files:
        for parent in PurePosixPath(name).parents:
            if str(parent) in files:
                raise StepError(
                    f"'{one_line(str(parent))}' of '{dataset}' is a file that one shard has "
                    "written, and a folder that another has."
                )
    return link_files(files, target)


def _partitions(part: WrittenPart) -> Iterator[str]:
    yield from part.manifest.partitions


def _files(part: WrittenPart) -> Iterator[str]:
    yield from part.manifest.files
