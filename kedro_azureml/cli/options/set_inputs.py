"""``--set`` and ``--input``: other values and other data for the inputs of a job."""

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


data_option = click.option(
    "--input",
    "data",
    multiple=True,
    metavar="DATASET=PATH",
    help="Other data for an input of the job: a file or folder of this machine, or an address.",
)


def inputs_of(items: tuple[str, ...]) -> dict[str, str]:
    """Read ``--set INPUT=VALUE``; the value may be empty.

    Raises:
        DiagnosticError: KAZ107 for what is not of that form.
    """
    return _pairs_of(items, "--set", "INPUT=VALUE")


def data_of(items: tuple[str, ...]) -> dict[str, str]:
    """Read ``--input DATASET=PATH``.

    Raises:
        DiagnosticError: KAZ107 for what is not of that form.
    """
    return _pairs_of(items, "--input", "DATASET=PATH")


def _pairs_of(items: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for item in items:
        name, equals, text = item.partition("=")
        if not equals or not name.strip():
            message = f"'{name}' is not of the form {form}."
            remedy = f"Write {option} {form}."
            raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where=option))
        texts[name.strip()] = text
    return texts
