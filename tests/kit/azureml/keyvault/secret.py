"""A vault's secrets, and who may do what with them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

from tests.kit.azureml.access.principals import Principal
from tests.kit.azureml.http.messages import Json

#: What Azure's own roles allow; the names of the actions are those of their definitions.
ROLES: dict[str, frozenset[str]] = {
    "Key Vault Reader": frozenset({"readMetadata"}),
    "Key Vault Secrets User": frozenset({"readMetadata", "getSecret"}),
    "Key Vault Secrets Officer": frozenset(
        {"readMetadata", "getSecret", "setSecret", "update", "delete", "recover", "purge"}
    ),
}


@dataclass
class Version:
    """One value of a secret.

    Attributes:
        value: The value.
        enabled: Whether it may be read.
        tags: What is known of it beside the value.
        content_type: What its owner says that it is.
    """

    value: str
    enabled: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))
    updated: int = field(default_factory=lambda: int(time.time()))


@dataclass
class Secret:
    """A name, as it was first written, and its versions from the oldest to the newest."""

    name: str
    versions: list[Version] = field(default_factory=list)

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def find(self, version: str) -> Version | None:
        """A version by its id; the newest if none is named."""
        if not version:
            return self.newest
        return next((v for v in self.versions if v.id == version), None)


@dataclass(frozen=True)
class Access:
    """Somebody asked a vault for something.

    Attributes:
        client: The client id of whoever asked.
        action: What it was, in the words of `ROLES`.
        name: The secret; empty for all of them.
        status: What the vault answered.
    """

    client: str
    action: str
    name: str
    status: int


@dataclass
class Vault:
    """One vault.

    Attributes:
        name: Its name, the first label of its host.
        secrets: Its secrets, by their names in lower case.
        deleted: Those that can be recovered.
        roles: Names of `ROLES` by the object id of whoever has them.
        log: Who asked for what.
        deletion_polls: How often a deleted secret is asked for in vain before it can be recovered.
    """

    name: str
    secrets: dict[str, Secret] = field(default_factory=dict)
    deleted: dict[str, Secret] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    log: list[Access] = field(default_factory=list)
    deletion_polls: int = 0
    awaited: dict[str, int] = field(default_factory=dict)

    def grant(self, principal: Principal, role: str) -> None:
        """Assign a role."""
        if role not in ROLES:
            raise ValueError(f"There is no role {role!r}; there are {', '.join(ROLES)}.")
        self.roles.setdefault(principal.object, set()).add(role)

    def revoke(self, principal: Principal) -> None:
        """Take all roles away."""
        self.roles.pop(principal.object, None)

    def allows(self, claims: Json, action: str) -> bool:
        """Whether the owner of a token may do something."""
        return any(action in ROLES[role] for role in self.roles.get(claims["oid"], ()))

    def put(self, name: str, value: str, *, enabled: bool = True, **tags: str) -> Version:
        """Add a version of a secret, as somebody who may."""
        secret = self.secrets.setdefault(name.lower(), Secret(name))
        secret.versions.append(Version(value, enabled, tags))
        return secret.newest

    @property
    def values(self) -> dict[str, str]:
        """The newest value of each secret, by its name as it was first written."""
        return {secret.name: secret.newest.value for secret in self.secrets.values()}
