"""A defect of kedro-azureml: whose an exception is, and how a person learns of it.

The traceback goes to a file, because a terminal is for what a person can act on. Set
``KEDRO_AZUREML_DEBUG=1`` to see tracebacks at once.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import shown
from kedro_azureml.job.local_folder import LOCAL_FOLDER
from kedro_azureml.job.secrets.redaction import redact

DEBUG_VARIABLE = "KEDRO_AZUREML_DEBUG"
_PACKAGES = ("kedro-azureml", "kedro", "azure-ai-ml", "click", "pydantic")
_LONGEST = 300


def is_debugging() -> bool:
    """Tell whether tracebacks are wanted on the terminal."""
    return os.environ.get(DEBUG_VARIABLE, "").strip().lower() not in ("", "0", "false", "no")


def is_raised_by(error: BaseException, package: str) -> bool:
    """Tell whether an exception comes out of a package, and not out of this one that called it.

    The innermost frame of the two decides: a helper that either calls belongs to the caller.
    """
    owner = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if module in (package, "kedro_azureml"):
            owner = module
        trace = trace.tb_next
    return owner == package


def defect(error: BaseException, activity: str | None = None) -> Diagnostic:
    """Say that an exception is a defect of kedro-azureml, and write its traceback to a file.

    Args:
        error: The exception.
        activity: What was being done, to follow "while".
    """
    doing = f", while {activity}" if activity else ""
    text = " ".join(redact(str(error)).split())[:_LONGEST]
    kind = f"{type(error).__name__}: {text}" if text else type(error).__name__
    file = _write(error)
    place = (
        f"The traceback is in {shown(file)}."
        if file
        else f"Set {DEBUG_VARIABLE}=1 to see the traceback, which could not be written to a file."
    )
    return Diagnostic(
        "KAZ901",
        f"kedro-azureml failed by a defect of its own{doing}: {kind.rstrip('.')}. {place}",
        "Please report it to the developers of kedro-azureml, with that traceback; secrets are "
        "left out of it.",
    )


def full_traceback(error: BaseException) -> str:
    """Format an exception with everything that led to it, without secrets.

    What ``raise ... from None`` hides from users is of use to whoever looks for a cause.
    """
    parts: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        lines = traceback.format_exception(type(cause), cause, cause.__traceback__, chain=False)
        parts.append("".join(lines))
        cause = cause.__cause__ or cause.__context__
    return redact("\nwhich came after:\n\n".join(parts))


def _write(error: BaseException) -> Path | None:
    moment = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    text = f"{_versions()}\n{full_traceback(error)}"
    for folder in (_runs_folder(), Path(tempfile.gettempdir())):
        if folder is None:
            continue
        try:
            number, name = tempfile.mkstemp(".txt", f"defect-{moment}-", folder, text=True)
            with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return Path(name)
    return None


def _runs_folder() -> Path | None:
    """Return the folder of the project's runs, if there is one: nothing in it is committed."""
    here = Path.cwd()
    folders = (folder / LOCAL_FOLDER for folder in (here, *here.parents))
    return next((folder for folder in folders if folder.is_dir()), None)


def _versions() -> str:
    lines = [f"Python {platform.python_version()} on {sys.platform}"]
    for package in _PACKAGES:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return "\n".join(lines)
