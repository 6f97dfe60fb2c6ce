"""What a secret is called: as a variable of a process, and in a vault.

A vault takes letters, digits and dashes, and no notice of case; a variable has underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# docs/architecture/azureml-capabilities.md#5-identity-and-secrets
LONGEST_NAME = 127
LARGEST_VALUE = 25 * 1024

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# What Azure ML, this package or the process itself cannot do without.
_RESERVED = re.compile(
    r"AZUREML_.*|AZURE_ML_.*|KEDRO_AZUREML_.*|KEY_VAULT_URL|PATH|HOME|PWD|PYTHONPATH|LD_.*"
)


def problem_of_name(variable: str) -> str | None:
    """Say why a variable cannot be a secret, or None.

    Example:
        >>> problem_of_name("DB_PASSWORD") is None
        True
        >>> problem_of_name("db.password")
        'is no name of a variable: letters, digits and underscores, no digit first'
    """
    if not _VARIABLE.fullmatch(variable):
        return "is no name of a variable: letters, digits and underscores, no digit first"
    if len(variable) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters, which no vault takes"
    if _RESERVED.fullmatch(variable):
        return "is a variable of Azure ML's or of the process itself"
    return None


def problem_of_value(value: str) -> str | None:
    """Say why a vault does not take a value, without telling anything of it, or None."""
    if not value:
        return "has no value"
    size = len(value.encode())
    if size > LARGEST_VALUE:
        return f"has {size:,} bytes, and a vault takes {LARGEST_VALUE:,}"
    return None


def vault_name(variable: str) -> str:
    """Return what a variable's secret is called in a vault.

    Example:
        >>> vault_name("DB_PASSWORD")
        'DB-PASSWORD'
    """
    return variable.replace("_", "-")


def same_in_vault(variables: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of variables that would be one secret: a vault takes no notice of case.

    Example:
        >>> same_in_vault(["A_B", "a_b", "C"])
        [('A_B', 'a_b')]
    """
    first: dict[str, str] = {}
    pairs = []
    for variable in dict.fromkeys(variables):
        other = first.setdefault(vault_name(variable).lower(), variable)
        if other != variable:
            pairs.append((other, variable))
    return pairs
