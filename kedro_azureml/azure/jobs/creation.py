"""The creation of a job under a name of its own, never twice."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explain, is_missing
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

_LONGEST_NAME = 80


def new_job_name(title: str | None) -> str:
    """Make a name that no other job has: of its title, the time and a random part."""
    stem = re.sub(r"[^a-z0-9]+", "-", (title or "kedro").lower()).strip("-")
    moment = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    suffix = f"-{moment}-{secrets.token_hex(3)}"
    return f"{(stem or 'kedro')[: _LONGEST_NAME - len(suffix)]}{suffix}"


def create_job(connection: Connection, job: Any) -> Any:
    """Create a job under its name, and find out whether it exists when that seems to fail.

    Args:
        connection: The workspace.
        job: The job as the SDK has it, whose components are registered.

    Raises:
        DiagnosticError: It was not created, or nobody knows (KAZ715).
    """
    return create_named(
        connection,
        str(job.name),
        lambda: connection.ml.jobs.create_or_update(job, skip_validation=True),
        "submitting the job",
    )


def create_named(connection: Connection, name: str, create: Callable[[], Any], doing: str) -> Any:
    """Create a job under a name that was chosen before, likewise.

    Args:
        connection: The workspace.
        name: The name.
        create: Sends the request.
        doing: What that is, for people.

    Raises:
        DiagnosticError: It was not created, or nobody knows (KAZ715).
    """
    try:
        return create()
    except Exception as error:
        existing = find_created_job(connection, name)
        if existing is not None:
            return existing
        raise DiagnosticError(explain(error, doing)) from error
    except KeyboardInterrupt:
        raise DiagnosticError(_fate_unknown(name, "The submission was interrupted")) from None


def find_created_job(connection: Connection, name: str) -> Any | None:
    """Return the job of a name, or None when there is none.

    Raises:
        DiagnosticError: KAZ715, nobody can say.
    """
    try:
        return connection.ml.jobs.get(name)
    except Exception as error:
        if is_missing(error):
            return None
        raise DiagnosticError(
            [
                explain(error, "looking for the job"),
                _fate_unknown(name, "The connection failed while the job was submitted"),
            ]
        ) from error


def _fate_unknown(name: str, why: str) -> Diagnostic:
    return Diagnostic(
        "KAZ715",
        f"{why}, so the job '{name}' may or may not exist.",
        f"Look with 'kedro azureml job show {name}' before you run the command again.",
    )
