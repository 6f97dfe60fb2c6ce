"""The datasets of a job: which step writes each, and where the catalog has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kedro.pipeline.node import Node

from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.naming import azure_names
from kedro_azureml.config.models.dataset import DatasetSettings, read_settings
from kedro_azureml.dataset_names import base_name, is_parameter
from kedro_azureml.datasets.location import Location, locate
from kedro_azureml.datasets.wrappers import AssetEntry, with_load_version
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.project.catalog import CatalogView


@dataclass(frozen=True)
class Dataset:
    """A dataset of the job; transcoded names are one.

    Attributes:
        name: Without its transcoding suffix.
        azure_name: Its name as an input or output.
        variants: The names that nodes use, for example ``table@pandas`` and ``table@spark``.
        configs: Each variant's catalog entry.
        location: Where it is, by the entry of the node that writes it, if any.
        producer: The step that writes it; None for a root.
        settings: What each variant's entry says to Azure ML.
        own_settings: What the entry says by which `location` is.
    """

    name: str
    azure_name: str
    variants: tuple[str, ...]
    configs: Mapping[str, Mapping[str, Any]]
    location: Location
    producer: str | None
    settings: Mapping[str, DatasetSettings]
    own_settings: DatasetSettings

    @property
    def own_variant(self) -> str:
        """The variant by which `location` and `own_settings` are."""
        return next(v for v in self.variants if self.settings[v] is self.own_settings)

    @property
    def registered_as(self) -> str | None:
        """What the workspace calls what the job writes, with placeholders."""
        asset = AssetEntry.of(self.configs[self.own_variant])
        return self.own_settings.register_as or (asset.name if asset else None)

    @property
    def is_published(self) -> bool:
        """Whether what the job writes is for people: an output with nothing but its files."""
        settings = self.own_settings
        says_type = settings.type is not None and settings.asset is None
        return bool(self.registered_as or settings.path or says_type)


def find_datasets(
    groups: Iterable[Group],
    catalog: CatalogView,
    project_path: Path,
    load_versions: Mapping[str, str],
) -> tuple[dict[str, Dataset], list[Diagnostic]]:
    """Find the datasets that nodes load or save, by name, and what is wrong with their settings.

    Args:
        groups: The nodes of each step.
        catalog: Where the datasets are.
        project_path: The Kedro project's root, absolute.
        load_versions: Dataset name to the version to load.
    """
    producers: dict[str, tuple[str, str]] = {}
    variants: dict[str, dict[str, None]] = {}
    for group in groups:
        for node in group.nodes:
            for name in (*node.inputs, *node.outputs):
                if not is_parameter(name):
                    variants.setdefault(base_name(name), {})[name] = None
            for name in node.outputs:
                producers[base_name(name)] = (group.name, name)
    names = azure_names(variants, "dataset")
    datasets: dict[str, Dataset] = {}
    # Several datasets may have one factory, whose mistake is one.
    problems: dict[str, Diagnostic] = {}
    for base, used in variants.items():
        configs = {
            variant: with_load_version(catalog.resolve(variant), load_versions.get(variant))
            for variant in used
        }
        settings: dict[str, DatasetSettings] = {}
        for variant, config in configs.items():
            settings[variant], wrong = read_settings(variant, config, catalog.place)
            for each in wrong:
                problems.setdefault(each.where or variant, each)
        producer, decisive = producers.get(base, (None, next(iter(used))))
        datasets[base] = Dataset(
            base,
            names[base],
            tuple(used),
            configs,
            locate(configs[decisive], project_path),
            producer,
            settings,
            settings[decisive],
        )
    return datasets, list(problems.values())


def dataset_names(nodes: Iterable[Node], side: Literal["inputs", "outputs"]) -> list[str]:
    """List the datasets that nodes load or save, each once, in order; no parameters."""
    names: dict[str, None] = {}
    for node in nodes:
        for name in getattr(node, side):
            if not is_parameter(name):
                names[name] = None
    return list(names)
