"""``kedro azureml run`` without ``--local``: submit jobs, and wait for them if asked to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro_azureml.azure.overrides import overridden
from kedro_azureml.cli.commands.run.after_submission import follow_jobs, print_document
from kedro_azureml.cli.commands.run.on_job_scheduled import find_function
from kedro_azureml.cli.document import JobDocument, read_document
from kedro_azureml.cli.options.submit import tags_of
from kedro_azureml.cli.options.workspace import choice_of, find_config
from kedro_azureml.cli.submission import submit_shown
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.azure.submit.submit import Submitted
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project


@dataclass(frozen=True)
class _Job:
    name: str
    document: JobDocument
    changed: PipelineJob
    config: AzureMLConfig
    target: Target
    environment_option: str | None


def submit_jobs(project: Project, own: dict[str, Any], jobs: Iterable[dict[str, Any]]) -> None:
    """Submit jobs: those of one workspace upload each thing once, and begin side by side.

    Args:
        project: The project.
        own: The options of `submit_options`, and ``file``.
        jobs: The options of `compile_options`, for each job.
    """
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    read = [_read(project, own, options) for options in jobs]
    function = find_function(own["on_job_scheduled"]) if own["on_job_scheduled"] else None
    results: list[tuple[str, Submitted | DiagnosticError]] = []
    for target in dict.fromkeys(job.target for job in read):
        group = [job for job in read if job.target == target]
        submitted = submit_shown(
            [job.changed for job in group],
            group[0].document.base,
            group[0].config,
            target,
            dry_run=own["dry_run"],
            allow_credentials=own["allow_credentials"],
            create_compute=own["create_compute"],
            read_for=project.path if own["file"] else None,
            allow_outside=own["allow_outside"],
            environment_option=group[0].environment_option,
        )
        results += zip((job.name for job in group), submitted, strict=True)
    if own["dry_run"]:
        for _, result in results:
            print_document(result)
        return
    follow_jobs(results, own, function)


def _read(project: Project, own: dict[str, Any], options: dict[str, Any]) -> _Job:
    document = read_document(project, own["file"], options, inputs=own["inputs"])
    # The submission looks for credentials itself, in files compiled before as well.
    print_diagnostics(d for d in document.warnings if d.code != "KAZ503")
    job = document.request.job
    params = document.request.params
    config, target = find_config(project, params, choice_of(dict(own)), of=("jobs", job))
    changed = overridden(
        document.job,
        experiment_name=own["experiment_name"],
        display_name=own["display_name"],
        tags=tags_of((*own["tag"], *own["job_tag"])),
        where="--experiment-name",
    )
    option = "--aml-env" if options["aml_env"] else None
    return _Job(job or document.request.pipeline, document, changed, config, target, option)
