"""Root datasets: what the first steps read, and what Azure ML has to upload for them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kedro_azureml.compiler.naming import azure_names
from kedro_azureml.datasets.location import LocalPath, locate
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.job.snapshot.listing import dropped_data, list_data_folder
from kedro_azureml.job.step_record import fits_into_command

if TYPE_CHECKING:
    from kedro_azureml.compiler.data.wiring import Dataset
    from kedro_azureml.project.catalog import CatalogView


@dataclass(frozen=True)
class RawInput:
    """A local file or folder that becomes an input of the pipeline.

    Attributes:
        name: The input's name.
        mount: The project-relative path at which the step finds it.
        source: Where it is now, absolute.
        type: Azure ML's type.
        size: Bytes.
    """

    name: str
    mount: str
    source: Path
    type: Literal["uri_file", "uri_folder"]
    size: int


@dataclass
class RawInputs:
    """The raw inputs of a job, each path once.

    Attributes:
        inputs: By `RawInput.mount`.
        of_dataset: Dataset name to what it needs.
        versions: Transcoded dataset name to the version that was found on disk.
        problems: KAZ301 to KAZ303.
    """

    inputs: dict[str, RawInput] = field(default_factory=dict)
    of_dataset: dict[str, list[RawInput]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True)
class _Wanted:
    dataset: Dataset
    variant: str
    path: LocalPath
    source: Path
    mount: str


def find_raw_inputs(
    roots: Iterable[Dataset],
    catalog: CatalogView,
    project_path: Path,
    local_inputs: Literal["upload", "code"],
    load_versions: Mapping[str, str],
    written: Mapping[str, str],
) -> RawInputs:
    """Look up on disk what the root datasets read.

    Args:
        roots: The datasets that no step makes.
        catalog: Where they are.
        project_path: The Kedro project's root, absolute.
        local_inputs: How they reach the job.
        load_versions: Dataset name to the version to load.
        written: Project-relative path to the dataset that the job writes there.
    """
    found = RawInputs()
    wanted: list[_Wanted] = []
    for dataset in roots:
        for variant in dataset.variants:
            location = locate(dataset.configs[variant], project_path)
            if location.kind == "object" and not catalog.is_filled(variant):
                found.problems.append(_missing_from_catalog(variant, catalog))
            for position, path in enumerate(location.paths):
                source = _source(path, project_path)
                version = _version_of(source, load_versions.get(variant), location.versioned)
                problem = _check_on_disk(variant, path, source, version, location.versioned)
                if problem:
                    # A second path may be something that a first run makes: a checkpoint.
                    if position == 0:
                        found.problems.append(_unless_made(problem, variant, path, written))
                    continue
                if path.is_external:
                    found.problems.append(_outside(variant, path))
                mount = path.relative
                if version:
                    source, mount = source / version, f"{mount}/{version}"
                    found.versions[variant] = version
                if local_inputs == "upload" or path.is_external:
                    wanted.append(_Wanted(dataset, variant, path, source, mount))
    _assign(wanted, found)
    return found


def overlap(one: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _version_of(source: Path, asked: str | None, versioned: bool) -> str | None:
    """Return the version of a versioned dataset that is read."""
    return asked or newest_version(source) if versioned and source.is_dir() else None


def newest_version(folder: Path) -> str | None:
    """The newest version of a versioned dataset: ``<folder>/<version>/<folder's name>``."""
    versions = [p.parent.name for p in folder.glob(f"*/{_glob_escaped(folder.name)}")]
    return max(versions, default=None)


def _assign(wanted: list[_Wanted], found: RawInputs) -> None:
    """Name each path after the first dataset that reads it, with the argument if several."""
    labels: dict[str, str] = {}
    for item in wanted:
        if item.mount in labels:
            continue
        label = item.dataset.name
        if label in labels.values():
            label = f"{label}.{item.path.keys[-1]}"
        if label in labels.values():
            label = f"{item.dataset.name}.{item.mount}"
        labels[item.mount] = label
    # A root and a dataset of the same job never share a name, so one naming serves both.
    own = {item.dataset.name: item.dataset.azure_name for item in wanted}
    extra = azure_names((label for label in labels.values() if label not in own), "input")
    for item in wanted:
        raw = found.inputs.get(item.mount)
        if raw is None:
            label = labels[item.mount]
            raw = RawInput(
                own.get(label) or extra[label],
                item.mount,
                item.source,
                "uri_folder" if item.source.is_dir() else "uri_file",
                sum(_sizes(item.source)),
            )
            found.inputs[item.mount] = raw
        needed = found.of_dataset.setdefault(item.dataset.name, [])
        if raw not in needed:
            needed.append(raw)


