"""The address of a vault: a name of the user's, or a host of Azure's and of nobody else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# The same for AzureCloud, AzureChinaCloud and AzureUSGovernment.
SUFFIXES = {
    "AzureCloud": "vault.azure.net",
    "AzureChinaCloud": "vault.azure.cn",
    "AzureUSGovernment": "vault.usgovcloudapi.net",
}
_NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])+", re.ASCII)
_SHORTEST, _LONGEST = 3, 24


def is_vault_name(text: str) -> bool:
    """Tell whether a vault can have this name."""
    return _SHORTEST <= len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def vault_url(vault: str, cloud: str) -> str:
    """Return the address of a vault.

    Args:
        vault: Its name, or its address.
        cloud: A key of `SUFFIXES`.

    Example:
        >>> vault_url("my-vault", "AzureCloud")
        'https://my-vault.vault.azure.net'
    """
    return vault.rstrip("/") if "://" in vault else f"https://{vault}.{SUFFIXES[cloud]}"


def name_of_vault(url: str) -> str:
    """Return the vault's name in its address."""
    return (urlsplit(url).hostname or "").partition(".")[0]


def is_vault_url(url: str) -> bool:
    """Tell whether an address is one of Azure's own vaults, to which a token may be sent."""
    split = urlsplit(url)
    name, _, suffix = (split.hostname or "").partition(".")
    plain = not split.username and not split.query and split.path in ("", "/")
    usual_port = split.netloc.count(":") == 0 or split.netloc.endswith(":443")
    known = suffix in SUFFIXES.values()
    return split.scheme == "https" and plain and usual_port and known and is_vault_name(name)
