"""Options that make no sense together."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.core import ParameterSource

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError


def refuse_options(
    context: click.Context, refused: Callable[[str], bool], why: tuple[str, str]
) -> None:
    """Refuse options that were typed and make no sense together with others.

    Args:
        context: The command's.
        refused: Tells which parameters of the command are refused, by their click names.
        why: What to say behind the options, and the remedy.

    Raises:
        DiagnosticError: KAZ107, with all of them.
    """
    stated = [
        parameter.opts[-1]
        for parameter in context.command.params
        if refused(parameter.name or "")
        and context.get_parameter_source(parameter.name or "") == ParameterSource.COMMANDLINE
    ]
    if stated:
        message = f"{', '.join(stated)} {why[0]}"
        raise DiagnosticError(Diagnostic("KAZ107", message, why[1], where=stated[0]))
