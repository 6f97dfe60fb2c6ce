"""The datasets of a catalog that lie in Azure, to be fetched from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kedro_azureml.compiler.data.assets import Asset, asset_of
from kedro_azureml.config.models.dataset import SECTION, read_settings
from kedro_azureml.dataset_names import base_name, is_parameter
from kedro_azureml.datasets.location import locate
from kedro_azureml.datasets.wrappers import with_load_version
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.project.loaded import LoadedProject


@dataclass(frozen=True)
class CatalogAsset:
    """A dataset, and where its data is in Azure."""

    dataset: str
    asset: Asset
    where: str


def assets_in_catalog(
    project: LoadedProject, names: Sequence[str], load_versions: Mapping[str, str]
) -> list[CatalogAsset]:
    """Return the assets that catalog entries name; each path once.

    Args:
        project: The project.
        names: Datasets; all that name an asset, and that no node makes, if there is none.
        load_versions: Dataset name to the version to load.

    Raises:
        DiagnosticError: KAZ204 and KAZ107 for a name, KAZ311 for what an entry says.
    """
    known = _names(project)
    made = {base_name(n) for p in project.pipelines.values() for n in p.all_outputs()}
    problems: list[Diagnostic] = []
    found: dict[str, CatalogAsset] = {}
    for name in [*names, *load_versions]:
        if name not in {*known, *map(base_name, known)}:
            hint = nearest(name, map(base_name, known))
            problems.append(
                Diagnostic("KAZ204", f"The catalog has no dataset '{name}'.", hint, where=name)
            )
    for variant in known:
        # What a node makes is only fetched by its name.
        is_asked_for = {variant, base_name(variant)} & set(names)
        if not is_asked_for and (names or base_name(variant) in made):
            continue
        config = with_load_version(project.catalog.resolve(variant), load_versions.get(variant))
        settings, wrong = read_settings(variant, config, project.catalog.place)
        problems += wrong
        location = locate(config, project.path)
        if settings.asset is not None and location.paths:
            asset = asset_of(settings.asset, config, location, settings, project.path)
            where = project.catalog.place(variant)
            found.setdefault(asset.mount, CatalogAsset(variant, asset, where))
    bases = {base_name(each.dataset) for each in found.values()}
    if not problems:
        problems += [_no_asset(name) for name in names if base_name(name) not in bases]
    if problems:
        raise DiagnosticError(problems)
    return list(found.values())


def _names(project: LoadedProject) -> list[str]:
    used = {name for pipeline in project.pipelines.values() for name in pipeline.datasets()}
    return sorted(name for name in used | project.catalog.names if not is_parameter(name))


def _no_asset(name: str) -> Diagnostic:
    return Diagnostic(
        "KAZ107",
        f"The catalog says nothing of '{name}' in Azure, so there is nothing to fetch.",
        f"Name the asset in its entry, as {'.'.join(SECTION)}.asset.",
        where=name,
    )
