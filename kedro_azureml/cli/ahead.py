"""``run --local``: processes of steps start while the job is compiled."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_azureml.cli.options.compile import jobs_of
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.step_record import DEFAULT_PIPELINE

if TYPE_CHECKING:
    from kedro_azureml.project import Project
    from kedro_azureml.rehearsal import RehearsalOptions
    from kedro_azureml.rehearsal.launch.ahead import AheadPool
    from kedro_azureml.rehearsal.launch.warm_process import WarmProcess

_OF_START = ("PYTHON", "LD_", "DYLD_")


@contextmanager
def ahead_pool(
    metadata: Any,
    project: Project,
    own: dict[str, Any],
    options: dict[str, Any],
    chosen: RehearsalOptions,
) -> Iterator[AheadPool | None]:
    """Start processes for the first steps, while the job is compiled.

    For the default pipeline in one step it is one process, which imports the libraries too. For a
    part of the project it would import what only other parts need.
    """
    # These act when a process starts, and may be relative to the folder that it starts in.
    of_start = any(name.startswith(_OF_START) for name in chosen.pass_env)
    if (
        chosen.warm
        or chosen.launcher
        or own["file"]
        or options["env_var"]
        or of_start
        or os.name != "posix"
    ):
        yield None
        return
    from kedro.framework.project import settings

    from kedro_azureml.rehearsal.launch.ahead import AheadPool, Libraries
    from kedro_azureml.rehearsal.workspace.environment import passed_environment

    libraries, most = None, chosen.max_parallel + chosen.early_steps
    if _groups_by_pipeline(project, options):
        package = Path(metadata.source_dir, metadata.package_name)
        libraries, most = Libraries(package, project.path / settings.CONF_SOURCE), 1
    pool = AheadPool(project.path, libraries, passed_environment(chosen.pass_env), most=most)
    try:
        yield pool
    finally:
        pool.close()


def _groups_by_pipeline(project: Project, options: dict[str, Any]) -> bool:
    """Tell whether the command line or azureml.yml puts the default pipeline into one step."""
    jobs = jobs_of(options)
    if len(jobs) > 1 or options["pipeline"] not in (None, DEFAULT_PIPELINE):
        return False
    if options["group_by"]:
        return bool(options["group_by"] == "pipeline")
    try:
        config = project.config()
    except DiagnosticError:
        # Whatever is wrong with it is said when the project is compiled.
        return False
    if config is None:
        return False
    azure = config.azure
    job = azure.jobs.get(jobs[0]) if jobs[0] else None
    if job and job.pipeline not in (None, DEFAULT_PIPELINE):
        return False
    return ((job and job.grouping) or azure.grouping).by == "pipeline"


@contextmanager
def warm_process(options: RehearsalOptions) -> Iterator[WarmProcess | None]:
    """Start, with ``--warm``, the process that imports the project while this one compiles."""
    if not options.warm or sys.platform != "linux" or options.project is None:
        yield None
        return
    from kedro_azureml.rehearsal.launch.warm_process import WarmProcess
    from kedro_azureml.rehearsal.workspace.environment import passed_environment

    process = WarmProcess(options.project, passed_environment(options.pass_env))
    try:
        yield process
    finally:
        process.close()
