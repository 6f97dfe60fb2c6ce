"""``run --local`` of one step: its process starts while the job is compiled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_azureml.cli.options import jobs_of
from kedro_azureml.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.rehearsal import RehearsalOptions
    from kedro_azureml.rehearsal.ahead import AheadProcess


@contextmanager
def ahead_process(
    metadata: Any, own: dict[str, Any], options: dict[str, Any], chosen: RehearsalOptions
) -> Iterator[AheadProcess | None]:
    """For the default pipeline in one step, its process, which imports libraries meanwhile.

    Of a part of the project it would import what only other parts do.
    """
    one_step = _groups_by_pipeline(Path(metadata.project_path), options)
    if chosen.warm or own["file"] or os.name != "posix" or not one_step:
        yield None
        return
    from kedro.framework.project import settings

    from kedro_azureml.rehearsal.ahead import AheadProcess
    from kedro_azureml.rehearsal.environment import passed_environment

    project = Path(metadata.project_path)
    package = Path(metadata.source_dir, metadata.package_name)
    process = AheadProcess(
        project, package, project / settings.CONF_SOURCE, passed_environment(chosen.pass_env)
    )
    try:
        yield process
    finally:
        process.close()


def _groups_by_pipeline(project_path: Path, options: dict[str, Any]) -> bool:
    """Whether the command line or azureml.yml puts the default pipeline into one step."""
    jobs = jobs_of(options)
    if len(jobs) > 1 or options["pipeline"] not in (None, "__default__") or options["env_var"]:
        return False
    if options["group_by"]:
        return bool(options["group_by"] == "pipeline")
    from kedro_azureml.azure.project import read_config

    try:
        azure = read_config(project_path, options["env"]).azure
    except DiagnosticError:
        # Whatever is wrong with it is said when the project is compiled.
        return False
    job = azure.jobs.get(jobs[0]) if jobs[0] else None
    if job and job.pipeline not in (None, "__default__"):
        return False
    return ((job and job.grouping) or azure.grouping).by == "pipeline"
