"""What becomes of a job's outputs in the workspace, in words."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.job.export import Export
from kedro_azureml.job.run.model import RegisteredOutput, Run

_MODELS = {"mlflow_model", "custom_model"}


def registered(run: Run) -> Iterator[str]:
    """Yield a line for each output that is registered, but for the export."""
    for asset in run.assets:
        if run.export is None or asset.dataset or asset.name != run.export.asset:
            yield f"'{asset.dataset or asset.output}' as {_named(asset)}"


def exported(export: Export) -> str:
    """Return where the results are put together, and as what."""
    named = f", as the data asset '{export.asset}'" if export.asset else ""
    return f"{export.path}{named}"


def _named(asset: RegisteredOutput) -> str:
    kind = "model" if asset.type in _MODELS else "data asset"
    return f"the {kind} '{asset.name}' ({asset.type})"
