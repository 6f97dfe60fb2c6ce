"""``.env`` to a vault: one secret a variable, and only what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.azure.secrets.vaults import as_diagnostic
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.secrets.here import read_dotenv
from kedro_azureml.secrets.names import (
    problem_of_name,
    problem_of_value,
    same_in_vault,
    vault_name,
)
from kedro_azureml.secrets.vault import Vault, has_value, stored_secrets, write_value
from kedro_azureml.secrets.vault_errors import VaultError


@dataclass(frozen=True)
class Pushing:
    """What is to be written.

    Attributes:
        new: Variables that the vault has no secret for.
        changed: Those whose secret has another value, or is disabled.
        unchanged: Those whose secret has that value already.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The variables to write."""
        return (*self.new, *self.changed)


def read_variables(path: Path, names: Sequence[str], shown: str) -> dict[str, str]:
    """Read the variables of a file that are to be pushed.

    Args:
        path: The file.
        names: Which of them; none stands for all.
        shown: What to call the file.

    Raises:
        DiagnosticError: KAZ107 for a file or a name that is not there, KAZ815 for all that no vault
            takes, at once. No message has a value in it.
    """
    try:
        file = read_dotenv(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is no UTF-8 text"
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                f"'{shown}' cannot be read: {reason}.",
                "Name a file of lines NAME=value.",
                where=shown,
            )
        ) from None
    values = {name: file.values[name] for name in names or file.values if name in file.values}
    problems = [*_unknown(names, file.values, shown), *_broken(file.broken, shown)]
    problems += _refused(values, shown)
    if not values and not problems:
        problems.append(_problem(f"'{shown}' holds no variable.", "Write NAME=value.", shown))
    if problems:
        raise DiagnosticError(problems)
    return values


def compare(vault: Vault, values: Mapping[str, str]) -> Pushing:
    """Compare the variables with what the vault has.

    Raises:
        DiagnosticError: The vault cannot be asked.
    """
    new, changed, unchanged = [], [], []
    try:
        stored = stored_secrets(vault)
        for variable, value in values.items():
            found = stored.get(vault_name(variable).lower())
            if found is None:
                new.append(variable)
            elif found.enabled and has_value(vault, variable, value):
                unchanged.append(variable)
            else:
                changed.append(variable)
    except VaultError as error:
        raise DiagnosticError(as_diagnostic(error)) from error
    return Pushing(tuple(new), tuple(changed), tuple(unchanged))


def push(vault: Vault, values: Mapping[str, str], variables: Iterable[str]) -> None:
    """Write variables into the vault.

    Raises:
        DiagnosticError: One was refused; those before it are written.
    """
    try:
        for variable in variables:
            write_value(vault, variable, values[variable])
    except VaultError as error:
        raise DiagnosticError(as_diagnostic(error)) from error


def _refused(values: Mapping[str, str], shown: str) -> Iterator[Diagnostic]:
    for variable, value in values.items():
        if problem := problem_of_name(variable):
            yield _problem(f"'{variable}' {problem}.", "Rename it, or leave it out.", shown)
        if problem := problem_of_value(value):
            yield _problem(f"'{variable}' {problem}.", "Leave it out.", shown)
    for one, other in same_in_vault(values):
        yield _problem(
            f"'{one}' and '{other}' would be one secret in the vault, '{vault_name(one)}'.",
            "Rename one of them.",
            shown,
        )


def _unknown(names: Iterable[str], known: Iterable[str], shown: str) -> Iterator[Diagnostic]:
    for name in names:
        if name not in known:
            message = f"'{shown}' has no variable '{name}'."
            yield Diagnostic("KAZ107", message, nearest(name, known), where=shown)


def _broken(lines: Iterable[int], shown: str) -> Iterator[Diagnostic]:
    for line in lines:
        yield _problem("The line is no NAME=value.", "Correct it.", f"{shown}:{line}")


def _problem(message: str, remedy: str, where: str) -> Diagnostic:
    return Diagnostic("KAZ815", message, f"{remedy} Nothing was written.", where=where)
