"""Finds and fetches the outputs of a job, by the names of the Kedro datasets behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.datastore import use_storage
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.jobs.downloaded_output import DownloadedOutput
from kedro_azureml.azure.progress import Counted, Progress
from kedro_azureml.azure.submit.preflight import THREADS
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.references import AssetReference
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.job.step_record import StepRecord

# azure-ai-ml, JobOperations.download.
_NAMED_OUTPUTS = "named-outputs"


@dataclass(frozen=True)
class StepOutput:
    """An output of a step.

    Attributes:
        dataset: The Kedro dataset behind it.
        name: The output's name on Azure ML.
        step: The step.
        is_result: Whether nobody stores it: ``kedro run`` would return it to its caller.
        record: What the step is.
    """

    dataset: str
    name: str
    step: RunStep
    is_result: bool
    record: StepRecord

    @property
    def storage(self) -> str | None:
        """The address of the container that the step's data may be in; None without one."""
        return self.record.storage


def outputs_of(
    connection: Connection, job: Any, steps: Mapping[str, RunStep]
) -> dict[str, StepOutput]:
    """Return every dataset that a job's steps write, by name.

    A step's record tells which output is which dataset; it stands in the step's component.
    """
    components = {name: getattr(node, "component", None) for name, node in job.jobs.items()}
    distinct = {c for c in components.values() if isinstance(c, str)}
    with ThreadPoolExecutor(THREADS) as pool, explained("reading the steps of the job"):
        read = pool.map(lambda component: _record(connection, component), distinct)
        records = dict(zip(distinct, read, strict=True))
    outputs: dict[str, StepOutput] = {}
    for name, step in steps.items():
        component = components.get(name)
        record = records.get(component) if isinstance(component, str) else None
        if record is not None:
            for dataset, output in record.output_names.items():
                is_result = dataset in record.results
                outputs[dataset] = StepOutput(dataset, output, step, is_result, record)
    return outputs


def choose(
    outputs: Mapping[str, StepOutput], names: Sequence[str], job_name: str
) -> tuple[list[StepOutput], list[StepOutput]]:
    """Choose the named outputs, or all: those that are ready, and those that are not.

    Raises:
        DiagnosticError: KAZ204 for names that the job does not write, KAZ714 for named ones that
            are not there yet.
    """
    problems = [
        Diagnostic(
            "KAZ204",
            f"The job writes no dataset '{name}'.",
            nearest(name, outputs) or "It writes none at all.",
            where=f"dataset {name}",
        )
        for name in names
        if name not in outputs
    ]
    wanted = [outputs[n] for n in names if n in outputs] if names else list(outputs.values())
    ready = [output for output in wanted if output.step.status == "Completed"]
    waiting = [output for output in wanted if output.step.status != "Completed"]
    if names:
        problems += [_not_ready(output, job_name) for output in waiting]
    if problems:
        raise DiagnosticError(problems)
    return ready, waiting


def fetch(
    connection: Connection, outputs: Iterable[StepOutput], folder: Path, progress: Progress
) -> list[DownloadedOutput]:
    """Download outputs, each into a folder of its own below `folder`."""
    wanted = list(outputs)
    counted = Counted(progress, "Downloading", len(wanted))

    def one(number: int, output: StepOutput) -> DownloadedOutput:
        target = folder / str(number)
        use_storage(
            connection,
            f"downloading '{output.dataset}'",
            lambda: connection.ml.jobs.download(
                output.step.run, download_path=target, output_name=output.name
            ),
        )
        counted.one_more()
        path = target / _NAMED_OUTPUTS / output.name
        return DownloadedOutput(output.dataset, output.step.name, path, output.storage)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(len(wanted)), wanted))


def _record(connection: Connection, component: str) -> StepRecord | None:
    """Return what a registered component runs, by its id or its ``name:version``."""
    asset = AssetReference.of_id(component)
    registered = connection.ml.components.get(asset.name, version=asset.version)
    return StepRecord.from_command(str(getattr(registered, "command", "")))


def _not_ready(output: StepOutput, job_name: str) -> Diagnostic:
    return Diagnostic(
        "KAZ714",
        f"The step '{output.step.name}' has not completed ({output.step.status}), so "
        f"'{output.dataset}' is not there.",
        f"Look at it: kedro azureml job show {job_name}",
        where=f"dataset {output.dataset}",
    )
