"""Datasets that a job publishes: outputs that hold a dataset's files and nothing else.

Which they are stands in their catalog entries. `kedro_azureml.step.data.publication` makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.naming import name_beside
from kedro_azureml.config.models.dataset import SECTION
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.data_address import BadAddressError
from kedro_azureml.job.model import MODELS, DataType, Output
from kedro_azureml.job.output_path import asset_name, filled, is_fixed
from kedro_azureml.project.catalog import CatalogView

# kedro-mlflow's that save one: MlflowModelLocalFileSystemDataset, MlflowModelTrackingDataset.
_MLFLOW_MODELS = "MlflowModel"
_MANIFEST_OF = "manifest_of_"


@dataclass(frozen=True)
class PublishedDataset:
    """A dataset that a job publishes.

    Attributes:
        manifest_name: The output that holds its manifest; its files are in the one of its own name.
        output: What the document says of its files.
    """

    manifest_name: str
    output: Output


@dataclass
class Publications:
    """All that a job publishes.

    Attributes:
        of: By dataset.
        problems: KAZ322 to KAZ326.
    """

    of: dict[str, PublishedDataset] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def named(self, name: str) -> str | None:
        """Return the dataset that becomes a data asset of a name; None if none does."""
        outputs = {dataset: published.output for dataset, published in self.of.items()}
        return next(
            (d for d, o in outputs.items() if o.name == name and o.type not in MODELS), None
        )

    @property
    def manifest_names(self) -> set[str]:
        """The names of the outputs that hold manifests."""
        return {published.manifest_name for published in self.of.values()}

    def types_of(self, dataset: Dataset) -> dict[str, DataType]:
        """Return the outputs that hold a dataset, with their types: its manifest, its files."""
        published = self.of.get(dataset.name)
        if published is None:
            return {dataset.azure_name: "uri_folder"}
        return {
            published.manifest_name: "uri_folder",
            dataset.azure_name: published.output.type,
        }

    def manifest_name(self, dataset: Dataset) -> str:
        """Return the name of the output that holds a dataset's manifest."""
        published = self.of.get(dataset.name)
        return published.manifest_name if published else dataset.azure_name


def find_publications(
    wiring: Wiring,
    catalog: CatalogView,
    placeholders: Mapping[str, str],
    written_somewhere: Collection[str],
    for_components: Mapping[str, DataType] | None = None,
) -> Publications:
    """Find what the steps publish.

    Args:
        wiring: The data of the job.
        catalog: Knows where entries stand.
        placeholders: What stands in place of ``{job}`` and ``{pipeline}``.
        written_somewhere: Datasets that a node of any pipeline writes.
        for_components: Datasets that no entry asks to publish, and that components read as files of
            a type.
    """
    publications = Publications()
    for_components = for_components or {}
    taken = {dataset.azure_name for dataset in wiring.datasets.values()}
    taken |= {raw.name for raw in wiring.raw_inputs.values()}
    for dataset in wiring.datasets.values():
        kind = for_components.get(dataset.name)
        if not dataset.is_published and kind is None:
            continue
        problems = list(_check(dataset, catalog, written_somewhere))
        publications.problems += problems
        if problems or dataset.producer is None:
            continue
        try:
            output = _output(dataset, placeholders, kind)
        except BadAddressError as error:
            publications.problems.append(refused(error, _where(dataset, catalog, "register")))
            continue
        name = name_beside(_MANIFEST_OF, dataset.azure_name, taken)
        taken.add(name)
        publications.of[dataset.name] = PublishedDataset(name, output)
        if output.path is not None and is_fixed(output.path):
            where = _where(dataset, catalog, "path")
            publications.problems.append(fixed_path(output.path, output.type, where))
    publications.problems += _check_names(wiring, publications, catalog)
    return publications


def fixed_path(path: str, kind: DataType, where: str) -> Diagnostic:
    """Report KAZ326."""
    consequence = (
        "the file that an earlier version of the asset is would be overwritten"
        if kind == "uri_file"
        else "Azure ML refuses a folder that is not empty"
    )
    return Diagnostic(
        "KAZ326",
        f"Every run writes to '{path}', and {consequence}.",
        "Add {date} to the path.",
        severity="warning",
        where=where,
    )


