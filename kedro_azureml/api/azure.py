"""Submitting, watching and downloading jobs from Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_azureml.api.job import Job, find_project
from kedro_azureml.api.lines import LineProgress, LineStream, TellLine
from kedro_azureml.azure.connect.installed import require_azure
from kedro_azureml.azure.connect.target import WorkspaceChoice, find_target, named_workspace
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.project import Project
from kedro_azureml.project.catalog_places import places_of_record

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.azure.jobs.download import Downloaded
    from kedro_azureml.job.run.model import Run


@dataclass(frozen=True)
class SubmittedJob:
    """A job on Azure ML.

    Attributes:
        name: Its name; None after a dry run, which submits nothing.
        studio_url: Where the Studio shows it.
        document: The document, with the versions that ``@latest`` means now.
        project: The Kedro project's root.
        connection: The workspace that it is in.
    """

    name: str | None
    studio_url: str | None
    document: PipelineJob = field(repr=False)
    project: Path = field(repr=False)
    connection: Connection = field(repr=False)


def submit(
    job: Job,
    *,
    workspace: str | None = None,
    subscription_id: str | None = None,
    experiment_name: str | None = None,
    display_name: str | None = None,
    tags: Mapping[str, str] | None = None,
    dry_run: bool = False,
    allow_credentials: bool = False,
    allow_outside: bool = False,
    create_compute: bool = False,
    progress: TellLine | None = None,
) -> SubmittedJob:
    """Submit a job to the workspace that azureml.yml names.

    Args:
        job: The job.
        workspace: An alias of ``azure.workspaces``; by default what the job names in azureml.yml.
        subscription_id: The Azure subscription; azureml.yml's or AZURE_SUBSCRIPTION_ID by default.
        experiment_name: Replaces the job's experiment.
        display_name: What the Studio calls the job.
        tags: Tags to add.
        dry_run: Check everything, and submit nothing.
        allow_credentials: Upload files that look like credentials.
        allow_outside: Upload what a job that was loaded names outside of its file's folder and of
            the project.
        create_compute: Create computes that do not exist as azureml.yml says, and wait for them.
        progress: Takes each line that is worth telling, such as `print`.

    Raises:
        DiagnosticError: No job was submitted, or nobody knows (KAZ715). KAZ107 is for an
            experiment's name that Azure ML refuses.
    """
    require_azure()
    from kedro_azureml.azure.overrides import overridden

    document = overridden(
        job.document,
        experiment_name=experiment_name,
        display_name=display_name,
        tags=tags,
        where="experiment_name",
    )
    config = Project(job.project, job.env).required_config(job.params)
    from kedro_azureml.azure.submit.submit import SubmitOptions
    from kedro_azureml.azure.submit.submit import submit as submit_document

    submitted = submit_document(
        document,
        job.base,
        config,
        find_target(
            config,
            WorkspaceChoice(subscription_id, workspace),
            alias=named_workspace(config, "jobs", job.alias),
        ),
        SubmitOptions(
            dry_run=dry_run,
            create_compute=create_compute,
            allow_credentials=allow_credentials,
            read_for=job.project if job.is_loaded else None,
            allow_outside=allow_outside,
        ),
        LineProgress(progress),
    )
    return SubmittedJob(
        None if dry_run else submitted.name,
        None if dry_run else submitted.studio_url,
        submitted.document,
        job.project,
        submitted.connection,
    )


def watch(
    job: SubmittedJob | str,
    *,
    follow_logs: bool = False,
    progress: TellLine | None = None,
    project_path: str | Path | None = None,
    env: str | None = None,
    workspace: str | None = None,
    subscription_id: str | None = None,
) -> Run:
    """Wait until a job is over.

    Args:
        job: A submitted job, or the name of one.
        follow_logs: Tell what the steps print meanwhile.
        progress: Takes each line that is worth telling, such as `print`.
        project_path: For a name: the project whose azureml.yml names the workspace.
        env: For a name: the conf environment.
        workspace: For a name: an alias of ``azure.workspaces``.
        subscription_id: For a name: the Azure subscription.

    Returns:
        The job and its steps as they ended; one that failed raises nothing.

    Raises:
        DiagnosticError: The job does not exist, or Azure cannot be reached for a long time.
    """
    name, connection, _ = _job_on_azure(
        job, project_path, env, WorkspaceChoice(subscription_id, workspace)
    )
    from kedro_azureml.azure.jobs.watch import watch as watch_job
    from kedro_azureml.console.run.display import make_display

    with make_display(LineStream(progress)) as display:
        exists = isinstance(job, SubmittedJob)
        return watch_job(connection, name, display, follow_logs=follow_logs, exists=exists)


def download(
    job: SubmittedJob | str,
    *datasets: str,
    output: str | Path | None = None,
    into_catalog: bool = False,
    force: bool = False,
    progress: TellLine | None = None,
    project_path: str | Path | None = None,
    env: str | None = None,
    workspace: str | None = None,
    subscription_id: str | None = None,
) -> Downloaded:
    """Download what a job wrote.

    Args:
        job: A submitted job, or the name of one.
        datasets: The Kedro datasets; all that the job wrote if none is named.
        output: The folder to write to; ``.kedro_azureml/downloads/<job>`` by default.
        into_catalog: Place the files at their catalog paths.
        force: Replace existing files.
        progress: Takes each line that is worth telling, such as `print`.
        project_path: For a name: the project whose azureml.yml names the workspace.
        env: The conf environment: of azureml.yml for a name, and of the catalog.
        workspace: For a name: an alias of ``azure.workspaces``.
        subscription_id: For a name: the Azure subscription.

    Returns:
        The files, and what there is to say of datasets that have none.

    Raises:
        DiagnosticError: Nothing was written, or not all (KAZ110).
    """
    name, connection, project = _job_on_azure(
        job, project_path, env, WorkspaceChoice(subscription_id, workspace)
    )
    places_of = partial(places_of_record, Project(project, env)) if into_catalog else None
    from kedro_azureml.azure.jobs.download import download as download_outputs

    return download_outputs(
        connection,
        name,
        datasets,
        project,
        output=Path(output) if output is not None else None,
        places_of=places_of,
        force=force,
        progress=LineProgress(progress),
    )


def _job_on_azure(
    job: SubmittedJob | str,
    project_path: str | Path | None,
    env: str | None,
    choice: WorkspaceChoice,
) -> tuple[str, Connection, Path]:
    """Return the job's name, the workspace that it is in, and the project."""
    if isinstance(job, SubmittedJob):
        if job.name is None:
            raise ValueError("A dry run submits no job that could be watched or downloaded.")
        return job.name, job.connection, job.project
    require_azure()
    from kedro_azureml.azure.connect.client import open_workspace

    project = find_project(project_path, env)
    target = find_target(project.required_config(), choice)
    return job, open_workspace(target), project.path
