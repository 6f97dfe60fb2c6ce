"""Who may read a vault, as far as Azure Resource Manager tells.

With role-based access it is who has a role there or above it; otherwise who is named in an access
policy. Both are told to whoever may see them, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest

from kedro_azureml.azure.computes import state
from kedro_azureml.azure.connect.client import ARM_SCOPES, Connection
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.secrets import secrets_of
from kedro_azureml.job.references import SERVERLESS
from kedro_azureml.secrets.token_claims import object_id

# Built-in roles that may read values: Key Vault Secrets User, Secrets Officer, Administrator
# (https://learn.microsoft.com/azure/key-vault/general/rbac-guide).
_READING_ROLES = {
    "4633458b-17de-408a-b874-0445c86b69e6",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "00482a5a-887f-4fb3-b363-3b4fe8db7485",
}
_VAULTS = "2023-07-01"
_ASSIGNMENTS = "2022-04-01"
YOU = "you"


@dataclass(frozen=True)
class Reader:
    """Somebody who reads a vault's secrets, or will.

    Attributes:
        alias: The compute alias whose steps read; None for the submitter.
        who: In words.
        principal: The object id that a role is assigned to, if it is known.
        may_read: Whether it may; None if nobody tells.
    """

    alias: str | None
    who: str
    principal: str | None
    may_read: bool | None


def readers_of(
    connection: Connection, config: AzureMLConfig, vault: str | None, name: str, own: str | None
) -> list[Reader]:
    """Find who reads from a vault, and whether they may.

    Args:
        connection: The workspace.
        config: azureml.yml.
        vault: The vault, as azureml.yml calls it.
        name: Its name.
        own: The ARM id of the workspace's own vault.
    """
    allowed = _allowed(connection, name, own)

    def may(principals: Iterable[str | None]) -> bool | None:
        known = [p for p in principals if p]
        return any(p in allowed for p in known) if allowed is not None and known else None

    you = object_id(connection.credential.get_token(ARM_SCOPES[connection.target.cloud]).token)
    readers = [Reader(None, YOU, you, may([you]))]
    for alias in config.azure.compute:
        section = secrets_of(config.azure, alias)
        settings = config.azure.compute_settings(alias)
        if settings is None or section.vault != vault or not section.names:
            continue
        if settings.identity is not None and settings.identity.type == "user":
            continue
        found = state.find_compute(connection, settings.target) if settings.target else None
        principals = _principals(getattr(found, "identity", None))
        who = f"the managed identity of '{settings.target or SERVERLESS}'"
        if found is not None and not principals:
            who = f"'{settings.target}', which has no managed identity"
        readers.append(Reader(alias, who, next(iter(principals), None), may(principals)))
    return readers


def _principals(identity: Any) -> list[str]:
    assigned = getattr(identity, "user_assigned_identities", None) or ()
    ids = [getattr(identity, "principal_id", None)]
    # The SDK fills in the service's own names, and leaves its own attribute empty.
    ids += [getattr(each, "principalId", None) or each.principal_id for each in assigned]
    return [str(principal) for principal in ids if principal]


def _allowed(connection: Connection, name: str, own: str | None) -> set[str] | None:
    """Return the object ids that may read; None if that cannot be seen."""
    arm = _Arm(connection)
    try:
        id_ = own if own and own.rpartition("/")[2] == name else arm.find_vault(name)
        if id_ is None:
            return None
        properties = arm.get(id_, _VAULTS).get("properties", {})
        if not properties.get("enableRbacAuthorization"):
            return {str(p["objectId"]) for p in properties["accessPolicies"] if _reads(p)}
        return set(arm.principals_with_a_role(id_))
    except (AzureError, KeyError, TypeError, ValueError):
        return None


def _reads(policy: Any) -> bool:
    permissions = {str(p).lower() for p in policy["permissions"].get("secrets", ())}
    return bool(permissions & {"get", "all"})


class _Arm:
    """Azure Resource Manager, for what the SDK of Azure ML has no function."""

    def __init__(self, connection: Connection) -> None:
        scope = ARM_SCOPES[connection.target.cloud]
        self._base = scope.removesuffix("/.default")
        self._subscription = connection.target.subscription
        self._client: Any = PipelineClient(
            self._base,
            transport=connection.transport,
            policies=[BearerTokenCredentialPolicy(connection.credential, scope)],
        )

    def get(self, path: str, version: str, **query: str) -> dict[str, Any]:
        parameters = {"api-version": version, **query}
        url = path if path.startswith("https://") else f"{self._base}{path}"
        request = HttpRequest("GET", url, params=None if "api-version=" in url else parameters)
        answer = self._client.send_request(request)
        answer.raise_for_status()
        data: dict[str, Any] = answer.json()
        return data

    def all(self, path: str, version: str) -> Iterator[dict[str, Any]]:
        following: str | None = path
        while following:
            page = self.get(following, version)
            yield from page.get("value", ())
            following = page.get("nextLink")
            if following and not following.startswith(f"{self._base}/"):
                return

    def find_vault(self, name: str) -> str | None:
        path = f"/subscriptions/{self._subscription}/providers/Microsoft.KeyVault/vaults"
        vaults = self.all(path, _VAULTS)
        return next((str(v["id"]) for v in vaults if str(v["name"]).lower() == name.lower()), None)

    def principals_with_a_role(self, vault: str) -> Iterator[str]:
        path = f"{vault}/providers/Microsoft.Authorization/roleAssignments"
        for assignment in self.all(path, _ASSIGNMENTS):
            properties = assignment["properties"]
            if str(properties["roleDefinitionId"]).rpartition("/")[2] in _READING_ROLES:
                yield str(properties["principalId"])
