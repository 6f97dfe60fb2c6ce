"""Options of a sweep: one job over many values of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.config.models.sweep import SweepConfig

SWEEP_OPTIONS = (
    click.option(
        "--sweep",
        multiple=True,
        metavar="NAME=VALUE,...",
        help="Run what depends on a parameter for each of these values; may be repeated.",
    ),
    click.option(
        "--zip",
        "is_zip",
        is_flag=True,
        help="Take the values of several --sweep together, instead of all combinations.",
    ),
    click.option(
        "--max-concurrent",
        type=click.IntRange(min=1),
        metavar="N",
        help="How many combinations may run at once.",
    ),
)
_HINT = "Write --sweep model.alpha=0.1,0.2,0.5; quote a text with a comma, as YAML does."


def sweep_of(options: Mapping[str, Any], of_job: SweepConfig | None) -> SweepConfig | None:
    """Return the sweep that the options ask for, else that of the job as they change it.

    Raises:
        DiagnosticError: KAZ107 for what cannot be read, KAZ261 for values that make no sweep.
    """
    changes: dict[str, Any] = {}
    if options["is_zip"]:
        changes["zip"] = True
    if options["max_concurrent"] is not None:
        changes["max_concurrent"] = options["max_concurrent"]
    if not options["sweep"] and of_job is None:
        if changes:
            where = "--zip" if options["is_zip"] else "--max-concurrent"
            raise _bad(f"{where} belongs to a sweep, and there is none.", _HINT, where)
        return None
    if not options["sweep"] and not changes:
        return of_job
    from kedro_azureml.config.models.sweep import SweepConfig

    content = {"parameters": _values(options["sweep"])} if options["sweep"] else {}
    # Other values are no reason to use more machines at once.
    kept = {"max_concurrent"} if options["sweep"] else None
    below = of_job.model_dump(include=kept) if of_job else {}
    return SweepConfig.read({**below, **content, **changes}, "--sweep")


def _values(texts: Sequence[str]) -> dict[str, Any]:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    values: dict[str, Any] = {}
    for text in texts:
        name, equals, given = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise _bad(f"'{text}' is not of the form NAME=VALUE,...", _HINT, "--sweep")
        if name in values:
            message = f"'{name}' is given twice."
            raise _bad(message, f"Write all its values behind one --sweep {name}=", "--sweep")
        try:
            loaded = OmegaConf.to_container(OmegaConf.from_dotlist([f"values=[{given}]"]))
        except (OmegaConfBaseException, YAMLError, ValueError) as error:
            first = str(error).splitlines()[0]
            message = f"The values of '{name}' cannot be read: {first}."
            raise _bad(message, _HINT, "--sweep") from None
        values[name] = loaded["values"] if isinstance(loaded, dict) else loaded
        if not isinstance(values[name], list):
            raise _bad(f"The values of '{name}' are no list.", _HINT, "--sweep")
    return values


def _bad(message: str, remedy: str, where: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic("KAZ107", message, remedy, where=where))
