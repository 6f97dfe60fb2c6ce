"""The code that goes up with a job, and the configuration in it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from kedro_azureml.compiler.checks.snapshot import check_snapshot
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.snapshot.listing import Snapshot, list_snapshot
from kedro_azureml.project.loaded import LoadedProject


def snapshot_of(code: Path | None, directory: str | None) -> Snapshot | None:
    """List the code folder; None when the code is in the image.

    Raises:
        DiagnosticError: KAZ505, there is no such folder.
    """
    if code is None:
        return None
    if not code.is_dir():
        raise DiagnosticError(
            Diagnostic(
                "KAZ505",
                f"The code directory '{directory}' does not exist.",
                "Set azure.code_directory to a folder of the project, or to null when the code is "
                "in the image.",
                where="azureml.yml azure.code_directory",
            )
        )
    return list_snapshot(code)


def check_conf_source(project: LoadedProject, config: AzureMLConfig) -> None:
    """Refuse configuration that no step would have; code in an image brings its own."""
    source = Path(os.path.normpath(project.conf_source))
    if config.azure.code_directory is None or source.is_relative_to(project.path):
        return
    raise DiagnosticError(
        Diagnostic(
            "KAZ504",
            f"The configuration folder '{source}' lies outside the project, so no step would "
            "have it: Azure ML uploads the project's own folder.",
            "Move it into the project and correct CONF_SOURCE in settings.py; a link does.",
            where="settings.py CONF_SOURCE",
        )
    )


def snapshot_findings(
    snapshot: Snapshot | None,
    project: LoadedProject,
    config: AzureMLConfig,
    wiring: Wiring,
    request: CompileRequest,
) -> Iterable[Diagnostic]:
    """Report KAZ501 to KAZ511 for the code that goes up."""
    if snapshot is None:
        return ()
    uploads = config.azure.local_inputs == "upload"
    return check_snapshot(
        snapshot,
        project,
        raw_inputs={raw.mount for raw in wiring.raw_inputs.values()} if uploads else None,
        rehearsal=request.local,
    )
