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
from kedro_azureml.azure.parallel import in_parallel
from kedro_azureml.azure.progress import Progress, Silent
from kedro_azureml.azure.storage_access import AskKey
from kedro_azureml.azure.submit.check import AllowOutside, Checked, CheckOptions, check_jobs
from kedro_azureml.azure.submit.registration import PreparedJob, Submission, prepare_jobs
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.dates import dated
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.run.model import now
from kedro_azureml.job.source_version import with_source_tags

# Says whether computes that do not exist are to be created.
AllowCompute = Callable[[Sequence[ComputeSpec]], bool]
SUBMIT_THREADS = 8


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


@dataclass(frozen=True)
class SubmitOptions:
    """How jobs are submitted.

    Attributes:
        dry_run: Check everything, and submit nothing.
        create_compute: Whether to create computes that do not exist, or who decides it.
        allow_credentials: Upload files that look like credentials.
        ask_key: Asks for the key of a storage account; None where nobody can answer.
        read_for: The project's root, if the document was read from a file, perhaps somebody
            else's: it is then what the user edits, and not azureml.yml.
        allow_outside: Whether such a document may upload what is outside of its own folder and of
            the project, or who decides it.
        environment_option: The option that names the environment of all steps, if one does.
    """

    dry_run: bool = False
    create_compute: bool | AllowCompute = False
    allow_credentials: bool = False
    ask_key: AskKey | None = None
    read_for: Path | None = None
    allow_outside: bool | AllowOutside = False
    environment_option: str | None = None

    @property
    def of_check(self) -> CheckOptions:
        """How the jobs are looked at before."""
        return CheckOptions(
            allow_credentials=self.allow_credentials,
            ask_key=self.ask_key,
            read_for=self.read_for,
            allow_outside=self.allow_outside,
            environment_option=self.environment_option,
            with_storage=not self.dry_run,
        )


def submit(
    job: PipelineJob,
    base: Path,
    config: AzureMLConfig,
    target: Target,
    options: SubmitOptions | None = None,
    progress: Progress | None = None,
) -> Submitted:
    """Check a job, upload what it needs, register its steps and submit it.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
        config: What azureml.yml says.
        target: The workspace.
        options: How.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: No job was submitted, or nobody knows (KAZ715).
    """
    (submitted,) = submit_all([job], base, config, target, options, progress)
    if isinstance(submitted, DiagnosticError):
        raise submitted
    return submitted


def submit_all(
    jobs: Sequence[PipelineJob],
    base: Path,
    config: AzureMLConfig,
    target: Target,
    options: SubmitOptions | None = None,
    progress: Progress | None = None,
) -> list[Submitted | DiagnosticError]:
    """Submit jobs of one folder: each thing is uploaded and registered once for all of them.

    Args:
        jobs: The documents.
        base: The folder that their paths are relative to.
        config: What azureml.yml says.
        target: The workspace.
        options: How.
        progress: Who is told how it goes.

    Returns:
        What became of each job: why one was not submitted keeps no other from it.

    Raises:
        DiagnosticError: No job was submitted.
    """
    progress = progress or Silent()
    options = options or SubmitOptions()
    moment = now()
    jobs = [dated(job, moment) for job in jobs]
    checked = check_jobs(jobs, base, config, target, options.of_check, progress)
    connection = checked.connection
    documents = [job.document for job in checked.jobs]
    if options.dry_run:
        return [Submitted(document, connection, None) for document in documents]
    documents = [with_source_tags(document, base) for document in documents]
    prepared = prepare(checked, list(enumerate(documents)), options.create_compute, progress)
    with quiet():
        progress.doing("Submitting the job" if len(jobs) == 1 else "Submitting the jobs")
        made = _create_jobs(connection, prepared, progress)
    return [
        job if isinstance(job, DiagnosticError) else Submitted(document, connection, job)
        for document, job in zip(documents, made, strict=True)
    ]


def _create_jobs(
    connection: Connection, prepared: Sequence[PreparedJob], progress: Progress
) -> list[Any]:
    """Create jobs side by side; one that cannot be created is an error in its place."""
    jobs = [job.as_job() for job in prepared]
    made: dict[int, Any] = {}

    def create(number: int) -> None:
        try:
            made[number] = create_job(connection, jobs[number])
        except DiagnosticError as error:
            made[number] = error

    if len(jobs) == 1:
        # An interrupt reaches only the main thread, where it is known what it has cut off.
        create(0)
        return [made[0]]
    try:
        in_parallel(connection, create, range(len(jobs)), SUBMIT_THREADS)
    except KeyboardInterrupt:
        # What had begun was waited for.
        for job in made.values():
            if not isinstance(job, DiagnosticError):
                progress.say(f"Submitted {job.name}")
        raise
    return [made[number] for number in range(len(jobs))]


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
