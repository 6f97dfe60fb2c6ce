"""Loads an output of a rehearsal as Kedro data, through the project's own catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.framework.project import settings

from kedro_azureml.dataset_names import base_name
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.outputs import clashes, folder_name
from kedro_azureml.job.run.model import RunOutput
from kedro_azureml.job.sweep import STEP
from kedro_azureml.kedro_log import kedro_silenced
from kedro_azureml.project.bootstrap import enter
from kedro_azureml.project.catalog import build_catalog
from kedro_azureml.rehearsal.report import RunReport
from kedro_azureml.rehearsal.workspace.temporary_storage import access_of
from kedro_azureml.step.data.publication import link_files
from kedro_azureml.step.data.swap import CatalogSwap
from kedro_azureml.step.session.project_session import ProjectSession
from kedro_azureml.storage.access import Access, open_store

_FETCHED = "fetched"


def output_datasets(report: RunReport) -> list[str]:
    """List the datasets that the steps wrote, in the order of the steps."""
    return list(_outputs(report))


def load_output(
    report: RunReport,
    dataset: str,
    project: Path,
    env: str | None,
    params: Mapping[str, Any],
    storage: Access,
) -> Any:
    """Load what a step wrote for a dataset.

    Args:
        report: The rehearsal.
        dataset: The dataset, in any of its transcoded forms.
        project: The Kedro project's root.
        env: The conf environment.
        params: Runtime parameters.
        storage: What leads to temporary storage, as the rehearsal had it.

    Raises:
        DiagnosticError: KAZ204, no step wrote the dataset; KAZ605, its parts do not make a whole.
    """
    name = base_name(dataset)
    outputs = _outputs(report)
    if name not in outputs:
        raise DiagnosticError(
            Diagnostic(
                "KAZ204",
                f"The rehearsal wrote no dataset '{dataset}'.",
                nearest(name, outputs) or "It wrote none at all.",
                where=f"dataset {dataset}",
            )
        )
    _check_whole(report, name, outputs[name][0])
    output = outputs[name][0]
    folder = output.path
    if len(outputs[name]) > 1:
        folder = _merged(name, outputs[name], report.folder)
    if output.combination is not None:
        name = dataset = str(output.dataset)
    if output.root is not None:
        folder = report.folder / _FETCHED / output.step / output.name
        if not folder.is_dir():
            link_files({name: output.file(name) for name in output.files}, folder)
    if output.stored is not None:
        url, key = output.stored
        store = open_store(url, access_of(url, storage, report.folder) or Access())
        if output.kind == "object":
            return store.load(key)
        folder = report.folder / _FETCHED / output.step / output.name
        if not folder.is_dir():
            store.load_folder(key, folder)
    swap = CatalogSwap(project, [dataset], {name: folder}, {}, {}, {})
    return _load(swap, dataset, project, env, params)


@kedro_silenced()
def _load(
    swap: CatalogSwap, dataset: str, project: Path, env: str | None, params: Mapping[str, Any]
) -> Any:
    """Load a dataset from the project's catalog as the swap makes it."""
    enter(project)
    hooks = settings.HOOKS
    # A session takes its hooks when it is made; the project's own come first.
    settings.set("HOOKS", (*hooks, swap))
    try:
        context = ProjectSession(project, env, params).load_context()
    finally:
        settings.set("HOOKS", hooks)
    catalog = build_catalog(context)
    swap.before_pipeline_run(catalog)
    return catalog.get(dataset, fallback_to_runtime_pattern=True).load()


def _check_whole(report: RunReport, dataset: str, output: RunOutput) -> None:
    """Refuse a part of a dataset: the shards of one node are the steps that run it.

    Raises:
        DiagnosticError: KAZ605, another shard has not completed.
    """
    writer = report.steps[output.step]
    shards = [
        step
        for step in report.steps.values()
        if step.nodes and (step.nodes, step.combination) == (writer.nodes, writer.combination)
    ]
    missing = [step for step in shards if step.status != "Completed"]
    if len(shards) > 1 and missing:
        message = f"The step '{missing[0].name}' is {missing[0].status}, and '{dataset}' not whole."
        raise DiagnosticError(
            Diagnostic("KAZ605", message, f"Look at {report.folder}.", where=f"dataset {dataset}")
        )


def _merged(dataset: str, parts: Sequence[RunOutput], run: Path) -> Path:
    """Return a folder that has what each shard of a node wrote, as what reads it sees it.

    Raises:
        DiagnosticError: KAZ605, two of them wrote one file.
    """
    for _, text in clashes(parts):
        remedy = f"Look at {run}."
        raise DiagnosticError(Diagnostic("KAZ605", f"{text}.", remedy, where=f"dataset {dataset}"))
    folder = run / _FETCHED / "merged" / folder_name(dataset)
    if not folder.is_dir():
        link_files({name: part.file(name) for part in parts for name in part.files}, folder)
    return folder


def _outputs(report: RunReport) -> dict[str, list[RunOutput]]:
    outputs: dict[str, list[RunOutput]] = {}
    for output in report.outputs:
        if output.dataset is not None and not (output.dataset == STEP and output.kind == "object"):
            outputs.setdefault(output.label, []).append(output)
    return outputs
