"""Which workspace is meant. Imports nothing of Azure's: it is said before the SDK is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedro_azureml.config.models.values import SUBSCRIPTION_VARIABLE, BadValueError
from kedro_azureml.config.models.values import subscription_id as check_subscription
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.config import AzureMLConfig


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


def find_target(
    config: AzureMLConfig, option: str | None, environment: Mapping[str, str] | None = None
) -> Target:
    """Choose the workspace: by the option, else azureml.yml, else the environment.

    Raises:
        DiagnosticError: KAZ108 for everything that nothing says, KAZ107 for a bad option.
    """
    variables = os.environ if environment is None else environment
    azure = config.azure
    candidates = (
        (option, "-s/--subscription-id"),
        (azure.subscription_id, "azureml.yml"),
        (variables.get(SUBSCRIPTION_VARIABLE), SUBSCRIPTION_VARIABLE),
    )
    subscription, origin = next(((v, o) for v, o in candidates if v), (None, ""))
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
    else:
        try:
            check_subscription(subscription)
        except BadValueError as error:
            problems.append(Diagnostic("KAZ107", error.message, error.remedy, where=origin))
    problems += [
        Diagnostic(
            "KAZ108",
            f"azureml.yml does not say azure.{key}.",
            "Set it, or write azureml.yml anew with 'kedro azureml init --force'.",
            where=config.place("azure", key),
        )
        for key in ("resource_group", "workspace_name")
        if getattr(azure, key) is None
    ]
    if problems:
        raise DiagnosticError(problems)
    return Target(
        str(subscription), str(azure.resource_group), str(azure.workspace_name), azure.cloud, origin
    )
