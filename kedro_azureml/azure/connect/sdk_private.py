"""The only names of the SDK used here that are not public, each with a plain way around it.

What the public functions lack: when a step began and ended, why it failed, where the log of a
running step is, uploading an input before the job is made, where an output lies, tags of the jobs
of an endpoint, and saving a request. The contract is held by
``tests/service/azure/test_sdk_private.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from azure.ai.ml import MLClient

# azure-ai-ml, DatastoreType.
_BLOB_STORAGE = "AzureBlob"


def know_workspace(ml: MLClient, workspace: Any) -> None:
    """Tell the SDK the id of the workspace, which it asks for to name a cache that nobody needs.

    It does so for each job of steps. If it does not let itself be told, it asks once more.
    """
    identity = getattr(workspace, "_workspace_id", None)
    components: Any = ml.components
    if identity and getattr(components, "_client_key", "") is None:
        components._client_key = f"workspace/{identity}"  # noqa: SLF001


def runs_below(ml: MLClient, name: str) -> Iterable[Any] | None:
    """Run history's own description of each step of a job, in one request.

    Returns:
        Objects with `run_id`, `status`, `tags`, `display_name`, `start_time_utc`, `end_time_utc`,
        `error` and `compute`; None when this SDK cannot say.
    """
    try:
        runs = ml.jobs._runs_operations  # noqa: SLF001
        ask = runs._operation.get_child  # noqa: SLF001
        scope = (runs._subscription_id, runs._resource_group_name, runs._workspace_name)  # noqa: SLF001
    except AttributeError:
        return None
    children: Iterable[Any] = ask(*scope, name)
    return children


def run_details(ml: MLClient, run: str) -> Any | None:
    """Run history's details of a job or step.

    Returns:
        An object with `status`, `error`, `log_files` (name to signed address), `start_time_utc`
        and `end_time_utc`; None when this SDK cannot say.
    """
    try:
        ask = ml.jobs._runs_operations.get_run_details  # noqa: SLF001
    except AttributeError:
        return None
    return ask(run)


def give_tags_to_jobs(deployment: Any, tags: Mapping[str, str]) -> None:
    """Let the jobs that a deployment of a pipeline component starts have tags.

    The service documents them (`BatchPipelineComponentDeploymentConfiguration`, which has "tags
    which will be applied to the job"), and the SDK sends none. If it does not let itself be told,
    they have none.
    """
    make = getattr(deployment, "_to_rest_object", None)
    if make is None:
        return

    def make_with_tags(*arguments: Any, **options: Any) -> Any:
        made = make(*arguments, **options)
        configuration = getattr(made.properties, "deployment_configuration", None)
        if configuration is not None:
            configuration.tags = dict(tags)
        return made

    deployment._to_rest_object = make_with_tags  # noqa: SLF001


def download_artifacts(ml: MLClient, run: str, prefix: str, folder: Path) -> None:
    """Download those files in the history of a job or step whose names begin so.

    Raises:
        AttributeError, ImportError: This SDK downloads all of them or none.
    """
    module = import_module("azure.ai.ml._artifacts._artifact_utilities")
    store = "default"
    uri = ml.jobs._get_named_output_uri(run, store)[store]  # noqa: SLF001
    module.download_artifact_from_aml_uri(
        uri=f"{uri.rstrip('/')}/{prefix}",
        destination=str(folder),
        datastore_operation=ml.jobs._datastore_operations,  # noqa: SLF001
    )


def upload_input(ml: MLClient, path: Path) -> str | None:
    """Upload a file or folder to the default datastore, unless it holds the same already.

    Returns:
        Its address in the workspace; None when this SDK uploads only while it makes a job.
    """
    scope = getattr(ml, "_operation_scope", None)
    try:
        module = import_module("azure.ai.ml._artifacts._artifact_utilities")
    except ImportError:
        return None
    upload = getattr(module, "_upload_and_generate_remote_uri", None)
    if scope is None or upload is None:
        return None
    return str(upload(scope, ml.datastores, path))


@dataclass(frozen=True)
class BlobFolder:
    """Blobs of a container whose names begin alike.

    Attributes:
        account: The storage account's address.
        container: The container's name.
        prefix: How the names begin.
        credential: A signature, a key or a login.
    """

    account: str
    container: str
    prefix: str
    credential: Any = field(repr=False)


def find_output(
    ml: MLClient, run: str, output: str, *, is_model: bool = False
) -> BlobFolder | None:
    """Find where an output of a job or step lies.

    Args:
        ml: The workspace.
        run: The job or step.
        output: The output's name.
        is_model: Whether its type is that of a model.

    Returns:
        None when this SDK cannot say, or when it is not in blob storage.
    """
    try:
        find = ml.jobs._get_named_output_uri  # noqa: SLF001
        address = _model_address(ml, run, output) if is_model else find(run, output).get(output)
    except AttributeError:
        return None
    return None if address is None else find_blobs(ml, address)


def _model_address(ml: MLClient, run: str, output: str) -> str | None:
    """Ask for a model's address: azure-ai-ml 1.35 cannot write the body of this request itself."""
    details: Any = ml.jobs._runs_operations.get_run_data(run).run_metadata  # noqa: SLF001
    outputs = details.outputs or {}
    if output not in outputs:
        return None
    asset = outputs[output].asset_id
    operations = ml.jobs._model_dataplane_operations  # noqa: SLF001
    scope = (ml.subscription_id, ml.resource_group_name, str(ml.workspace_name))
    answer = operations._operation.batch_get_resolved_uris(  # noqa: SLF001
        *scope, body={"values": [asset]}
    )
    return str(answer["values"][asset]["path"])


def type_of_output(output: Any) -> str | None:
    """Return the type of a step's output in a job that was asked for.

    The public attribute is that of the step's component, of which only the name is known there.
    """
    kind = output.type or getattr(getattr(output, "_data", None), "type", None)
    return None if kind is None else str(kind)


def find_blobs(ml: MLClient, address: str) -> BlobFolder | None:
    """Find where an address of a datastore, short or long, leads to.

    Returns:
        None when this SDK cannot say, or when it is not in blob storage.
    """
    try:
        read_address = import_module("azure.ai.ml._utils._storage_utils").AzureMLDatastorePathUri
        look_up = import_module("azure.ai.ml._artifacts._artifact_utilities").get_datastore_info
        datastores = ml.jobs._datastore_operations  # noqa: SLF001
    except (AttributeError, ImportError):
        return None
    place = read_address(address)
    store = look_up(datastores, place.datastore)
    if store["storage_type"] != _BLOB_STORAGE:
        return None
    return BlobFolder(
        store["account_url"], store["container_name"], place.path, store["credential"]
    )
