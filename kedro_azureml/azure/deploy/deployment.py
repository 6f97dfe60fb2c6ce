"""A deployment: what azureml.yml says shall be, looked at beside what the workspace has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.deploy.content import UploadHashes, content_hash, hash_uploads
from kedro_azureml.azure.deploy.endpoints import requests as endpoints
from kedro_azureml.azure.deploy.endpoints.described import endpoint_details
from kedro_azureml.azure.deploy.endpoints.spec import make_spec
from kedro_azureml.azure.deploy.facts import facts_of_job, with_sources
from kedro_azureml.azure.deploy.jobs import JobToDeploy, Named
from kedro_azureml.azure.deploy.model import Existing, Owner, Wanted
from kedro_azureml.azure.deploy.plan import Stage, is_change, stages_of
from kedro_azureml.azure.deploy.schedules import requests as schedules
from kedro_azureml.azure.deploy.schedules.described import schedule_details
from kedro_azureml.azure.progress import Progress
from kedro_azureml.azure.submit.check import Checked, CheckOptions, check_jobs
from kedro_azureml.compiler.schedules import find_schedule, make_schedule
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.source import find_files
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.schedule import Schedule, dump_schedule
from kedro_azureml.job.source_version import tags_of_source, with_tags
from kedro_azureml.job.step_commands import storage_of
from kedro_azureml.job.yaml import dump_job
from kedro_azureml.project import Project


@dataclass(frozen=True)
class Deployment:
    """A plan, and what carrying it out takes.

    Attributes:
        checked: The jobs, and the workspace.
        stages: The plan.
    """

    checked: Checked
    stages: tuple[Stage, ...]

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return any(map(is_change, self.stages))


def plan_deployment(
    names: Named,
    jobs: Sequence[JobToDeploy],
    project: Project,
    config: AzureMLConfig,
    target: Target,
    *,
    prune: bool,
    allow_credentials: bool,
    progress: Progress,
) -> Deployment:
    """Look at what shall be and at what is; nothing is sent but questions.

    Args:
        names: What belongs to this workspace.
        jobs: The jobs that they start, each once.
        project: The project, whose deployments these are, and whose commit they name.
        config: azureml.yml.
        target: The workspace.
        prune: Whether to remove what azureml.yml has no more.
        allow_credentials: Upload files that look like credentials.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: It cannot be deployed.
    """
    _refuse_keys(jobs, config)
    owner = Owner(project.load().package, project.env or "")
    options = CheckOptions(allow_credentials=allow_credentials, with_storage=False)
    checked = check_jobs(
        [job.document for job in jobs], project.path, config, target, options, progress
    )
    progress.doing("Reading the code")
    # What azureml.yml says is in the documents: another schedule is no change of this one, nor is
    # what the file of another conf environment says.
    unread = {*config.files, *find_files(project.load().conf_source)}
    hashes = [hash_uploads(job.uploads, unread) for job in checked.jobs]
    making = _Making(config, jobs, checked, hashes, owner, tags_of_source(project.path))
    wanted = [
        *(_wanted_schedule(name, making) for name in names.schedules),
        *(_wanted_endpoint(name, making) for name in names.endpoints),
    ]
    progress.doing("Looking up what is deployed")
    with quiet():
        existing = _existing(checked, wanted, owner)
    return Deployment(checked, tuple(stages_of(wanted, existing, owner, prune=prune)))


@dataclass(frozen=True)
class _Making:
    """What everything that shall be is made of."""

    config: AzureMLConfig
    jobs: Sequence[JobToDeploy]
    checked: Checked
    hashes: Sequence[UploadHashes]
    owner: Owner
    source: Mapping[str, str]

    def number_of(self, job: str | None) -> int:
        """Return the number of a job."""
        return next(number for number, each in enumerate(self.jobs) if each.name == job)


def _wanted_schedule(name: str, making: _Making) -> Wanted:
    section = find_schedule(making.config, name)
    number = making.number_of(section.job)
    checked, uploads = making.checked, making.hashes[number]
    compiled = checked.jobs[number].document
    file = checked.base / "job.yml"
    document = make_schedule(name, making.config, compiled, file, checked.base)
    document = document.model_copy(update={"tags": {**document.tags, **making.owner.tags}})
    job = with_sources(as_scheduled(compiled, document), making.jobs[number].sources)
    return Wanted(
        kind="schedule",
        name=name,
        number=number,
        document=with_tags(job, making.source),
        what=document,
        content=content_hash(dump_schedule(document), dump_job(job), *uploads.all),
        facts=facts_of_job(job, schedule_details(document), code=uploads.code, data=uploads.data),
        enabled=section.enabled,
        source=making.source,
        where=making.config.place("azure", "schedules", name),
    )


def _wanted_endpoint(name: str, making: _Making) -> Wanted:
    section = making.config.azure.endpoints[name]
    number = making.number_of(section.job)
    uploads = making.hashes[number]
    job = with_sources(making.checked.jobs[number].document, making.jobs[number].sources)
    content = content_hash(name, dump_job(job), *uploads.all)
    spec = make_spec(name, section, job, content, making.owner)
    return Wanted(
        kind="endpoint",
        name=name,
        number=number,
        document=with_tags(job, making.source),
        what=spec,
        content=content,
        facts=facts_of_job(job, endpoint_details(spec), code=uploads.code, data=uploads.data),
        enabled=True,
        source=making.source,
        where=making.config.place("azure", "endpoints", name),
    )


def as_scheduled(job: PipelineJob, schedule: Schedule) -> PipelineJob:
    """Return the job with the values and tags that a schedule gives it."""
    inputs = {**job.inputs, **schedule.create_job.inputs}
    tags = {**job.tags, **schedule.create_job.tags}
    return job.model_copy(update={"inputs": inputs, "tags": tags})


def _existing(checked: Checked, wanted: Sequence[Wanted], owner: Owner) -> list[Existing]:
    connection = checked.connection
    found = {item.name: item for item in schedules.existing_schedules(connection)}
    for item in wanted:
        # Of a kind that the SDK leaves out of its list, or made just now.
        if item.kind == "schedule" and item.name not in found:
            other = schedules.find_existing(connection, item.name)
            if other is not None:
                found[item.name] = other
    of_endpoints = [item for item in wanted if item.kind == "endpoint"]
    return [*found.values(), *endpoints.existing_endpoints(connection, of_endpoints, owner)]


def _refuse_keys(jobs: Sequence[JobToDeploy], config: AzureMLConfig) -> None:
    """Refuse a key for temporary storage: its signature would end while the schedule goes on.

    Raises:
        DiagnosticError: KAZ733.
    """
    section = config.azure.temporary_storage
    uses_it = any(storage_of(job.document.step_records().values()) for job in jobs)
    if section is not None and section.credential == "key" and uses_it:
        raise DiagnosticError(
            Diagnostic(
                "KAZ733",
                "Steps get at temporary storage by a key, whose signature would end while what is "
                "deployed goes on.",
                "Write credential: identity, and give the computes an identity.",
                where=config.place("azure", "temporary_storage", "credential"),
            )
        )
