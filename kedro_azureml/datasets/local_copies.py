"""Local copies of what lies in Azure: where they are, and which version each of them is.

``kedro run`` and a rehearsal read them. The record of what was fetched is kept in the project's
local folder, never beside the data, where a dataset of a folder would read it.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from kedro_azureml.datasets.paths import on_disk
from kedro_azureml.job.local_folder import LOCAL_FOLDER, make_local_folder
from kedro_azureml.job.references import LATEST, AssetReference

_RECORD = "data.json"
# The version that a node writes here, of an asset that a job on Azure ML registers.
WRITTEN_HERE = "local"


@dataclass(frozen=True)
class Fetched:
    """What was fetched to one place.

    Attributes:
        address: As the catalog names it, in the form of a document.
        version: Which version that was; None of what has none.
        files: Each file below the place ("." for the place itself) to its SHA-256.
        time: When, as seconds since 1970.
    """

    address: str
    version: str | None
    files: Mapping[str, str]
    time: float


def read_record(project: Path) -> dict[str, Fetched]:
    """Return what was fetched into a project, by project-relative place; empty if unreadable."""
    try:
        data = json.loads((project / LOCAL_FOLDER / _RECORD).read_text(encoding="utf-8"))
        return {str(place): Fetched(**fetched) for place, fetched in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def add_to_record(project: Path, place: str, fetched: Fetched) -> None:
    """Note what was fetched to a place.

    Raises:
        OSError: It cannot be written.
    """
    record = {**read_record(project), place: fetched}
    folder = project / LOCAL_FOLDER
    make_local_folder(folder)
    partial = folder / f"{_RECORD}.part"
    data = {name: asdict(each) for name, each in record.items()}
    partial.write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")
    partial.replace(folder / _RECORD)


def find_copy(project: Path, mount: str, address: str) -> Path | None:
    """Return where the copy of an input is; None if there is none.

    Args:
        project: The project's root.
        mount: The project-relative path at which a step finds the input.
        address: Where the input is in Azure, as the document has it.
    """
    path = on_disk(mount, project)
    if path.exists():
        return path
    reference = AssetReference.parse(address)
    parts = PurePosixPath(mount).parts
    for index, (name, version) in enumerate(itertools.pairwise(parts)):
        # The folder of an AzureMLAssetDataset, below which each version has one of its own.
        if reference is not None and (name, version) == (reference.name, LATEST):
            folder = on_disk("/".join(parts[: index + 1]), project)
            own = reference.version or newest_copy(project, folder)
            path = folder.joinpath(own or LATEST, *parts[index + 2 :])
            return path if path.exists() else None
    return None


def copy_place(mount: str, address: str) -> str:
    """Return the project-relative place for the copy of an input, whose version is known now.

    Args:
        mount: The project-relative path at which a step finds the input.
        address: Where the input is in Azure, with its version if it is an asset.
    """
    reference = AssetReference.parse(address)
    parts = list(PurePosixPath(mount).parts)
    for index, pair in enumerate(itertools.pairwise(parts)):
        if reference and reference.version and pair == (reference.name, LATEST):
            parts[index + 1] = reference.version
    return str(PurePosixPath(*parts))


def fetched_version(project: Path, place: str) -> str | None:
    """Return the version that was fetched to a place; None if none was, or not by a version."""
    fetched = read_record(project).get(place)
    return fetched.version if fetched else None


def newest_copy(project: Path, folder: Path) -> str | None:
    """Return the version that ``latest`` means here: the folder of it, below the asset's own.

    It is the one that was fetched as the latest at last, else the highest one that there is.
    """
    if not folder.is_dir():
        return None
    there = {child.name for child in folder.iterdir() if child.is_dir()}
    fetched = [
        (each.time, each.version)
        for place, each in read_record(project).items()
        if each.address.endswith(f"@{LATEST}")
        and each.version in there
        and on_disk(place, project).is_relative_to(folder)
    ]
    if fetched:
        return max(fetched)[1]
    return max(there - {WRITTEN_HERE}, key=_natural, default=None) or next(iter(there), None)


def _natural(version: str) -> list[tuple[int, str]]:
    """Order "10" after "9"."""
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", version)]
