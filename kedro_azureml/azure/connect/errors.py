"""What went wrong with Azure, as findings for a person: no traceback, no secret."""

from __future__ import annotations

import contextlib
import errno
import json
import re
from collections.abc import Iterator
from typing import Any

from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from marshmallow import ValidationError

from kedro_azureml.azure.connect.transport import CUT_SHORT, NOT_AZURES
from kedro_azureml.defects import defect, is_raised_by
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import Lines
from kedro_azureml.job.secrets.redaction import redact

_MAX_SHOWN = 400
_ATTEMPTED = re.compile(r"^\s*(\w+Credential): (.*)", re.MULTILINE)
_HOST = re.compile(r"host='([^']+)'|Failed to resolve '([^']+)'")
_REASONS = (
    (re.compile(CUT_SHORT), "its answers are cut short"),
    (re.compile(r"keeps answering (\d+)"), "it keeps failing"),
    (re.compile(NOT_AZURES), "what answers is not Azure, perhaps a gateway's or a login's page"),
    (re.compile(r"ProxyError|Unable to connect to proxy|Tunnel connection"), "the proxy fails"),
    (re.compile(r"getaddrinfo|NameResolution|resolve"), "its name cannot be resolved"),
    (re.compile(r"CERTIFICATE|SSL", re.IGNORECASE), "its certificate is not trusted"),
    (re.compile(r"timed? ?out", re.IGNORECASE), "no answer in time"),
    (re.compile(r"refused"), "the connection is refused"),
    (re.compile(r"aborted|reset|RemoteDisconnected"), "the connection breaks"),
)
_STORAGE = re.compile(r"^https://[^/]+\.(blob|dfs)\.")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_DETAILS = re.compile(r"Details: (?:\(x\) )?(.+?) Resolutions: ")
_NOT_FOUND = {
    "SubscriptionNotFound": "subscription",
    "InvalidSubscriptionId": "subscription",
    "ResourceGroupNotFound": "resource group",
}
_WRONG_TENANT = "InvalidAuthenticationTokenTenant"
AZURE_ERRORS = (AzureError, MlException, ValidationError, OSError)


@contextlib.contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn whatever is raised in the ``with`` block into a `DiagnosticError`.

    What Azure and its SDK raise is told as theirs, anything else as a defect of this package.

    Args:
        doing: What is being done, to follow "while".
    """
    try:
        yield
    except DiagnosticError:
        raise
    except Exception as error:
        raise DiagnosticError(explain(error, doing)) from error


def explain(error: BaseException, doing: str) -> Diagnostic:
    """Find what is wrong behind an exception of Azure's, of its SDK's, or of our own."""
    status, code, message = _answer(error)
    if isinstance(error, ClientAuthenticationError) and status is None:
        return not_logged_in(str(error))
    if status == 401:
        return _refused_login(code, message)
    if status == 403:
        return Diagnostic(
            "KAZ703",
            f"Azure denied you permission while {doing}: {message}",
            "Ask an owner of the workspace for the role 'AzureML Data Scientist', and for 'Storage "
            "Blob Data Contributor' on its storage account; a new role takes some minutes.",
        )
    if status == 404 and code in _NOT_FOUND:
        return Diagnostic(
            "KAZ704",
            f"The {_NOT_FOUND[code]} does not exist, or you cannot see it: {message}",
            "Check azureml.yml and -s/--subscription-id; 'az account list' shows what you can see.",
        )
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return _unreachable(_network_reason(str(error)), doing)
    if status is not None and (status in (408, 429) or status >= 500):
        return _unreachable(f"it keeps answering {status}, {message}", doing)
    if isinstance(error, OSError) and not isinstance(error, HttpResponseError):
        return _file_error(error, doing)
    if _is_defect(error):
        return defect(error, doing)
    return Diagnostic(
        "KAZ708",
        f"Azure ML refused a request while {doing}: {message}",
        "Correct what it names. If it should be correct, try the document with 'kedro azureml run "
        "--local' and 'az ml job create -f'.",
    )


def _file_error(error: OSError, doing: str) -> Diagnostic:
    named = f" '{error.filename}'" if error.filename else ""
    reason = error.strerror or _short(error).rstrip(".")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Diagnostic(
            "KAZ604",
            f"There is no space left on the disk while {doing}: {reason}"
            + (f", '{error.filename}'." if error.filename else "."),
            "Free some space, or set TMPDIR to another disk, and run the command again.",
        )
    remedy = "Run the command again when nothing changes the project's files."
    if isinstance(error, PermissionError):
        remedy = "Change its permissions, and run the command again."
    elif not isinstance(error, FileNotFoundError):
        remedy = "Remove the cause, and run the command again."
    return Diagnostic(
        "KAZ713", f"A file{named} could not be read or written while {doing}: {reason}.", remedy
    )


def _is_defect(error: BaseException) -> bool:
    """Tell whether an exception is of our own making, and not Azure's or its SDK's.

    The SDK also raises what Python has: ValueError, KeyError, Exception itself.
    """
    if isinstance(error, AZURE_ERRORS) or _http_error(error) is not None:
        return False
    return error.__traceback__ is not None and not is_raised_by(error, "azure")


def storage_status(error: BaseException) -> int | None:
    """Return the status of blob storage's answer behind an exception; None if it is no such."""
    answer = _http_error(error)
    if answer is None:
        return None
    address = getattr(getattr(answer.response, "request", None), "url", "")
    return answer.status_code if _STORAGE.search(str(address)) else None


