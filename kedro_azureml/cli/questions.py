"""Questions to whoever sits at the terminal, if somebody does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import one_line

if TYPE_CHECKING:
    from kedro_azureml.azure.computes.spec import ComputeSpec


def is_interactive() -> bool:
    """Tell whether there is someone to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm_deletion(what: str) -> bool:
    """Ask whether something of the workspace is to be deleted.

    Raises:
        DiagnosticError: KAZ108, there is no terminal to ask on.
    """
    if not is_interactive():
        raise DiagnosticError(
            Diagnostic(
                "KAZ108",
                f"Deleting {what} affects everyone who uses it, and there is no terminal to "
                "confirm it on.",
                "Give --yes.",
                where="--yes",
            )
        )
    return click.confirm(f"Delete {what}, for everyone who uses it?", default=False, err=True)


def may_upload(pause: Callable[[], None]) -> Callable[[Sequence[str]], bool]:
    """Ask whether files outside of a document's folder may be uploaded; nobody to ask means no.

    Args:
        pause: Takes away what is drawn on the terminal.
    """

    def ask(paths: Sequence[str]) -> bool:
        pause()
        for path in paths:
            echo(f"Outside of the document's folder: {path}", err=True)
        return is_interactive() and click.confirm("Upload it?", default=False, err=True)

    return ask


def ask_for_key(pause: Callable[[], None] = lambda: None) -> Callable[[str], str] | None:
    """Ask for the key of a storage account, unseen; None where nobody can answer.

    Args:
        pause: Takes away what is drawn on the terminal.
    """
    if not is_interactive():
        return None

    def ask(account: str) -> str:
        pause()
        question = f"Key of the storage account '{one_line(account)}' (empty: by identity)"
        answer = click.prompt(question, default="", hide_input=True, show_default=False, err=True)
        return str(answer)

    return ask


def may_create(pause: Callable[[], None]) -> Callable[[Sequence[ComputeSpec]], bool]:
    """Ask whether computes are to be created; nobody to ask means no.

    Args:
        pause: Takes away what is drawn on the terminal.
    """

    def ask(missing: Sequence[ComputeSpec]) -> bool:
        pause()
        question = "Create it?" if len(missing) == 1 else "Create them?"
        return is_interactive() and click.confirm(question, default=False, err=True)

    return ask
