"""The secrets of a rehearsal: from the shell or ``.env``, into the memory of its steps alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed
from kedro_azureml.rehearsal.plan.model import Plan, PlannedStep
from kedro_azureml.secrets.here import DOTENV, obstacles, values_here
from kedro_azureml.secrets.masking import hide
from kedro_azureml.secrets.step_secrets import GIVEN_VARIABLE, StepSecrets


def find_secrets(plan: Plan, project: Path) -> dict[str, str]:
    """Find the values of all secrets that the steps get.

    Args:
        plan: The job.
        project: The folder whose ``.env`` is read.

    Raises:
        DiagnosticError: KAZ812, some are not here.
    """
    users: dict[str, list[str]] = {}
    for step in plan.steps.values():
        for name in _told(step).names:
            users.setdefault(name, []).append(step.name)
    values = {name: value for name, value in values_here(users, project).items() if value}
    missing = [name for name in users if name not in values]
    if missing:
        steps = list(dict.fromkeys(step for name in missing for step in users[name]))
        subject = "The secret" if len(missing) == 1 else "The secrets"
        verb = "is" if len(missing) == 1 else "are"
        remedy = (
            f"Write {'it' if len(missing) == 1 else 'them'} into {project.name}/{DOTENV}, as "
            f"{missing[0]}=..., or set the variable. A rehearsal asks no vault."
        )
        raise DiagnosticError(
            Diagnostic(
                "KAZ812",
                f"{subject} {listed(missing, 8)} of {listed(steps, 4)} {verb} neither in your "
                f"shell nor in {DOTENV}.",
                obstacles(missing, project) or remedy,
                where=DOTENV,
            )
        )
    hide(values.values())
    return values


def secret_variables(step: PlannedStep, values: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a step's secrets; a command that is not ours would get none."""
    names = _told(step).names
    if not names:
        return {}
    return {**{name: values[name] for name in names}, GIVEN_VARIABLE: "1"}


def _told(step: PlannedStep) -> StepSecrets:
    if step.record is None:
        return StepSecrets()
    try:
        return StepSecrets.of(step.environment)
    except ValueError:
        # The step itself says what is wrong with them.
        return StepSecrets()
