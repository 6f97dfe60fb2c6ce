"""What becomes of a job's outputs in the workspace, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kedro_azureml.job.export import Export
from kedro_azureml.job.model import MODELS, PipelineJob
from kedro_azureml.job.registered import registered_outputs
from kedro_azureml.job.run.model import RegisteredOutput


def results_of(job: PipelineJob) -> Iterator[str]:
    """Yield what a job registers and exports, a line each."""
    export = Export.in_tags(job.tags)
    for line in registered(registered_outputs(job), export):
        yield f"Registers {line}."
    if export is not None:
        yield f"Exports to {exported(export)}."


def registered(outputs: Iterable[RegisteredOutput], export: Export | None) -> Iterator[str]:
    """Yield a line for each output that is registered, but for the export."""
    for output in outputs:
        if export is None or output.dataset or output.name != export.asset:
            yield f"'{output.dataset or output.output}' as {_named(output)}"


def exported(export: Export) -> str:
    """Return where the results are put together, and as what."""
    named = f", as the data asset '{export.asset}'" if export.asset else ""
    return f"{export.path}{named}"


def _named(asset: RegisteredOutput) -> str:
    kind = "model" if asset.type in MODELS else "data asset"
    return f"the {kind} '{asset.name}'{f' ({asset.type})' if asset.type else ''}"
