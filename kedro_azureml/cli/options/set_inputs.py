"""``--set``: other values for the inputs of a job."""

from __future__ import annotations

import click

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

set_option = click.option(
    "--set",
    "inputs",
    multiple=True,
    metavar="INPUT=VALUE",
    help="Another value for an input of the job, such as model.depth=7; see --expose.",
)


def inputs_of(items: tuple[str, ...]) -> dict[str, str]:
    """Read ``--set INPUT=VALUE``; the value may be empty.

    Raises:
        DiagnosticError: KAZ107 for what is not of that form.
    """
    texts: dict[str, str] = {}
    for item in items:
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            message = f"'{name}' is not of the form INPUT=VALUE."
            remedy = "Write --set INPUT=VALUE."
            raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--set"))
        texts[name.strip()] = text
    return texts
