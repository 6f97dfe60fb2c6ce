"""The secrets of a job before it is submitted: which vault has them, and whether it has them.

A job without secrets does not import what asks vaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.submit.places import Places
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import PipelineJob, Step
from kedro_azureml.secrets.step_secrets import NAMES_VARIABLE, StepSecrets

_USER = "user_identity"


@dataclass(frozen=True)
class SecretsAnswer:
    """What was found.

    Attributes:
        vault: The address of the workspace's own vault, if a step needs it.
        findings: What is missing, and what could not be checked.
    """

    vault: str | None = None
    findings: tuple[Diagnostic, ...] = ()


@dataclass
class _Asked:
    """What the steps ask of one vault: the variables, and where the first step names them."""

    names: dict[str, None] = field(default_factory=dict)
    where: str = ""
    as_submitter: bool = False


def look_up_vault(connection: Connection, job: PipelineJob, workspace: Any) -> SecretsAnswer:
    """Find the workspace's own vault, if a step of the job needs it."""
    if not any(secrets.vault is None for _, _, secrets in _steps_with_secrets(job)):
        return SecretsAnswer()
    from kedro_azureml.azure.secrets.vaults import workspace_vault

    return SecretsAnswer(workspace_vault(connection, workspace))


def check_secrets(
    connection: Connection, job: PipelineJob, places: Places, workspace: Any
) -> SecretsAnswer:
    """Look whether the vaults have the secrets of a job; no value is asked for.

    Args:
        connection: The workspace.
        job: The document.
        places: Where the user edits what it names.
        workspace: Azure ML's description of the workspace.
    """
    answer = look_up_vault(connection, job, workspace)
    asked: dict[str, _Asked] = {}
    for name, step, secrets in _steps_with_secrets(job):
        vault = asked.setdefault(secrets.vault or str(answer.vault), _Asked())
        vault.where = vault.where or places.of_secrets(_place_of(name))
        vault.names.update(dict.fromkeys(secrets.names))
        vault.as_submitter |= (step.identity or {}).get("type") == _USER
    findings = [f for url, each in asked.items() for f in _check(connection, url, each)]
    return replace(answer, findings=tuple(findings))


def _check(connection: Connection, url: str, asked: _Asked) -> Iterator[Diagnostic]:
    from kedro_azureml.azure.secrets.vaults import as_diagnostic, missing_secrets, open_as_you
    from kedro_azureml.secrets.vault import stored_secrets
    from kedro_azureml.secrets.vault_errors import VaultError

    try:
        vault = open_as_you(connection, url)
        yield from missing_secrets(vault, stored_secrets(vault), asked.names, asked.where)
    except VaultError as error:
        finding = as_diagnostic(error, asked.where)
        elsewhere = error.kind == "denied" and not asked.as_submitter
        if elsewhere or error.kind == "network":
            # The steps ask as somebody else and from another network: they may well be allowed to.
            message = f"The secrets were not checked: {finding.message}"
            finding = replace(finding, message=message, severity="warning")
        yield finding


def _steps_with_secrets(job: PipelineJob) -> Iterator[tuple[str, Step, StepSecrets]]:
    for name, step in job.jobs.items():
        try:
            secrets = StepSecrets.of(step.variables)
        except ValueError:
            # The step itself says what is wrong with them.
            continue
        if secrets.names:
            yield name, step, secrets


def _place_of(step: str) -> str:
    return f"jobs.{step}.environment_variables.{NAMES_VARIABLE}"