def _source(path: LocalPath, project_path: Path) -> Path:
    if path.is_external:
        return (project_path / path.value.removeprefix("file://").removeprefix("file:")).resolve()
    return project_path / path.relative


def _sizes(path: Path) -> Iterator[int]:
    if path.is_dir():
        for root, _, names in os.walk(path, followlinks=True):
            for name in names:
                file = Path(root, name)
                if file.exists():
                    yield file.stat().st_size
    else:
        yield path.stat().st_size


def _check_on_disk(
    name: str, path: LocalPath, source: Path, version: str | None, versioned: bool
) -> Diagnostic | None:
    shown = path.value if path.is_external else path.relative
    if not source.exists():
        return Diagnostic(
            "KAZ302",
            f"The dataset '{name}' is read from '{shown}', which does not exist.",
            "Put the file there, or select a part of the pipeline that makes it.",
            where=f"catalog {name}",
        )
    if versioned and (version is None or not (source / version).is_dir()):
        wanted = f"version '{version}' of it" if version else "a version of it"
        return Diagnostic(
            "KAZ302",
            f"The dataset '{name}' is versioned, and {wanted} is not below '{shown}'.",
            "Run the pipeline that writes it, or name a version with --load-versions.",
            where=f"catalog {name}",
        )
    if source.is_file() and not fits_into_command(source.name):
        return Diagnostic(
            "KAZ401",
            f"The dataset '{name}' is read from '{shown}', whose name no command can hold: "
            "Azure ML puts it there unquoted.",
            "Rename the file, without the quote.",
            where=f"catalog {name}",
        )
    if source.is_dir():
        return _check_folder(name, shown, source)
    return None


def _check_folder(name: str, shown: str, source: Path) -> Diagnostic | None:
    """Say what keeps the data of a folder from the job."""
    if not any(names for _, _, names in os.walk(source, followlinks=True)):
        return Diagnostic(
            "KAZ302",
            f"The dataset '{name}' is read from the folder '{shown}', which holds no file.",
            "Azure ML cannot upload an empty folder: put the data there.",
            where=f"catalog {name}",
        )
    return dropped_data(list_data_folder(source), shown, f"catalog {name}")


def _missing_from_catalog(name: str, catalog: CatalogView) -> Diagnostic:
    where = f"catalog {name}"
    message = f"The pipeline reads '{name}', which no selected node makes and"
    if name not in catalog.names:
        suggestion = nearest(name, catalog.names)
        hint = suggestion if suggestion.startswith("Did") else ""
        remedy = f"{hint} Add it to the catalog, or select the nodes that make it.".strip()
        return Diagnostic(
            "KAZ301", f"{message} which the catalog does not hold.", remedy, where=where
        )
    message += " whose entry in the catalog is a memory dataset without data."
    remedy = "Give it an entry that says where its data is, or select the nodes that make it."
    if catalog.may_be_filled_late(name):
        message += " It fails unless a hook of the project puts it there before the pipeline runs."
        return Diagnostic("KAZ301", message, remedy, severity="warning", where=where)
    return Diagnostic("KAZ301", message, remedy, where=where)


def _maker_of(path: LocalPath, written: Mapping[str, str]) -> str | None:
    return next((n for place, n in written.items() if overlap(path.relative, place)), None)


def _unless_made(
    problem: Diagnostic, variant: str, path: LocalPath, written: Mapping[str, str]
) -> Diagnostic:
    """Return the problem, or the one that explains it: the job itself writes there."""
    maker = _maker_of(path, written)
    return _made_too_late(variant, path, maker) if maker else problem


def _made_too_late(name: str, path: LocalPath, maker: str) -> Diagnostic:
    return Diagnostic(
        "KAZ309",
        f"The dataset '{name}' is read from '{path.relative}', where nothing is yet. This job "
        f"writes '{maker}' there under another name, which the reader does not get.",
        "Let the reader's node take the dataset that is written, by its own name.",
        where=f"catalog {name}",
    )


def _outside(name: str, path: LocalPath) -> Diagnostic:
    return Diagnostic(
        "KAZ303",
        f"The dataset '{name}' is read from '{path.value}', outside the project.",
        "It is uploaded from there, so the compiled file works on this machine only: move the data "
        "into the project, or to a storage account.",
        severity="warning",
        where=f"catalog {name}",
    )


def _glob_escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
