"""Versioned assets of a workspace, looked up by name; what is missing, with what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explain, is_broken_answer, is_missing_asset
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.references import AssetReference

AssetKind = Literal["environment", "data asset", "model"]
_CODES: dict[AssetKind, str] = {"environment": "KAZ706"}
_MISSING = "KAZ707"
_REMEDIES: dict[AssetKind, str] = {
    "environment": "Create it with 'az ml environment create', or correct its name in azureml.yml.",
    "data asset": "Create it with 'az ml data create', or correct the name.",
    "model": "Create it with 'az ml model create', or correct the name.",
}


def look_up(connection: Connection, kind: AssetKind, asset: AssetReference, where: str) -> Any:
    """Return Azure ML's own description of an asset.

    Args:
        connection: The workspace.
        kind: What it is.
        asset: Its name, and its version or label.
        where: Where the user names it.

    Raises:
        DiagnosticError: It is missing (KAZ706, KAZ707), or cannot be looked up.
    """
    ml = connection.ml
    operations: Any = {"environment": ml.environments, "model": ml.models}.get(kind, ml.data)
    try:
        return connection.transport.repeat(
            lambda: operations.get(asset.name, version=asset.version, label=asset.label),
            _is_worth_repeating,
        )
    except Exception as error:
        if is_missing_asset(error):
            raise DiagnosticError(_missing(operations, kind, asset, where)) from error
        raise DiagnosticError(explain(error, f"looking up the {kind} '{asset.name}'")) from error


def names_of(list_them: Callable[[], Iterable[Any]], attribute: str = "name") -> set[str]:
    """Return the names that exist instead; none if they cannot be listed."""
    try:
        return {str(getattr(item, attribute)) for item in list_them() if item is not None}
    except Exception:
        return set()


def _is_worth_repeating(error: BaseException) -> bool:
    return is_broken_answer(error) and not is_missing_asset(error)


def _missing(operations: Any, kind: AssetKind, asset: AssetReference, where: str) -> Diagnostic:
    names = names_of(lambda: operations.list())
    if asset.version is not None and asset.name in names:
        versions = names_of(lambda: operations.list(name=asset.name), "version")
        message = f"The {kind} '{asset.name}' has no version '{asset.version}'."
        hint = nearest(asset.version, versions)
    else:
        message = f"The workspace has no {kind} '{asset.name}'."
        hint = nearest(asset.name, names)
    code = _CODES.get(kind, _MISSING)
    return Diagnostic(code, message, f"{hint} {_REMEDIES[kind]}".strip(), where=where)
