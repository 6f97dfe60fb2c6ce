"""What is looked at before anything is sent: whether jobs can be submitted as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro_azureml.azure.computes.spec import ComputeSpec, specs_of
from kedro_azureml.azure.connect.client import Connection, connect
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.progress import Progress
from kedro_azureml.azure.storage_access import AskKey, storage_variables
from kedro_azureml.azure.submit.credential_check import check_credentials
from kedro_azureml.azure.submit.outside_paths import check_outside_paths
from kedro_azureml.azure.submit.places import Places
from kedro_azureml.azure.submit.preflight import Resolved, check_references
from kedro_azureml.azure.submit.registration import read_components, together
from kedro_azureml.azure.submit.uploads import Uploads, find_uploads
from kedro_azureml.azure.submit.versions import pinned_inputs, resolve
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.storage import TemporaryStorageConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_commands import storage_of

# Says whether files outside of a document's folder are to be uploaded.
AllowOutside = Callable[[Sequence[str]], bool]


@dataclass(frozen=True)
class CheckedJob:
    """A job that can be submitted.

    Attributes:
        document: The document, with the versions that floating references mean now.
        uploads: What it uploads.
        components: Each step's component as the SDK reads it.
        storage_variables: What leads steps to temporary storage; it may hold a signature.
    """

    document: PipelineJob
    uploads: Uploads
    components: Mapping[str, Any]
    storage_variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Checked:
    """Jobs that can be submitted, and the workspace; nothing has been sent to it.

    Attributes:
        connection: The workspace.
        base: The folder that the documents' paths are relative to.
        jobs: The jobs.
        missing: Computes that do not exist, and that azureml.yml says how to create.
    """

    connection: Connection
    base: Path
    jobs: tuple[CheckedJob, ...]
    missing: tuple[ComputeSpec, ...]


@dataclass(frozen=True)
class CheckOptions:
    """How jobs are looked at.

    Attributes:
        allow_credentials: Upload files that look like credentials.
        ask_key: Asks for the key of a storage account; None where nobody can answer.
        read_for: The project's root, if the document was read from a file.
        allow_outside: Whether such a document may upload what is outside of its own folder and of
            the project, or who decides it.
        environment_option: The option that names the environment of all steps, if one does.
        with_storage: Give the steps what leads them to temporary storage, perhaps a signature.
    """

    allow_credentials: bool = False
    ask_key: AskKey | None = None
    read_for: Path | None = None
    allow_outside: bool | AllowOutside = False
    environment_option: str | None = None
    with_storage: bool = True


def check_jobs(
    jobs: Sequence[PipelineJob],
    base: Path,
    config: AzureMLConfig,
    target: Target,
    options: CheckOptions,
    progress: Progress,
) -> Checked:
    """Look at jobs of one folder, at what they upload and at what they name in the workspace.

    Raises:
        DiagnosticError: They cannot be submitted.
    """
    places = Places(config, options.environment_option)
    if options.read_for is not None:
        places = Places()
        for job in jobs:
            check_outside_paths(job, base, options.read_for, options.allow_outside)
    variables = [
        _storage_variables(job, config, options.ask_key, progress) if options.with_storage else {}
        for job in jobs
    ]
    uploads = _checked_uploads(jobs, base, options.allow_credentials, progress)
    with quiet():
        connection = connect(target)
        answers = [
            _check_workspace(connection, job, base, config, progress, places) for job in jobs
        ]
    documents = [resolve(job, resolved) for job, (_, resolved) in zip(jobs, answers, strict=True)]
    pinned = [pinned_inputs(*each) for each in zip(jobs, documents, strict=True)]
    for line in dict.fromkeys(line for lines in pinned for line in lines):
        progress.say(line)
    progress.warn(dict.fromkeys(w for _, resolved in answers for w in resolved.warnings))
    missing = tuple({spec.name: spec for _, r in answers for spec in r.missing}.values())
    for spec in missing:
        progress.say(f"Does not exist yet: {spec}.")
    return Checked(
        connection,
        base,
        tuple(
            CheckedJob(document, own, components, given)
            for document, own, given, (components, _) in zip(
                documents, uploads, variables, answers, strict=True
            )
        ),
        missing,
    )


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
    jobs: Sequence[PipelineJob], base: Path, allow_credentials: bool, progress: Progress
) -> list[Uploads]:
    uploads = [find_uploads(job, base) for job in jobs]
    all_of_them = together(uploads)
    findings = list(check_credentials(all_of_them, allowed=allow_credentials))
    if any(finding.severity == "error" for finding in findings):
        raise DiagnosticError(findings)
    progress.warn(findings)
    for line in all_of_them.describe():
        progress.say(line)
    return uploads


def _check_workspace(
    connection: Connection,
    job: PipelineJob,
    base: Path,
    config: AzureMLConfig,
    progress: Progress,
    places: Places,
) -> tuple[dict[str, Any], Resolved]:
    """Look up what the job names, while the SDK takes its time to read the document."""
    progress.doing("Checking the workspace")
    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(check_references, connection, job, specs_of(config), places)
        try:
            return read_components(job, base), checking.result()
        except BaseException:
            connection.transport.abandon()
            raise
