"""What the address of an input leads to in the workspace, and whether an input can be that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from kedro_azureml.azure.assets import AssetKind, look_up, names_of
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explain, is_broken_answer, is_missing
from kedro_azureml.azure.connect.sdk_private import BlobFolder, find_output
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.data_address import datastore_of, is_version, job_output_of
from kedro_azureml.job.references import AssetReference, without_prefix

_MODELS = ("mlflow_model", "custom_model", "triton_model")
# What a shell expands or ends a word with: Azure ML puts a file's name into a command unquoted.
_UNQUOTABLE = re.compile(r"[$`\\\"']")


@dataclass(frozen=True)
class DataSource:
    """What an address leads to.

    Attributes:
        path: Where the data lies, as Azure ML says it.
        type: What Azure ML calls it; None where nobody knows.
        reference: The asset with its version; None of what is no asset.
    """

    path: str
    type: str | None = None
    reference: str | None = None

    @property
    def version(self) -> str | None:
        """The asset's version."""
        asset = AssetReference.parse(self.reference or "")
        return asset.version if asset else None


def find_source(connection: Connection, address: str, kind: str, where: str) -> DataSource:
    """Find what the address of an input leads to.

    Args:
        connection: The workspace.
        address: As a document has it.
        kind: The input's type.
        where: Where the user names it.

    Raises:
        DiagnosticError: KAZ707, it leads nowhere; or it cannot be looked up. What the workspace
            knows nothing of, such as ``https://...`` and registries, is not looked up.
    """
    named = AssetReference.parse(address)
    if named is not None:
        what: AssetKind = "model" if kind in _MODELS else "data asset"
        asset = look_up(connection, what, named, where)
        version = str(asset.version)
        if not is_version(version):
            raise DiagnosticError(_no_version(what, named.name, version, where))
        reference = str(AssetReference(named.name, version))
        return DataSource(str(asset.path), str(asset.type), reference)
    if datastore := datastore_of(address, connection.target.workspace):
        check_datastore(connection, datastore[0], where)
    elif output := job_output_of(address):
        _check_job(connection, output[0], where)
    return DataSource(address)


def misfit(name: str, kind: str, source: DataSource, where: str) -> Diagnostic | None:
    """Report KAZ716 and KAZ401: data that an input of this type cannot be.

    Args:
        name: The input.
        kind: Its type.
        source: What its address leads to.
        where: Where the user names it.
    """
    # Any model's files will do for a custom one.
    if source.type is not None and kind not in (source.type, "custom_model"):
        return Diagnostic(
            "KAZ716",
            f"The input '{name}' is a {kind}, and {without_prefix(source.reference or '')} is a "
            f"{source.type}.",
            f"Write 'type: {source.type}' below metadata.azureml of its catalog entry if its "
            "dataset can read that, or name another asset.",
            where=where,
        )
    file = PurePosixPath(source.path).name
    if kind == "uri_file" and _UNQUOTABLE.search(file):
        return Diagnostic(
            "KAZ401",
            f"The input '{name}' is the file '{file}', whose name no command can hold: Azure ML "
            "puts it there unquoted.",
            "Register the file under a name without quotes, '$' and backslashes.",
            where=where,
        )
    return None


def output_place(connection: Connection, address: str) -> BlobFolder | None:
    """Return where the output of a job lies; None of other addresses, or if nobody can say."""
    found = job_output_of(address)
    if found is None:
        return None
    job, output, path = found
    folder = find_output(connection.ml, job, output)
    if folder is None or not path:
        return folder
    prefix = f"{folder.prefix.rstrip('/')}/{path}"
    return BlobFolder(folder.account, folder.container, prefix, folder.credential)


def _no_version(what: str, name: str, version: str, where: str) -> Diagnostic:
    return Diagnostic(
        "KAZ707",
        f"The latest version of the {what} '{name}' is called {version!r}, which is no name of a "
        "version.",
        "Name another version.",
        where=where,
    )


def check_datastore(connection: Connection, name: str, where: str) -> None:
    """Make sure that the workspace has a datastore.

    Raises:
        DiagnosticError: KAZ707, it has none of that name; or it cannot be looked up.
    """
    try:
        connection.transport.repeat(lambda: connection.ml.datastores.get(name), is_broken_answer)
    except Exception as error:
        if not is_missing(error):
            raise DiagnosticError(explain(error, f"looking up the datastore '{name}'")) from error
        known = names_of(lambda: connection.ml.datastores.list())
        raise DiagnosticError(
            Diagnostic(
                "KAZ707",
                f"The workspace has no datastore '{name}'.",
                f"{nearest(name, known)} Create it with 'az ml datastore create', or correct the "
                "name.".strip(),
                where=where,
            )
        ) from error


def _check_job(connection: Connection, name: str, where: str) -> None:
    try:
        connection.transport.repeat(lambda: connection.ml.jobs.get(name), is_broken_answer)
    except Exception as error:
        if not is_missing(error):
            raise DiagnosticError(explain(error, f"looking up the job '{name}'")) from error
        message = f"The workspace has no job '{name}', whose output is to be read."
        remedy = "'kedro azureml job list' shows the jobs of the experiment."
        raise DiagnosticError(Diagnostic("KAZ707", message, remedy, where=where)) from error
