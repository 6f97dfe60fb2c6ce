"""The only names of the SDK used here that are not public, each with a plain way around it.

What the public functions lack: when a step began and ended, why it failed, where the log of a
running step is, uploading an input before the job is made, where an output lies, and saving a
request. The contract is held by ``tests/service/azure/test_sdk_private.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def find_output(ml: MLClient, run: str, output: str) -> BlobFolder | None:
    """Find where an output of a job or step lies.

    Returns:
        None when this SDK cannot say, or when it is not in blob storage.
    """
    try:
        read_address = import_module("azure.ai.ml._utils._storage_utils").AzureMLDatastorePathUri
        look_up = import_module("azure.ai.ml._artifacts._artifact_utilities").get_datastore_info
        find = ml.jobs._get_named_output_uri  # noqa: SLF001
        datastores = ml.jobs._datastore_operations  # noqa: SLF001
    except (AttributeError, ImportError):
        return None
    address = find(run, output).get(output)
    if address is None:
        return None
    place = read_address(address)
    store = look_up(datastores, place.datastore)
    if store["storage_type"] != _BLOB_STORAGE:
        return None
    return BlobFolder(
        store["account_url"], store["container_name"], place.path, store["credential"]
    )
