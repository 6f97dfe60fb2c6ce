"""Ids that are the same in each rehearsal of the same thing."""

from __future__ import annotations

import uuid


def stable_id(text: str) -> str:
    """Return a GUID that is the same for the same text."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def stable_number(text: str) -> str:
    """Return a number that is the same for the same text: MLflow's databases count experiments."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text).int % 10**18)