def is_broken_answer(error: BaseException) -> bool:
    """Tell whether the SDK could make nothing of an answer, or of its own threads.

    Its storage clients read a gateway's page as if it were the storage's answer; its maps are
    filled by several threads at once.
    """
    answer = _http_error(error)
    if answer is not None:
        return answer.status_code is not None and answer.status_code < 400
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError | ServiceRequestError | ServiceResponseError):
            return False
        cause = cause.__cause__
    return not isinstance(error, ClientAuthenticationError) and not _is_defect(error)


def is_missing(error: BaseException) -> bool:
    """Tell whether Azure says that something does not exist."""
    return _answer(error)[0] == 404


def is_missing_asset(error: BaseException) -> bool:
    """Tell whether Azure, or the SDK after listing versions, says that an asset is missing."""
    if is_missing(error):
        return True
    cause: BaseException | None = error
    while cause is not None:
        kind = getattr(cause, "error_type", None)
        if getattr(kind, "name", "") == "RESOURCE_NOT_FOUND":
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def not_logged_in(text: str) -> Diagnostic:
    """Report KAZ702: which credentials were tried, why each failed, and what to do."""
    tried = {name: redact(reason).split(". ")[0] for name, reason in _ATTEMPTED.findall(text)}
    lines = [f"- {name}: {_cut(reason.rstrip('. '), 160)}" for name, reason in tried.items()]
    intro = "No login to Azure works. What was tried:"
    return Diagnostic(
        "KAZ702",
        Lines(intro, *lines) if lines else f"{intro} {_cut(redact(text))}",
        "Run 'az login', or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for a "
        "service principal.",
    )


def bad_variables(error: ValueError) -> Diagnostic:
    """Report KAZ702 for variables of a service principal that hold no such thing."""
    return Diagnostic(
        "KAZ702",
        f"The variables of a service principal cannot be used: {_sentence(str(error))}",
        "Set all of AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or unset them and "
        "run 'az login'.",
    )


def _refused_login(code: str, message: str) -> Diagnostic:
    if code == _WRONG_TENANT:
        remedy = "Log in to the subscription's own tenant: 'az login --tenant TENANT'."
    else:
        remedy = "Log in again: 'az login', or renew the service principal's secret."
    return Diagnostic("KAZ702", f"Azure does not accept the login: {message}", remedy)


def _unreachable(reason: str, doing: str) -> Diagnostic:
    return Diagnostic(
        "KAZ709",
        f"Azure could not be reached while {doing}: {reason}",
        "Check the network, the proxy (HTTPS_PROXY) and https://status.azure.com, and run the "
        "command again.",
    )


def _network_reason(text: str) -> str:
    """Say which host does not answer, and why, from what the HTTP library reports."""
    host = _HOST.search(text)
    named = f"'{host[1] or host[2]}' does not answer" if host else "no answer"
    reason = next((why for pattern, why in _REASONS if pattern.search(text)), None)
    return f"{named} ({reason})." if reason else f"{named}: {_sentence(text)}"


def _answer(error: BaseException) -> tuple[int | None, str, str]:
    """Return status, code and message of the response behind an exception, if any."""
    refusal = _http_error(error)
    if refusal is None:
        return None, "", _short(error)
    code = str(getattr(refusal.error, "code", None) or "")
    message = getattr(refusal.error, "message", None)
    if not message:
        code, message = _from_body(refusal, code)
    return refusal.status_code, code, _sentence(str(message or refusal.reason or refusal))


def _http_error(error: BaseException | None) -> HttpResponseError | None:
    """Return the response behind an exception, around which the SDK wraps some of its own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, HttpResponseError) and error.status_code is not None:
            return error
        error = getattr(error, "_error", None) or error.__cause__
    return None


def _from_body(error: HttpResponseError, code: str) -> tuple[str, str | None]:
    try:
        body: Any = json.loads(error.response.text()) if error.response else None
        inner = body.get("error", body)
        return str(inner.get("code") or code), inner.get("message")
    except (ValueError, AttributeError, TypeError):
        return code, None


def _short(error: BaseException) -> str:
    text = str(getattr(error, "message", None) or error)
    if not isinstance(error, AZURE_ERRORS) or not text:
        text = f"{type(error).__name__}: {text}".rstrip(": ")
    return _sentence(text)


def _sentence(text: str) -> str:
    joined = " ".join(redact(_COLOUR.sub("", text)).split())
    # The SDK wraps some findings into advice on the command line of `az`.
    details = _DETAILS.search(joined)
    joined = details[1] if details else joined
    return _cut(joined) if joined.endswith((".", "!", "?")) else f"{_cut(joined)}."


def _cut(text: str, limit: int = _MAX_SHOWN) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
