"""Checks of a job's datasets: can other machines reach them, and in the right order?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro.pipeline import Pipeline

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.dataset_names import base_name
from kedro_azureml.datasets.location import appends, locate
from kedro_azureml.datasets.paths import overlap
from kedro_azureml.datasets.recalled import is_kept_by_mlflow
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.project.loaded import LoadedProject

_SQLITE = re.compile(r"^(sqlite|duckdb)(\+\w+)?:///(?!:memory:)")


def check_confirms(
    pipeline: Pipeline, datasets: Mapping[str, Dataset], project: LoadedProject
) -> Iterator[Diagnostic]:
    """Report KAZ305: ``confirms`` writes next to the data, which a step mounts read-only."""
    for node in pipeline.nodes:
        for name in node.confirms:
            dataset = datasets.get(base_name(name))
            config = dataset.configs.get(name) if dataset else None
            location = locate(config or project.catalog.resolve(name), project.path)
            if location.kind == "local":
                yield Diagnostic(
                    "KAZ305",
                    f"The node '{node.name}' confirms '{name}', which writes a checkpoint into the "
                    "dataset's own folder; in a step that folder is a read-only input.",
                    "Keep the dataset in a storage account, or leave 'confirms' out and run this "
                    "part with 'kedro run'.",
                    where=f"node {node.name}",
                )


def check_datasets(wiring: Wiring) -> Iterator[Diagnostic]:
    """Report KAZ304 and KAZ306: data that another machine could not reach."""
    crossing = {dataset.name for step in wiring.steps for dataset in step.inputs}
    for dataset in wiring.datasets.values():
        for variant, config in dataset.configs.items():
            connection = _local_database(config)
            if connection:
                yield Diagnostic(
                    "KAZ304",
                    f"The dataset '{variant}' is in a database file on this machine "
                    f"({connection.split(':', 1)[0]}).",
                    "Each step runs on a machine of its own: use a database server, or a dataset "
                    "with a file path.",
                    severity="warning",
                    where=f"catalog {variant}",
                )
        config = dataset.configs[dataset.variants[0]]
        obscure = (
            dataset.location.kind == "remote"
            and not dataset.location.evident
            and not is_kept_by_mlflow(config)
        )
        if obscure and dataset.name in crossing and not _local_database(config):
            yield Diagnostic(
                "KAZ304",
                f"Nothing in the catalog entry of '{dataset.name}' ({_type_name(config['type'])}) "
                "says where its data is, so it is taken to be reachable from every step.",
                "If it is on this machine's disk, give its class the path as an argument.",
                severity="warning",
                where=f"catalog {dataset.name}",
            )


def check_paths(wiring: Wiring) -> Iterator[Diagnostic]:
    """Report KAZ308 and KAZ309: files of which a step sees less than `kedro run` does."""
    for dataset in wiring.datasets.values():
        if dataset.producer is None or dataset.location.kind != "local":
            continue
        if any(appends(config) for config in dataset.configs.values()):
            yield Diagnostic(
                "KAZ308",
                f"The dataset '{dataset.name}' adds to its file, and a step starts with an empty "
                "folder: only what this job adds will be in it.",
                "Save whole files, for example one a run (versioned: true), or keep the dataset in "
                "a database.",
                severity="warning",
                where=f"catalog {dataset.name}",
            )
    written = wiring.written
    for mount, raw in wiring.raw_inputs.items():
        if raw.address is not None:
            continue
        for path, name in written.items():
            # What is written beside a version that was asked for takes nothing from it.
            if overlap(mount, path) and mount not in wiring.chosen:
                yield from _check_order(wiring, mount, name)


def _check_order(wiring: Wiring, mount: str, name: str) -> Iterator[Diagnostic]:
    """Report KAZ309, unless a path is read only before a dataset is written there."""
    writer = str(wiring.datasets[name].producer)
    before = wiring.steps_before(writer)
    where = f"catalog {name}"
    unordered = False
    for step in wiring.steps:
        if not any(raw.mount == mount for raw in step.raw_inputs):
            continue
        reader = step.group.name
        if reader in before or (reader == writer and len(step.group.nodes) == 1):
            continue
        if writer in wiring.steps_before(reader):
            yield Diagnostic(
                "KAZ309",
                f"The step '{reader}' reads '{mount}' as it was before the job, although "
                f"'{writer}' writes '{name}' there before: it would get old data.",
                "Let the reader's node take the dataset that is written, by its own name.",
                where=where,
            )
            return
        unordered = True
    if unordered:
        yield Diagnostic(
            "KAZ309",
            f"The job reads '{mount}' as it is now, and also writes '{name}' there under "
            "another name: the reader does not get what the job writes.",
            "Use one catalog entry for both, so that the order is known.",
            severity="warning",
            where=where,
        )


def _local_database(value: Any) -> str | None:
    """Return an SQLite or DuckDB address anywhere in a resolved entry, or None."""
    if isinstance(value, Mapping):
        for inner in value.values():
            address = _local_database(inner)
            if address:
                return address
    return value if isinstance(value, str) and _SQLITE.match(value) else None


def _type_name(kind: Any) -> str:
    return kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
