"""A document becomes a job, with few requests and never twice.

The SDK's own way makes five requests a step, one after another. Here each thing is done once: the
code is uploaded with the first step's component, which tells the code's id; the other components
name that id and are registered at the same time; the job then names the components. Every request
is made by the SDK's public functions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from azure.ai.ml import load_job

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.datastore import use_storage
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.jobs.creation import create_job
from kedro_azureml.azure.parallel import in_parallel
from kedro_azureml.azure.progress import Counted, Progress
from kedro_azureml.azure.submit.uploads import UploadCopies, Uploads, copied
from kedro_azureml.formatting import count, size
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.references import id_reference, without_prefix
from kedro_azureml.job.step_record import storage_of
from kedro_azureml.job.yaml import dump_job

# The SDK's clients have ten connections each, but share the transport's own here.
REGISTER_THREADS = 16
# Each upload has threads of its own.
UPLOAD_THREADS = 4
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
    return {name: loaded.jobs[name].component for name in job.jobs}


def make_job(connection: Connection, submission: Submission, progress: Progress) -> Any:
    """Make the job, and return Azure ML's description of it.

    Raises:
        DiagnosticError: It was not made, or nobody knows.
    """
    with copied(submission.uploads) as copies:
        registered = _register(connection, submission, copies, progress)
        return _create(connection, submission, registered, progress)


def _register(
    connection: Connection, submission: Submission, copies: UploadCopies, progress: Progress
) -> dict[str, str]:
    """Register each step's component; step to the component's id."""
    components = submission.components
    for name, component in components.items():
        environment = submission.job.jobs[name].component.environment
        if isinstance(environment, str):
            # It was floating when the SDK read it.
            component.environment = environment
    keys = {name: _identity(submission, name) for name in components}
    first_of = {key: name for name, key in reversed(keys.items())}
    total = len(first_of)
    counted = Counted(progress, "Registering steps", total)
    ids: dict[str, str] = {}

    def register(name: str) -> Any:
        made = use_storage(
            connection,
            f"registering the step '{name}'",
            lambda: connection.ml.components.create_or_update(components[name]),
        )
        ids[name] = str(made.id)
        counted.one_more()
        return made

    remaining = list(first_of.values())
    progress.doing("Registering environments")
    _share_environments(connection, components, remaining, copies.contexts)
    for path, copy in copies.code.items():
        users = [n for n in remaining if submission.job.jobs[n].component.code == path]
        first = users[0]
        progress.doing(f"Uploading code: {count(len(submission.uploads.code[path].files), 'file')}")
        components[first].code = str(copy)
        uploaded = without_prefix(str(register(first).code))
        for name in users:
            components[name].code = uploaded
        remaining.remove(first)
    in_parallel(connection, register, remaining, REGISTER_THREADS)
    return {name: ids[first_of[key]] for name, key in keys.items()}


def _identity(submission: Submission, name: str) -> str:
    component = submission.job.jobs[name].component
    return json.dumps(component.model_dump(exclude_none=True), sort_keys=True)


def _share_environments(
    connection: Connection,
    components: Mapping[str, Any],
    names: list[str],
    contexts: Mapping[Path, Path],
) -> None:
    """Register an environment that is described, and so has no name, once instead of once a step.

    The SDK names it after a hash of its content, so that an unchanged one is never built again.
    """
    known: dict[str, str] = {}
    for name in names:
        environment = components[name].environment
        if environment is None or isinstance(environment, str):
            continue
        key = f"{environment.name}:{environment.version}"
        if key not in known:
            if environment.path is not None:
                environment.path = contexts.get(Path(environment.path), environment.path)
            make = partial(connection.ml.environments.create_or_update, environment)
            made = use_storage(connection, "registering the environment", make)
            known[key] = str(made.id)
        components[name].environment = known[key]


def _create(
    connection: Connection,
    submission: Submission,
    registered: Mapping[str, str],
    progress: Progress,
) -> Any:
    uploaded = _upload_inputs(connection, submission, progress)
    submission.uploads.check_unchanged()
    progress.doing("Submitting the job")
    with explained("reading the document"):
        text = _with_components(submission, registered, uploaded)
        job = _load(text, submission.base)
    job.name = submission.name
    return create_job(connection, job)


def _upload_inputs(
    connection: Connection, submission: Submission, progress: Progress
) -> dict[str, str]:
    """Upload the raw inputs, each content once; input to address, none if the SDK is to do it."""
    inputs = submission.uploads.inputs
    distinct = {raw.source: raw for raw in inputs}
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
    return {raw.name: address for raw in inputs if (address := addresses[raw.source])}


def _with_components(
    submission: Submission, registered: Mapping[str, str], uploaded: Mapping[str, str]
) -> str:
    """Name each component instead of writing it out, and inputs where they are."""
    data = submission.job.model_dump(by_alias=True, exclude_none=True)
    for name, address in uploaded.items():
        is_folder = data["inputs"][name]["type"] == "uri_folder"
        data["inputs"][name]["path"] = f"{address.rstrip('/')}/" if is_folder else address
    records = submission.job.step_records()
    for name, step in data["jobs"].items():
        component = step["component"]
        if storage_of([records[name]]):
            variables = step.setdefault("environment_variables", {})
            variables.update(submission.storage_variables)
        step["component"] = id_reference(registered[name])
        # What belongs to the node, and would be taken from a component that is written out.
        for key in ("resources", "distribution"):
            if key in component and key not in step:
                step[key] = component[key]
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def _load(text: str, base: Path) -> Any:
    return load_job(io.StringIO(text), relative_origin=str(base / "pipeline.yml"))