def _output(dataset: Dataset, placeholders: Mapping[str, str], kind: DataType | None) -> Output:
    """Return what the document says of a dataset's files.

    Raises:
        BadAddressError: The name of the asset cannot be had.
    """
    settings = dataset.own_settings
    registered_as = dataset.registered_as
    name = registered_as and asset_name(registered_as, placeholders)
    path = settings.path and filled(settings.path, placeholders)
    return Output(type=settings.type or kind or _default_type(dataset), name=name, path=path)


def _default_type(dataset: Dataset) -> DataType:
    return "mlflow_model" if _is_mlflow_model(dataset) else "uri_folder"


def _is_mlflow_model(dataset: Dataset) -> bool:
    kind: Any = dataset.configs[dataset.own_variant]["type"]
    name = kind if isinstance(kind, str) else kind.__name__
    return name.rpartition(".")[2].startswith(_MLFLOW_MODELS)


def _check(
    dataset: Dataset, catalog: CatalogView, written_somewhere: Collection[str]
) -> Iterator[Diagnostic]:
    """Report KAZ323 and KAZ325: what cannot be published, or not as its entry says."""
    settings = dataset.own_settings
    key = "register" if dataset.registered_as else "path" if settings.path else "type"
    where = _where(dataset, catalog, key)
    if dataset.producer is None:
        if settings.register_as and dataset.name not in written_somewhere:
            yield Diagnostic(
                "KAZ325",
                f"'{dataset.name}' is to be registered, and no node writes it.",
                "To read a registered asset, write 'asset' instead of 'register'.",
                severity="warning",
                where=where,
            )
        return
    if dataset.location.kind == "object":
        yield Diagnostic(
            "KAZ325",
            f"'{dataset.name}' is in memory only, so there is no file that could be registered.",
            "Give its catalog entry a type that saves files, and a path.",
            where=where,
        )
    elif dataset.location.kind == "remote":
        yield Diagnostic(
            "KAZ325",
            f"'{dataset.name}' is not in the job: its catalog entry keeps it elsewhere.",
            "Use kedro-mlflow's MlflowModelLocalFileSystemDataset, or let MLflow register it: "
            "save_args: {registered_model_name: NAME}."
            if _is_mlflow_model(dataset)
            else "Give its catalog entry a path in the project, or leave this out.",
            where=where,
        )
    elif problem := _type_problem(dataset):
        yield Diagnostic("KAZ323", problem, _TYPES, where=_where(dataset, catalog, "type"))


_TYPES = "Expected uri_folder, uri_file, custom_model or, for a model of MLflow's, mlflow_model."


def _type_problem(dataset: Dataset) -> str | None:
    kind = dataset.own_settings.type
    if kind == "mltable":
        return f"'{dataset.name}' would have to write an MLTable file, which no dataset does."
    folder = any(path.keys[-1] == "path" for path in dataset.location.paths)
    if kind == "uri_file" and (folder or _is_mlflow_model(dataset)):
        return f"'{dataset.name}' is a folder, and its type is uri_file."
    if kind == "mlflow_model" and folder:
        return f"'{dataset.name}' is a folder of partitions, and its type is mlflow_model."
    return None


def _check_names(
    wiring: Wiring, publications: Publications, catalog: CatalogView
) -> Iterator[Diagnostic]:
    """Report KAZ324: two datasets under one name."""
    first: dict[tuple[bool, str], str] = {}
    for name, published in publications.of.items():
        output = published.output
        if output.name is None:
            continue
        other = first.setdefault((output.type in MODELS, output.name), name)
        if other != name:
            where = _where(wiring.datasets[name], catalog, "register")
            yield one_name(f"'{other}'", f"'{name}'", output.name, where)


def one_name(one: str, other: str, name: str, where: str) -> Diagnostic:
    """Report KAZ324."""
    return Diagnostic(
        "KAZ324",
        f"Both {one} and {other} are registered as '{name}'.",
        "Give each a name of its own: one job makes one version of an asset.",
        where=where,
    )


def refused(error: BadAddressError, where: str) -> Diagnostic:
    """Report KAZ322."""
    return Diagnostic("KAZ322", error.message, error.remedy, where=where)


def _where(dataset: Dataset, catalog: CatalogView, key: str) -> str:
    return catalog.place(dataset.own_variant, (*SECTION, key))
