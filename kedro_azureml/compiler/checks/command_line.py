"""Checks of values on the command line that the document will hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.secrets.names import is_secret_name

_ENV_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def check_request(request: CompileRequest) -> Iterator[Diagnostic]:
    """Report KAZ107: environment variables and parameters on the command line."""
    for name in request.env_vars:
        if not _ENV_NAME.fullmatch(name):
            yield Diagnostic(
                "KAZ107",
                f"'{name}' cannot be the name of an environment variable.",
                "Use letters, digits and underscores, as in --env-var LOG_LEVEL=INFO.",
                where="--env-var",
            )
        elif is_secret_name(name):
            yield Diagnostic(
                "KAZ107",
                f"The value of '{name}' stands in the compiled document for everyone to read.",
                "Do not pass secrets this way: let the step use an identity or a key vault.",
                severity="warning",
                where="--env-var",
            )
    for name in _secret_parameters(request.params):
        yield Diagnostic(
            "KAZ107",
            f"The value of the parameter '{name}' stands in the compiled document for everyone to "
            "read.",
            "Do not pass secrets this way: let the step use an identity or a key vault.",
            severity="warning",
            where="--params",
        )


def _secret_parameters(params: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _secret_parameters(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value and is_secret_name(str(key)):
            yield f"{prefix}{key}"
