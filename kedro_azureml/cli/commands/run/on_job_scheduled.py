"""The function that ``--on-job-scheduled`` names."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

OPTION = "--on-job-scheduled"


def find_function(name: str) -> Callable[[Any], Any]:
    """Import the function.

    Raises:
        DiagnosticError: KAZ712, before anything is submitted.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise DiagnosticError(
            _problem(f"'{name}' is not of the form module:function.", "Nothing was submitted.")
        )
    try:
        member: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            member = getattr(member, part)
    # The module is the user's: whatever it raises is theirs to see.
    except (Exception, SystemExit) as error:
        raise DiagnosticError(
            _problem(
                f"'{name}' cannot be imported: {type(error).__name__}: {_line(error)}. "
                "Nothing was submitted.",
                "Name a function that the project's environment can import, or leave it out.",
            )
        ) from error
    if not callable(member):
        raise DiagnosticError(
            _problem(f"'{name}' is not a function. Nothing was submitted.", "Name a function.")
        )
    function: Callable[[Any], Any] = member
    return function


def call_function(function: Callable[[Any], Any], name: str, job: Any) -> None:
    """Call the function with the job.

    Raises:
        DiagnosticError: KAZ712, it raised; the job stays.
    """
    try:
        function(job)
    except (Exception, SystemExit) as error:
        raise DiagnosticError(
            _problem(
                f"The function '{name}' failed: {type(error).__name__}: {_line(error)}. The job "
                f"'{job.name}' is submitted all the same.",
                f"Correct the function. 'kedro azureml job watch {job.name}' waits for the job.",
            )
        ) from error


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")[:300]


def _problem(message: str, remedy: str) -> Diagnostic:
    return Diagnostic("KAZ712", message, remedy, where=OPTION)
