"""Whoever can have a token: a service principal, or the managed identity of a compute."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Principal:
    """An identity of the tenant.

    Attributes:
        name: What people call it.
        client: Its client id, also called application id.
        object: Its object id, to which roles are assigned.
        secret: By which a service principal logs in.
        kind: A managed identity belongs to one compute (``system``) or to several (``user``).
    """

    name: str
    client: str = field(default_factory=lambda: str(uuid.uuid4()))
    object: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    kind: Literal["principal", "system", "user"] = "principal"
