"""Shared access signatures: what a key becomes before it goes anywhere."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime, timedelta, timezone

from azure.storage.blob import ContainerSasPermissions, generate_container_sas


def check_key(key: str) -> None:
    """Make sure that a text can be an account key.

    Raises:
        ValueError: It is not Base64; the message does not repeat it.
    """
    try:
        decoded = b64decode(key.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("it is not Base64") from None
    if not decoded:
        raise ValueError("it is empty")


def container_sas(
    account: str, container: str, key: str, seconds: int, now: datetime | None = None
) -> str:
    """Make a signature for one container that allows reading, creating and replacing blobs.

    The expiry is moved on to the next midnight (UTC). So all jobs of a day have the same signature,
    which is one of the settings that Azure ML compares before it reuses a step.

    Args:
        account: The storage account.
        container: The container.
        key: The account's key.
        seconds: How long it is good for, at least.
        now: The present.
    """
    end = (now or datetime.now(timezone.utc)) + timedelta(seconds=seconds)
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return str(
        generate_container_sas(
            account,
            container,
            account_key=key,
            permission=ContainerSasPermissions(read=True, create=True, write=True),
            expiry=midnight,
        )
    )
