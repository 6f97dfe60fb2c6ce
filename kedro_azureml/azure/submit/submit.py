"""Submission: everything between a job document and the job that Azure ML makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_azureml.azure.computes.changes import create_computes
from kedro_azureml.azure.computes.spec import ComputeSpec, specs_of
from kedro_azureml.azure.connect.client import Connection, connect, studio_address
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.jobs.creation import new_job_name
from kedro_azureml.azure.progress import Progress, Silent
from kedro_azureml.azure.storage_access import AskKey, storage_variables
from kedro_azureml.azure.submit.credential_check import check_credentials
from kedro_azureml.azure.submit.outside_paths import check_outside_paths
from kedro_azureml.azure.submit.places import Places
from kedro_azureml.azure.submit.preflight import Resolved, check_references
from kedro_azureml.azure.submit.registration import (
    Submission,
    make_job,
    read_components,
)
from kedro_azureml.azure.submit.uploads import Uploads, find_uploads
from kedro_azureml.azure.submit.versions import resolve
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.storage import TemporaryStorageConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.source_version import with_source_tags
from kedro_azureml.job.step_record import storage_of

# Says whether computes that do not exist are to be created.
AllowCompute = Callable[[Sequence[ComputeSpec]], bool]
# Says whether files outside of a document's folder are to be uploaded.
AllowOutside = Callable[[Sequence[str]], bool]


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
    places = Places(config, environment_option)
    if read_for is not None:
        places = Places()
        check_outside_paths(job, base, read_for, allow_outside)
    variables = {} if dry_run else _storage_variables(job, config, ask_key, progress)
    uploads = _checked_uploads(job, base, allow_credentials, progress)
    with quiet():
        connection, components, resolved = _check_workspace(
            job, base, config, target, progress, places
        )
    document = resolve(job, resolved)
    progress.warn(resolved.warnings)
    for spec in resolved.missing:
        progress.say(f"Does not exist yet: {spec}.")
    if dry_run:
        return Submitted(document, connection, None)
    if resolved.missing:
        _create_computes(connection, resolved.missing, create_compute, progress)
    document = with_source_tags(document, base)
    with quiet():
        name = new_job_name(document.display_name)
        submission = Submission(name, document, base, uploads, components, variables)
        made = make_job(connection, submission, progress)
    return Submitted(document, connection, made)


def _storage_variables(
    job: PipelineJob, config: AzureMLConfig, ask_key: AskKey | None, progress: Progress
) -> Mapping[str, str]:
    """Get what leads the job's steps to temporary storage; a person may be asked for a key."""
    url = storage_of(job.step_records().values())
    if url is None:
        return {}
    _refuse_other_storage(job, config)
    section = config.azure.temporary_storage or TemporaryStorageConfig()
    access = storage_variables(url, section, ask_key)
    for note in access.notes:
        progress.say(note)
    return access.variables


def _refuse_other_storage(job: PipelineJob, config: AzureMLConfig) -> None:
    """Refuse a document, perhaps somebody else's, that would choose whom a key is for."""
    own = config.azure.storage_url
    for name, record in job.step_records().items():
        if record is not None and record.storage not in (None, own):
            raise DiagnosticError(
                Diagnostic(
                    "KAZ801",
                    f"The document passes data through {record.storage}, and azureml.yml names "
                    f"{own or 'no temporary storage'}. No job was submitted.",
                    "Compile the document again, or correct azure.temporary_storage.",
                    where=f"jobs.{name}.component.command",
                )
            )


def _checked_uploads(
    job: PipelineJob, base: Path, allow_credentials: bool, progress: Progress
) -> Uploads:
    uploads = find_uploads(job, base)
    findings = list(check_credentials(uploads, allowed=allow_credentials))
    if any(finding.severity == "error" for finding in findings):
        raise DiagnosticError(findings)
    progress.warn(findings)
    for line in uploads.describe():
        progress.say(line)
    return uploads


def _check_workspace(
    job: PipelineJob,
    base: Path,
    config: AzureMLConfig,
    target: Target,
    progress: Progress,
    places: Places,
) -> tuple[Connection, dict[str, Any], Resolved]:
    """Look up what the job names, while the SDK takes its time to read the document."""
    progress.doing("Checking the workspace")
    connection = connect(target)
    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(check_references, connection, job, specs_of(config), places)
        try:
            return connection, read_components(job, base), checking.result()
        except BaseException:
            connection.transport.abandon()
            raise


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
