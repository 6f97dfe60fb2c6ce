"""Uses of the workspace's own storage, through the SDK.

The SDK asks the workspace for the storage's key (``listSecrets``). When that is refused it tries
the user's own login, and only that second refusal reaches the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explain, is_broken_answer, storage_status
from kedro_azureml.diagnostics import DiagnosticError

# Throttling, which `azure.storage.blob` does not repeat; and a blob that is there already: of an
# upload at the same time, or of a request whose answer was lost.
_HEALED = frozenset({409, 429})
_FORBIDDEN = 403
_MOST_REFUSALS = 2
_Result = TypeVar("_Result")


def use_storage(connection: Connection, activity: str, action: Callable[[], _Result]) -> _Result:
    """Do something with the workspace's storage, again where that may help.

    Args:
        connection: The workspace.
        activity: What is being done, to follow "while".
        action: Does it; a second time finds again what the first time left.

    Raises:
        DiagnosticError: It failed, with the cause that was first.
    """
    refusals = 0

    def is_worth_repeating(error: Exception) -> bool:
        nonlocal refusals
        status = storage_status(error)
        if status in _HEALED:
            return True
        secret = status == _FORBIDDEN and connection.transport.secrets_refusal is not None
        if not secret and not is_broken_answer(error):
            return False
        # These may as well be meant, and then nobody waits for long.
        refusals += 1
        return refusals <= _MOST_REFUSALS

    try:
        return connection.transport.repeat(action, is_worth_repeating)
    except DiagnosticError:
        raise
    except Exception as error:
        finding = explain(error, activity)
        refusal = connection.transport.secrets_refusal
        if storage_status(error) == _FORBIDDEN and refusal is not None:
            finding = replace(
                finding,
                message=f"{finding.message} The storage was asked with your own login because the "
                f"workspace does not give out its key: {refusal}.",
            )
        raise DiagnosticError(finding) from error
