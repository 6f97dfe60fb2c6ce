"""Fetches a file from an address of the web, with no login: it is for what anybody may read."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import RedirectPolicy
from azure.core.rest import HttpRequest

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.progress import Progress
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import size

_STEP = 16 << 20
_OK = 200


def fetch_file(
    connection: Connection, url: str, folder: Path, activity: str, progress: Progress
) -> None:
    """Download a file into a folder, under the last part of its address.

    Args:
        connection: Whose transport is used; its login is not.
        url: The address.
        folder: Where the file goes.
        activity: What is being done, to follow "while".
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: KAZ717, the answer is no file; KAZ709, there is none.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name or "file"
    with explained(activity):
        pipeline = Pipeline(connection.transport, [RedirectPolicy()])
        # The type that azure-core declares has no blocks.
        response: Any = pipeline.run(HttpRequest("GET", url), stream=True).http_response
        if response.status_code != _OK:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ717",
                    f"{_without_query(url)} answers {response.status_code}, and is asked without a "
                    "login.",
                    "Correct the address, or name the data by a datastore of the workspace.",
                )
            )
        done = said = 0
        with (folder / name).open("wb") as file:
            for block in response.iter_bytes():
                file.write(block)
                done += len(block)
                if done - said > _STEP:
                    said = done
                    progress.doing(f"Fetching {name}: {size(done)}")
        response.close()
        expected = response.headers.get("Content-Length")
        if expected and "Content-Encoding" not in response.headers and int(expected) != done:
            message = f"{_without_query(url)} broke off after {size(done)}."
            raise DiagnosticError(Diagnostic("KAZ717", message, "Run the command again."))


def _without_query(url: str) -> str:
    """Leave out what may be a signature."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
