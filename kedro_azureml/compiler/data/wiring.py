"""The edges of a job: what each step reads, from where, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kedro_azureml.compiler.data.job_datasets import Dataset, dataset_names, find_datasets
from kedro_azureml.compiler.data.raw_inputs import RawInput, find_raw_inputs
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.dataset_names import base_name
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.project.catalog import CatalogView


@dataclass(frozen=True)
class StepWiring:
    """What one step reads and writes.

    Attributes:
        group: Its nodes.
        inputs: What earlier steps wrote.
        outputs: What leaves it: what other steps read, what nobody reads, and declared files.
        unread: Those of its outputs that no other step reads.
        raw_inputs: The raw inputs that it mounts.
        load_versions: Dataset to the version that it loads.
    """

    group: Group
    inputs: tuple[Dataset, ...]
    outputs: tuple[Dataset, ...]
    unread: frozenset[str]
    raw_inputs: tuple[RawInput, ...]
    load_versions: Mapping[str, str]


@dataclass
class Wiring:
    """All data of a job.

    Attributes:
        steps: In the order of the groups.
        datasets: By name.
        raw_inputs: By the path in the project.
        chosen: Those of these paths that are versions which the user asked for.
        problems: What was raw_inputs on the way.
    """

    steps: list[StepWiring] = field(default_factory=list)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    raw_inputs: dict[str, RawInput] = field(default_factory=dict)
    chosen: set[str] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)

    @property
    def written(self) -> dict[str, str]:
        """Map each project-relative path to the dataset that the job writes there."""
        return {
            path.relative: dataset.name
            for dataset in self.datasets.values()
            if dataset.producer is not None and dataset.location.kind == "local"
            for path in dataset.location.paths
        }

    @property
    def names(self) -> set[str]:
        """The names of all inputs and outputs."""
        raw = {raw.name for raw in self.raw_inputs.values()}
        return raw | {dataset.azure_name for dataset in self.datasets.values()}

    def steps_before(self, name: str) -> set[str]:
        """Return the steps that have ended when a step begins."""
        needs = {
            step.group.name: {str(dataset.producer) for dataset in step.inputs}
            for step in self.steps
        }
        before: set[str] = set()
        ahead = [name]
        while ahead:
            new = needs[ahead.pop()] - before
            before |= new
            ahead += new
        return before


def wire(
    groups: list[Group],
    catalog: CatalogView,
    project_path: Path,
    *,
    local_inputs: Literal["upload", "code"],
    load_versions: Mapping[str, str],
    keep_files: bool = True,
    needs_copies: bool = False,
) -> Wiring:
    """Find every edge of the job and every raw input.

    Args:
        groups: The nodes of each step.
        catalog: Where the datasets are.
        project_path: The Kedro project's root, absolute.
        local_inputs: How raw inputs reach the job.
        load_versions: Dataset name to the version to load.
        keep_files: Whether a declared file that only its own step reads is an output too.
        needs_copies: Whether assets are read from their local copies, as a rehearsal does.
    """
    wiring = Wiring()
    wiring.datasets, wiring.problems = find_datasets(groups, catalog, project_path, load_versions)
    consumed, inside = _consumed(groups, wiring.datasets)
    roots = [dataset for dataset in wiring.datasets.values() if dataset.producer is None]
    raw_inputs = find_raw_inputs(
        roots,
        catalog,
        project_path,
        local_inputs,
        load_versions,
        wiring.written,
        needs_copies=needs_copies,
    )
    wiring.problems += raw_inputs.problems
    wiring.raw_inputs = raw_inputs.inputs
    wiring.chosen = {
        raw.mount
        for root in roots
        if not load_versions.keys().isdisjoint(root.variants)
        for raw in raw_inputs.of_dataset.get(root.name, ())
    }
    for group in groups:
        inputs: dict[str, Dataset] = {}
        outputs: dict[str, Dataset] = {}
        raw: dict[str, RawInput] = {}
        versions: dict[str, str] = {}
        for name in dataset_names(group.nodes, "inputs"):
            dataset = wiring.datasets[base_name(name)]
            if dataset.producer is None:
                for raw_input in raw_inputs.of_dataset.get(dataset.name, ()):
                    raw[raw_input.mount] = raw_input
            elif dataset.producer != group.name:
                inputs[dataset.name] = dataset
            version = raw_inputs.versions.get(name) or load_versions.get(name)
            if version and dataset.producer is None:
                versions[name] = version
        for name in dataset_names(group.nodes, "outputs"):
            dataset = wiring.datasets[base_name(name)]
            if dataset.name in consumed or _is_kept(dataset, inside, keep_files):
                outputs[dataset.name] = dataset
        wiring.steps.append(
            StepWiring(
                group,
                tuple(inputs.values()),
                tuple(outputs.values()),
                frozenset(outputs) - consumed,
                tuple(raw.values()),
                versions,
            )
        )
    return wiring


def _consumed(groups: list[Group], datasets: Mapping[str, Dataset]) -> tuple[set[str], set[str]]:
    """Find the datasets that another step reads, and those that their own step reads."""
    elsewhere: set[str] = set()
    inside: set[str] = set()
    for group in groups:
        for name in dataset_names(group.nodes, "inputs"):
            producer = datasets[base_name(name)].producer
            if producer is not None:
                (inside if producer == group.name else elsewhere).add(base_name(name))
    return elsewhere, inside


def _is_kept(dataset: Dataset, inside: set[str], keep_files: bool) -> bool:
    """Tell whether a dataset that no other step reads leaves its step."""
    if dataset.is_published and dataset.location.kind == "local":
        return True
    if dataset.location.kind == "local":
        return keep_files or dataset.name not in inside
    return dataset.location.kind == "object" and dataset.name not in inside
