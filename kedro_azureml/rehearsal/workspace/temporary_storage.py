"""Where the steps of a rehearsal find temporary storage."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.storage.access import USER_CONNECTION_VARIABLE, Access, is_container, open_store
from kedro_azureml.storage.errors import StorageError

FOLDER = "storage"


def access_of(url: str, access: Access | None, run_folder: Path) -> Access | None:
    """Return the access of the steps: the one in the options, or else a folder of the run.

    The data of a store of another package goes through the folder too: a rehearsal does not know
    it, and whatever leads to a container is not for it.
    """
    if access is None or (access != Access() and is_container(url)):
        return access
    return Access(folder=run_folder / FOLDER)


def check_account(url: str, connection_string: str) -> str:
    """Make sure that an account can be used; what to tell people of it.

    The container is made in an emulator, which starts empty; elsewhere it has to be there.

    Raises:
        DiagnosticError: KAZ801.
    """
    from kedro_azureml.storage.blob import BlobStore

    try:
        store = open_store(url, Access(connection_string=connection_string))
        assert isinstance(store, BlobStore)  # noqa: S101 - that is what the string leads to
        if urlsplit(store.url).hostname in ("127.0.0.1", "localhost", "azurite"):
            store.create_container()
        store.check()
    except StorageError as error:
        raise DiagnosticError(
            Diagnostic(
                "KAZ801",
                str(error),
                f"Correct {USER_CONNECTION_VARIABLE}, or unset it: then the data goes through a "
                "folder of the run.",
                where=USER_CONNECTION_VARIABLE,
            )
        ) from error
    return f"Data between steps goes through {store.url} ({USER_CONNECTION_VARIABLE})."
