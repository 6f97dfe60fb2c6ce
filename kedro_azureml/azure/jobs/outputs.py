"""Finds and fetches the outputs of a job, by the names of the Kedro datasets behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.datastore import use_storage
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.jobs.downloaded_output import DownloadedOutput
from kedro_azureml.azure.jobs.output_blobs import OutputBlob, list_blobs
from kedro_azureml.azure.parallel import in_parallel
from kedro_azureml.azure.progress import Counted, Progress
from kedro_azureml.azure.submit.preflight import THREADS
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.model import MODELS
from kedro_azureml.job.references import AssetReference
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import labelled

# azure-ai-ml, JobOperations.download.
_NAMED_OUTPUTS = "named-outputs"
# azure-ai-ml, PipelineConstants.
_IS_REUSED, _REUSED = "azureml.isreused", "azureml.reusedrunid"
_TRANSFERS_AT_ONCE = 16


@dataclass(frozen=True)
class StepOutput:
    """An output of a step.

    Attributes:
        dataset: The Kedro dataset behind it.
        name: The output's name on Azure ML; of a published dataset, that of its manifest.
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
    def label(self) -> str:
        """What people call it: its dataset, with the values that it is for."""
        return labelled(self.dataset, self.step.combination)

    @property
    def publication(self) -> str | None:
        """The name of the output that has the files alone, if the step publishes the dataset."""
        return self.record.published_names.get(self.dataset)

    @property
    def published_type(self) -> str | None:
        """Azure ML's type of what is published."""
        published = self.record.publish.get(self.dataset)
        return published.type if published else None

    @property
    def storage(self) -> str | None:
        """The address of the container that the step's data may be in; None without one."""
        return self.record.storage


def outputs_of(
    connection: Connection, job: Any, steps: Mapping[str, RunStep]
) -> dict[str, list[StepOutput]]:
    """Return every dataset that a job's steps write, by name; of a sharded node, each part of it.

    A step's record tells which output is which dataset; it stands in the step's component.
    """
    components = {name: _component_of(node) for name, node in job.jobs.items()}
    distinct = {c for c in components.values() if isinstance(c, str)}
    with ThreadPoolExecutor(THREADS) as pool, explained("reading the steps of the job"):
        read = pool.map(lambda component: _record(connection, component), distinct)
        records = dict(zip(distinct, read, strict=True))
    outputs: dict[str, list[StepOutput]] = {}
    for name, step in steps.items():
        component = components.get(name)
        record = records.get(component) if isinstance(component, str) else None
        if record is not None:
            for dataset, output in record.output_names.items():
                is_result = dataset in record.results
                found = StepOutput(dataset, output, step, is_result, record)
                outputs.setdefault(found.label, []).append(found)
    return outputs


def choose(
    outputs: Mapping[str, Sequence[StepOutput]], names: Sequence[str], job_name: str
) -> tuple[list[StepOutput], list[StepOutput]]:
    """Choose the named outputs, or all: those that are ready, and those that are not.

    A dataset is ready when all its parts are.

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
    ready: list[StepOutput] = []
    waiting: list[StepOutput] = []
    for parts in wanted:
        missing = [part for part in parts if part.step.status != "Completed"]
        waiting += missing
        ready += () if missing else parts
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
    roots = [folder / str(number) for number in range(len(wanted))]
    with ThreadPoolExecutor(THREADS) as pool:
        listed = pool.map(partial(_transfers, connection), wanted, roots)
        transfers = [transfer for each in listed for transfer in each]
    counted = Counted(progress, "Downloading", len(transfers))

    def carry_out(transfer: _Transfer) -> None:
        use_storage(connection, transfer.activity, transfer.action)
        counted.one_more()

    in_parallel(connection, carry_out, transfers, _TRANSFERS_AT_ONCE)
    return [
        DownloadedOutput(
            output.dataset,
            output.step.name,
            _folder_of(output.name, root),
            output.storage,
            _folder_of(output.publication, root) if output.publication else None,
            output.step.combination,
        )
        for output, root in zip(wanted, roots, strict=True)
    ]


@dataclass(frozen=True)
class _Transfer:
    """A part of a download: one file where that is possible, else the whole output."""

    activity: str
    action: Callable[[], None]


def _transfers(connection: Connection, output: StepOutput, root: Path) -> list[_Transfer]:
    """Say what is to be done to download an output."""
    activity = f"downloading '{output.label}'"
    found = use_storage(connection, activity, partial(_blobs, connection, output, root))
    transfers: list[_Transfer] = []
    for name, blobs in found.items():
        if blobs is not None:
            transport = connection.transport
            transfers += [_Transfer(activity, partial(blob.copy, transport)) for blob in blobs]
            continue
        whole = partial(
            connection.ml.jobs.download, output.step.run, download_path=root, output_name=name
        )
        transfers.append(_Transfer(activity, whole))
    return transfers


def _blobs(
    connection: Connection, output: StepOutput, root: Path
) -> dict[str, list[OutputBlob] | None]:
    """List the files of each output that holds a dataset; None when only the SDK can download it.

    Those are the output of its name and, of a published dataset, the one of its files.
    """
    run = str(output.step.run)
    properties = connection.ml.jobs.get(run).properties or {}
    if properties.get(_IS_REUSED) == "true":
        # It ran no more than that its outputs were found again.
        run = properties.get(_REUSED, run)
    found: dict[str, list[OutputBlob] | None] = {}
    for name in filter(None, (output.name, output.publication)):
        kind = output.published_type if name == output.publication else None
        source = sdk_private.find_output(connection.ml, run, name, is_model=kind in MODELS)
        if source is not None and kind == "uri_file":
            # One blob, though its address may be written as a folder's.
            source = replace(source, prefix=source.prefix.rstrip("/"))
        folder = _folder_of(name, root)
        found[name] = list_blobs(source, folder, connection.transport) if source else None
    return found


def _folder_of(name: str, root: Path) -> Path:
    return root / _NAMED_OUTPUTS / name


def _component_of(node: Any) -> Any:
    is_sweep = getattr(node, "type", None) == "sweep"
    return getattr(node, "trial" if is_sweep else "component", None)


def _record(connection: Connection, component: str) -> StepRecord | None:
    """Return what a registered component runs, by its id or its ``name:version``."""
    asset = AssetReference.of_id(component)
    registered = connection.ml.components.get(asset.name, version=asset.version)
    return StepRecord.from_command(str(getattr(registered, "command", "")))


def _not_ready(output: StepOutput, job_name: str) -> Diagnostic:
    return Diagnostic(
        "KAZ714",
        f"The step '{output.step.name}' has not completed ({output.step.status}), so "
        f"'{output.label}' is not there.",
        f"Look at it: kedro azureml job show {job_name}",
        where=f"dataset {output.label}",
    )
