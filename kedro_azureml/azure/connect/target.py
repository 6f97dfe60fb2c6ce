"""Which workspace is meant. Imports nothing of Azure's: it is said before the SDK is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from kedro_azureml.config.models.values import SUBSCRIPTION_VARIABLE, BadValueError
from kedro_azureml.config.models.values import resource_group as check_group
from kedro_azureml.config.models.values import subscription_id as check_subscription
from kedro_azureml.config.models.values import workspace_name as check_name
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest

if TYPE_CHECKING:
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.config.models.endpoints import EndpointConfig
    from kedro_azureml.config.models.schedules import ScheduleConfig
    from kedro_azureml.config.models.workspaces import WorkspaceConfig


@dataclass(frozen=True)
class Target:
    """A workspace and where its subscription id was found.

    Attributes:
        subscription: The subscription's id.
        group: The resource group.
        workspace: The workspace's name.
        cloud: ``AzureCloud`` or a sovereign one.
        origin: Where the subscription id comes from, for people.
    """

    subscription: str
    group: str
    workspace: str
    cloud: str
    origin: str

    def __str__(self) -> str:
        return (
            f"{self.workspace} in {self.group}, subscription {self.subscription} "
            f"(from {self.origin})"
        )


@dataclass(frozen=True)
class WorkspaceChoice:
    """What the command line says of the workspace.

    Attributes:
        subscription: The subscription's id.
        alias: An alias of `azure.workspaces`.
        group: The resource group.
        name: The workspace's name.
    """

    subscription: str | None = None
    alias: str | None = None
    group: str | None = None
    name: str | None = None


Entry: TypeAlias = Literal["jobs", "schedules", "endpoints"]


def find_target(
    config: AzureMLConfig,
    choice: WorkspaceChoice | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    alias: str | None = None,
) -> Target:
    """Choose the workspace: by the options, else azureml.yml, else the environment.

    Args:
        config: azureml.yml.
        choice: The options.
        environment: The variables of this process.
        alias: An alias of `azure.workspaces` where the options name none.

    Raises:
        DiagnosticError: KAZ108 for everything that nothing says, KAZ107 for a bad option, KAZ245
            for an unknown alias.
    """
    variables = os.environ if environment is None else environment
    choice = choice or WorkspaceChoice()
    azure = config.azure
    own = _of_alias(config, choice.alias or alias)
    subscription, origin = _first(
        (choice.subscription, "-s/--subscription-id"),
        (own.subscription_id if own else None, "azureml.yml"),
        (azure.subscription_id, "azureml.yml"),
        (variables.get(SUBSCRIPTION_VARIABLE), SUBSCRIPTION_VARIABLE),
    )
    group, group_origin = _first(
        (choice.group, "-g/--resource-group"),
        (own.resource_group if own else None, ""),
        (azure.resource_group, ""),
    )
    name, name_origin = _first(
        (choice.name, "--workspace-name"),
        (own.workspace_name if own else None, ""),
        (azure.workspace_name, ""),
    )
    problems: list[Diagnostic] = []
    if subscription is None:
        problems.append(
            Diagnostic(
                "KAZ108",
                "Nothing says which Azure subscription holds the workspace.",
                f"Give -s/--subscription-id, set azure.subscription_id in azureml.yml, or set "
                f"{SUBSCRIPTION_VARIABLE}; 'az account show --query id' prints yours.",
                where=config.place("azure", "subscription_id"),
            )
        )
    problems += [
        *_checked(check_subscription, subscription, origin),
        *_checked(check_group, choice.group, group_origin),
        *_checked(check_name, choice.name, name_origin),
    ]
    problems += [
        Diagnostic(
            "KAZ108",
            f"azureml.yml does not say azure.{key}.",
            "Set it, or write azureml.yml anew with 'kedro azureml init --force'.",
            where=config.place("azure", key),
        )
        for key, value in (("resource_group", group), ("workspace_name", name))
        if value is None
    ]
    if problems:
        raise DiagnosticError(problems)
    return Target(str(subscription), str(group), str(name), azure.cloud, origin)


def named_workspace(config: AzureMLConfig, section: Entry, name: str | None) -> str | None:
    """Return the workspace that a job, a schedule or an endpoint names; its job's by default."""
    azure = config.azure
    if section == "jobs":
        job = azure.jobs.get(name or "")
        return job.workspace if job else None
    entries: Mapping[str, ScheduleConfig | EndpointConfig] = (
        azure.schedules if section == "schedules" else azure.endpoints
    )
    entry = entries.get(name or "")
    return (entry.workspace or named_workspace(config, "jobs", entry.job)) if entry else None


def _of_alias(config: AzureMLConfig, alias: str | None) -> WorkspaceConfig | None:
    if alias is None:
        return None
    known = config.azure.workspaces
    if alias not in known:
        raise DiagnosticError(
            Diagnostic(
                "KAZ245",
                f"azureml.yml has no workspace '{alias}'.",
                nearest(alias, known) or "Write one under azure.workspaces.",
                where=config.place("azure", "workspaces"),
            )
        )
    return known[alias]


def _first(*candidates: tuple[str | None, str]) -> tuple[str | None, str]:
    return next(((value, origin) for value, origin in candidates if value), (None, ""))


def _checked(check: Callable[[str], str], value: str | None, origin: str) -> Iterator[Diagnostic]:
    try:
        if value is not None:
            check(value)
    except BadValueError as error:
        yield Diagnostic("KAZ107", error.message, error.remedy, where=origin)
