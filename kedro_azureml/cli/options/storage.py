"""How ``kedro azureml storage`` opens the temporary storage of azureml.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro_azureml.cli.options.workspace import open_project
from kedro_azureml.cli.questions import ask_for_key
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.storage import Store


def open_storage(metadata: Any, env: str | None) -> Store:
    """Open the temporary storage that azureml.yml names; its address is printed."""
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    from kedro_azureml.azure.storage_access import open_owned

    azure = open_project(metadata, env).required_config().azure
    store = open_owned(azure, ask_for_key())
    echo(f"Temporary storage: {store.url}", err=True)
    return store
