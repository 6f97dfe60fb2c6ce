"""What the combinations of a sweep would all write to one place, which no job can copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kedro_azureml.compiler.data.job_datasets import dataset_names
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.sweep.copies import StepCopy
from kedro_azureml.dataset_names import base_name
from kedro_azureml.datasets.location import appends
from kedro_azureml.datasets.recalled import is_kept_by_mlflow
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.step_record import StepRecord

_REMEDY = "Give its catalog entry a path in the project"


def places_shared(
    wiring: Wiring,
    copies: Mapping[str, Sequence[StepCopy]],
    records: Mapping[str, StepRecord],
    where: str,
) -> Iterator[Diagnostic]:
    """Report KAZ264 for datasets that lie elsewhere, and that several combinations write.

    Args:
        wiring: The data of the job.
        copies: The copies of each step that has some.
        records: What each step runs.
        where: Where the sweep stands, for findings.
    """
    # A shard has a name of its own, and its node's name in its record.
    copied = {
        node
        for name, its in copies.items()
        if name in records and len(its) > 1
        for node in records[name].nodes
    }
    nodes = [node for step in wiring.steps for node in step.group.nodes]
    read = set(map(base_name, dataset_names(nodes, "inputs")))
    written = dataset_names((node for node in nodes if node.name in copied), "outputs")
    for name in dict.fromkeys(map(base_name, written)):
        dataset = wiring.datasets[name]
        config = dataset.configs[dataset.own_variant]
        # Each combination has an MLflow run of its own, which keeps what MLflow's datasets save.
        if dataset.location.kind != "remote" or is_kept_by_mlflow(config):
            continue
        if name in read:
            yield Diagnostic(
                "KAZ264",
                f"Each combination writes '{name}' to the same place, and what reads it would "
                "find that of any other one.",
                f"{_REMEDY}: data then passes through outputs of the job.",
                where=where,
            )
        elif not dataset.location.versioned and not appends(config):
            yield Diagnostic(
                "KAZ264",
                f"Each combination writes '{name}' to the same place: what the last one writes "
                "stays there.",
                f"{_REMEDY}, unless writing only adds to what is there.",
                severity="warning",
                where=where,
            )
