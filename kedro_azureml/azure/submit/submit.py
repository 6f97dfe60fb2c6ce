"""Submission: everything between a job document and the job that Azure ML makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_azureml.azure.computes.changes import create_computes
from kedro_azureml.azure.computes.spec import ComputeSpec
from kedro_azureml.azure.connect.client import Connection, studio_address
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.jobs.creation import create_job, new_job_name
from kedro_azureml.azure.progress import Progress, Silent
from kedro_azureml.azure.storage_access import AskKey
from kedro_azureml.azure.submit.check import AllowOutside, Checked, CheckOptions, check_jobs
from kedro_azureml.azure.submit.registration import PreparedJob, Submission, prepare_jobs
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import PipelineJob

# Says whether computes that do not exist are to be created.
AllowCompute = Callable[[Sequence[ComputeSpec]], bool]


@dataclass(frozen=True)
class Submitted:
    """What became of a submission.

    Attributes:
        document: The document, with the versions that floating references mean now.
        connection: The workspace.
        job: Azure ML's own description of the job; None after a dry run.
    """

    document: PipelineJob
    connection: Connection
    job: Any

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.job.name)

    @property
    def studio_url(self) -> str | None:
        """Where the Studio shows the job."""
        return studio_address(self.job)


def submit(
    job: PipelineJob,
    base: Path,
    config: AzureMLConfig,
    target: Target,
    *,
    dry_run: bool = False,
    allow_credentials: bool = False,
    create_compute: bool | AllowCompute = False,
    ask_key: AskKey | None = None,
    progress: Progress | None = None,
    read_for: Path | None = None,
    allow_outside: bool | AllowOutside = False,
    environment_option: str | None = None,
) -> Submitted:
    """Check a job, upload what it needs, register its steps and submit it.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
        config: What azureml.yml says.
        target: The workspace.
        dry_run: Check everything, and submit nothing.
        allow_credentials: Upload files that look like credentials.
        create_compute: Whether to create computes that do not exist, or who decides it.
        ask_key: Asks for the key of a storage account; None where nobody can answer.
        progress: Who is told how it goes.
        read_for: The project's root, if the document was read from a file, perhaps somebody
            else's: it is then what the user edits, and not azureml.yml.
        allow_outside: Whether such a document may upload what is outside of its own folder and of
            the project, or who decides it.
        environment_option: The option that names the environment of all steps, if one does.

    Raises:
        DiagnosticError: No job was submitted, or nobody knows (KAZ715).
    """
    progress = progress or Silent()
    options = CheckOptions(
        allow_credentials=allow_credentials,
        ask_key=ask_key,
        read_for=read_for,
        allow_outside=allow_outside,
        environment_option=environment_option,
        with_storage=not dry_run,
    )
    checked = check_jobs([job], base, config, target, options, progress)
    document = checked.jobs[0].document
    if dry_run:
        return Submitted(document, checked.connection, None)
    prepared = prepare(checked, [(0, document)], create_compute, progress)
    with quiet():
        progress.doing("Submitting the job")
        made = create_job(checked.connection, prepared[0].as_job())
    return Submitted(document, checked.connection, made)


def prepare(
    checked: Checked,
    documents: Sequence[tuple[int, PipelineJob]],
    create_compute: bool | AllowCompute,
    progress: Progress,
) -> list[PreparedJob]:
    """Upload and register what jobs need, each thing once; no job is made yet.

    Args:
        checked: The jobs.
        documents: What is to be made of them: the number of one of the jobs, and its document,
            which may have other inputs, tags and names than that one.
        create_compute: Whether to create computes that do not exist, or who decides it.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: Nothing was made of them.
    """
    if checked.missing:
        _create_computes(checked.connection, checked.missing, create_compute, progress)
    submissions = [
        Submission(
            new_job_name(document.display_name),
            document,
            checked.base,
            checked.jobs[number].uploads,
            checked.jobs[number].components,
            checked.jobs[number].storage_variables,
        )
        for number, document in documents
    ]
    with quiet():
        return prepare_jobs(checked.connection, submissions, progress)


def _create_computes(
    connection: Connection,
    missing: Sequence[ComputeSpec],
    allow: bool | AllowCompute,
    progress: Progress,
) -> None:
    if not (allow(missing) if callable(allow) else allow):
        raise DiagnosticError([_not_allowed(spec) for spec in missing])
    try:
        create_computes(connection, missing, progress)
    except DiagnosticError:
        progress.say("No job was submitted.")
        raise


def _not_allowed(spec: ComputeSpec) -> Diagnostic:
    return Diagnostic(
        "KAZ705",
        f"The workspace has no compute '{spec.name}'. No job was submitted.",
        f"Give --create-compute, or run 'kedro azureml compute create {spec.alias}'.",
        where=spec.place("create"),
    )
