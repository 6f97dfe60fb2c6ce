"""What a token says of itself, unverified: for messages and caches alone."""

from __future__ import annotations

import base64
import json
from typing import Any


def claims_of(token: str) -> dict[str, Any]:
    """Return a token's claims; nothing if it is of another kind."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def object_id(token: str) -> str | None:
    """Return the id of whom a token is for, to which roles are assigned."""
    found = claims_of(token).get("oid")
    return str(found) if found else None
