"""A document becomes a job, with few requests and never twice.

The SDK's own way makes five requests a step, one after another. Here each thing is done once: the
code is uploaded with the first step's component, which tells the code's id; the other components
name that id and are registered at the same time; the job then names the components. Every request
is made by the SDK's public functions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from azure.ai.ml import load_job

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.datastore import use_storage
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.parallel import in_parallel
from kedro_azureml.azure.progress import Counted, Progress
from kedro_azureml.azure.submit.uploads import UploadCopies, Uploads, copied
from kedro_azureml.formatting import count, size
from kedro_azureml.job.model import Component, PipelineJob
from kedro_azureml.job.references import id_reference, without_prefix
from kedro_azureml.job.search import component_key
from kedro_azureml.job.step_commands import storage_of
from kedro_azureml.job.yaml import dump_job

# The SDK's clients have ten connections each, but share the transport's own here.
REGISTER_THREADS = 16
# Each upload has threads of its own.
UPLOAD_THREADS = 4
# A job by its number, and a step of it.
_Part: TypeAlias = tuple[int, str]
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Submission:
    """A job that is to be made.

    Attributes:
        name: Its name, chosen before anything is asked of Azure.
        job: The document.
        base: The folder that its paths are relative to.
        uploads: What it uploads.
        components: Each step's component as the SDK reads it, from `read_components`.
        storage_variables: What leads steps to temporary storage; no part of the document, because
            it may hold a signature.
    """

    name: str
    job: PipelineJob
    base: Path
    uploads: Uploads
    components: Mapping[str, Any]
    storage_variables: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_components(job: PipelineJob, base: Path) -> dict[str, Any]:
    """Read each step's component from the document with the SDK, without a request.

    Raises:
        DiagnosticError: The SDK cannot read the document.
    """
    with explained("reading the document"):
        loaded = _load(dump_job(job), base)
    # A sweep step has its component as its trial.
    return {
        name: loaded.jobs[name].trial if step.type == "sweep" else loaded.jobs[name].component
        for name, step in job.jobs.items()
    }


@dataclass(frozen=True)
class PreparedJob:
    """A job whose components and inputs are in the workspace.

    Attributes:
        name: A name that no job has.
        document: What the document says with their ids and addresses.
        base: The folder that its other paths are relative to.
    """

    name: str
    document: Mapping[str, Any] = field(repr=False)
    base: Path

    def as_job(self) -> Any:
        """Return the job as the SDK has it.

        Raises:
            DiagnosticError: The SDK cannot read the document.
        """
        with explained("reading the document"):
            text = str(
                yaml.dump(self.document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
            )
            job = _load(text, self.base)
        job.name = self.name
        return job


def prepare_jobs(
    connection: Connection, submissions: Sequence[Submission], progress: Progress
) -> list[PreparedJob]:
    """Upload and register what jobs of one folder need, each thing once; no job is made yet.

    Raises:
        DiagnosticError: Something could not be uploaded or registered.
    """
    uploads = together([submission.uploads for submission in submissions])
    with copied(uploads) as copies:
        registered = _register(connection, submissions, uploads, copies, progress)
        addresses = _upload_inputs(connection, uploads, progress)
        uploads.check_unchanged()
    jobs = []
    for number, submission in enumerate(submissions):
        ids = {
            name: step.component.reference or id_reference(registered[number, name])
            for name, step in submission.job.jobs.items()
        }
        document = _with_components(submission, ids, addresses)
        jobs.append(PreparedJob(submission.name, document, submission.base))
    return jobs


def together(uploads: Sequence[Uploads]) -> Uploads:
    """Return what several jobs of one folder upload."""
    return Uploads(
        code={path: code for each in uploads for path, code in each.code.items()},
        inputs=tuple({raw.source: raw for each in uploads for raw in each.inputs}.values()),
        contexts={path: context for each in uploads for path, context in each.contexts.items()},
        environment_files=tuple(
            {raw.source: raw for each in uploads for raw in each.environment_files}.values()
        ),
        code_files={path: files for each in uploads for path, files in each.code_files.items()},
    )


def _register(
    connection: Connection,
    submissions: Sequence[Submission],
    uploads: Uploads,
    copies: UploadCopies,
    progress: Progress,
) -> dict[_Part, str]:
    """Register each step's component; the step of a job to the component's id."""
    described = {
        (number, name): step.component
        for number, submission in enumerate(submissions)
        for name, step in submission.job.jobs.items()
        if step.component.reference is None
    }
    components = {
        (number, name): submissions[number].components[name] for number, name in described
    }
    for part, component in components.items():
        environment = described[part].environment
        if isinstance(environment, str):
            # It was floating when the SDK read it.
            component.environment = environment
        # That of a sweep step has got variables since.
        component.command = described[part].command
    keys = {part: _identity(component) for part, component in described.items()}
    first_of = {key: part for part, key in reversed(keys.items())}
    total = len(first_of)
    counted = Counted(progress, "Registering steps", total)
    ids: dict[_Part, str] = {}

    def register(part: _Part) -> Any:
        made = use_storage(
            connection,
            f"registering the step '{part[1]}'",
            lambda: connection.ml.components.create_or_update(components[part]),
        )
        ids[part] = str(made.id)
        counted.one_more()
        return made

    remaining = list(first_of.values())
    progress.doing("Registering environments")
    _share_environments(connection, components, remaining, copies.contexts)
    for path, copy in copies.code.items():
        users = [part for part in remaining if described[part].code == path]
        first = users[0]
        progress.doing(f"Uploading code: {count(len(uploads.code[path].files), 'file')}")
        components[first].code = str(copy)
        uploaded = without_prefix(str(register(first).code))
        for part in users:
            components[part].code = uploaded
        remaining.remove(first)
    in_parallel(connection, register, remaining, REGISTER_THREADS)
    return {part: ids[first_of[key]] for part, key in keys.items()}


def _identity(component: Component) -> str:
    return json.dumps(component.model_dump(exclude_none=True), sort_keys=True)


def _share_environments(
    connection: Connection,
    components: Mapping[_Part, Any],
    parts: list[_Part],
    contexts: Mapping[Path, Path],
) -> None:
    """Register an environment that is described, and so has no name, once instead of once a step.

    The SDK names it after a hash of its content, so that an unchanged one is never built again.
    """
    known: dict[str, str] = {}
    for part in parts:
        environment = components[part].environment
        if environment is None or isinstance(environment, str):
            continue
        key = f"{environment.name}:{environment.version}"
        if key not in known:
            if environment.path is not None:
                environment.path = contexts.get(Path(environment.path), environment.path)
            make = partial(connection.ml.environments.create_or_update, environment)
            made = use_storage(connection, "registering the environment", make)
            known[key] = str(made.id)
        components[part].environment = known[key]


def _upload_inputs(connection: Connection, uploads: Uploads, progress: Progress) -> dict[Path, str]:
    """Upload the raw inputs, each content once; input to address, none if the SDK is to do it."""
    distinct = {raw.source: raw for raw in uploads.inputs}
    if not distinct:
        return {}
    total = sum(raw.size for raw in distinct.values())
    progress.doing(f"Uploading {count(len(distinct), 'input')} ({size(total)})")
    addresses: dict[Path, str | None] = {}

    def upload(sources: list[Path]) -> None:
        for source in sources:
            addresses[source] = use_storage(
                connection,
                f"uploading the input '{distinct[source].path}'",
                partial(sdk_private.upload_input, connection.ml, source),
            )

    # Equal content under an equal name has one address in storage. One after the other, the second
    # is found there; at the same time, both would be written.
    alike: dict[tuple[str, tuple[int, ...]], list[Path]] = {}
    for source, raw in distinct.items():
        sizes = tuple(sorted(size for size, _ in raw.files.values()))
        alike.setdefault((source.resolve().name, sizes), []).append(source)
    in_parallel(connection, upload, list(alike.values()), UPLOAD_THREADS)
    return {source: address for source, address in addresses.items() if address}


def _with_components(
    submission: Submission, components: Mapping[str, str], uploaded: Mapping[Path, str]
) -> dict[str, Any]:
    """Name each component instead of writing it out, and inputs where they are."""
    data = submission.job.model_dump(by_alias=True, exclude_none=True)
    for raw in submission.uploads.inputs:
        address = uploaded.get(raw.source)
        if address is not None:
            is_folder = data["inputs"][raw.name]["type"] == "uri_folder"
            data["inputs"][raw.name]["path"] = f"{address.rstrip('/')}/" if is_folder else address
    records = submission.job.step_records()
    for name, step in data["jobs"].items():
        key = component_key(step)
        component = step[key]
        if storage_of([records[name]]):
            variables = step.setdefault("environment_variables", {})
            variables.update(submission.storage_variables)
        step[key] = components[name]
        # What belongs to the node, and would be taken from a component that is written out.
        for shared in ("resources", "distribution"):
            if shared in component and shared not in step:
                step[shared] = component[shared]
    return data


def _load(text: str, base: Path) -> Any:
    return load_job(io.StringIO(text), relative_origin=str(base / "pipeline.yml"))
