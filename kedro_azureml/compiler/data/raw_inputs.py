"""Root datasets: what the first steps read, and what Azure ML has to upload for them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kedro_azureml.compiler.data.assets import Asset, find_assets
from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.raw_input_checks import (
    check_on_disk,
    made_too_late,
    missing_from_catalog,
    outside_project,
)
from kedro_azureml.compiler.naming import azure_names
from kedro_azureml.datasets.location import locate
from kedro_azureml.datasets.paths import LocalPath
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import DataType, InputMode
from kedro_azureml.project.catalog import CatalogView


@dataclass(frozen=True)
class RawInput:
    """A file or folder that becomes an input of the pipeline.

    Attributes:
        name: The input's name.
        mount: The project-relative path at which the step finds it.
        source: Where it is on this machine, absolute; of an asset, where its copy belongs.
        type: Azure ML's type.
        size: How many bytes are to be uploaded.
        address: Where it is in Azure, as the document has it; None if it is uploaded from here.
        mode: How a step gets it; None for Azure ML's own way.
    """

    name: str
    mount: str
    source: Path
    type: DataType
    size: int
    address: str | None = None
    mode: InputMode | None = None


@dataclass
class RawInputs:
    """The raw inputs of a job, each path once.

    Attributes:
        inputs: By `RawInput.mount`.
        of_dataset: Dataset name to what it needs.
        versions: Transcoded dataset name to the version that was found on disk.
        problems: KAZ301 to KAZ303, KAZ312 to KAZ314.
    """

    inputs: dict[str, RawInput] = field(default_factory=dict)
    of_dataset: dict[str, list[RawInput]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True)
class _Source:
    """A path of a root dataset; the version is that of a versioned dataset on disk."""

    dataset: Dataset
    variant: str
    path: LocalPath
    base: Path
    version: str | None
    asset: Asset | None = None

    @property
    def on_disk(self) -> Path:
        return self.base / self.version if self.version else self.base

    @property
    def mount(self) -> str:
        if self.asset is not None:
            return self.asset.mount
        return f"{self.path.relative}/{self.version}" if self.version else self.path.relative


def find_raw_inputs(
    roots: Iterable[Dataset],
    catalog: CatalogView,
    project_path: Path,
    local_inputs: Literal["upload", "code"],
    load_versions: Mapping[str, str],
    written: Mapping[str, str],
    *,
    needs_copies: bool = False,
) -> RawInputs:
    """Look up on disk what the root datasets read, and in the catalog which of it Azure ML has.

    Args:
        roots: The datasets that no step makes.
        catalog: Where they are.
        project_path: The Kedro project's root, absolute.
        local_inputs: How they reach the job.
        load_versions: Dataset name to the version to load.
        written: Project-relative path to the dataset that the job writes there.
        needs_copies: Whether assets are read from their local copies, as a rehearsal does.
    """
    roots = list(roots)
    assets, problems = find_assets(
        roots, project_path, load_versions, catalog.place, needs_copies=needs_copies
    )
    raw_inputs = RawInputs(problems=problems)
    sources: list[_Source] = []
    for dataset, variant in ((root, variant) for root in roots for variant in root.variants):
        location = locate(dataset.configs[variant], project_path)
        if location.kind == "object" and not catalog.is_filled(variant):
            raw_inputs.problems.append(missing_from_catalog(variant, catalog))
        for position, path in enumerate(location.paths):
            if asset := assets.get(path.relative):
                sources.append(_Source(dataset, variant, path, asset.source, None, asset))
                continue
            base = _location(path, project_path)
            version = None
            if location.versioned and base.is_dir():
                version = load_versions.get(variant) or newest_version(base)
            problem = check_on_disk(variant, path, base, version, location.versioned)
            if problem is None:
                sources.append(_Source(dataset, variant, path, base, version))
            elif position == 0:
                # A second path may be something that a first run makes: a checkpoint.
                raw_inputs.problems.append(made_too_late(variant, path, written) or problem)
    raw_inputs.problems += [
        outside_project(s.variant, s.path)
        for s in sources
        if s.path.is_external and s.asset is None
    ]
    raw_inputs.versions = {s.variant: s.version for s in sources if s.version}
    uploads = local_inputs == "upload"
    _add(raw_inputs, [s for s in sources if uploads or s.path.is_external or s.asset])
    return raw_inputs


def newest_version(folder: Path) -> str | None:
    """Find the newest version of a versioned dataset: ``<folder>/<version>/<folder's name>``."""
    versions = [p.parent.name for p in folder.glob(f"*/{_glob_escaped(folder.name)}")]
    return max(versions, default=None)


def _add(raw_inputs: RawInputs, sources: list[_Source]) -> None:
    """Name each path after the first dataset that reads it, with the argument if several."""
    labels: dict[str, str] = {}
    for source in sources:
        if source.mount in labels:
            continue
        label = source.dataset.name
        if label in labels.values():
            label = f"{label}.{source.path.keys[-1]}"
        if label in labels.values():
            label = f"{source.dataset.name}.{source.mount}"
        labels[source.mount] = label
    # A root and a dataset of the same job never share a name, so one naming serves both.
    own = {source.dataset.name: source.dataset.azure_name for source in sources}
    extra = azure_names((label for label in labels.values() if label not in own), "input")
    for source in sources:
        raw = raw_inputs.inputs.get(source.mount)
        if raw is None:
            label = labels[source.mount]
            raw = _raw_input(own.get(label) or extra[label], source)
            raw_inputs.inputs[source.mount] = raw
        needed = raw_inputs.of_dataset.setdefault(source.dataset.name, [])
        if raw not in needed:
            needed.append(raw)


def _raw_input(name: str, source: _Source) -> RawInput:
    asset = source.asset
    if asset is not None:
        return RawInput(name, asset.mount, asset.source, asset.type, 0, asset.address, asset.mode)
    is_folder = source.on_disk.is_dir()
    return RawInput(
        name,
        source.mount,
        source.on_disk,
        "uri_folder" if is_folder else "uri_file",
        sum(_sizes(source.on_disk)),
    )


def _location(path: LocalPath, project_path: Path) -> Path:
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


def _glob_escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
