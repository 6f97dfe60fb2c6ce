"""Names that Azure ML accepts: legal, never reserved, free of collisions and stable.

Step names and input and output names: ``^[a-z_][a-z0-9_]*$``, unique ignoring case
(docs/architecture/azureml-contracts.md#limits). The service, not the SDK, refuses reserved ones.
"""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

# Longer names are cut and get a hash: Studio shows them in small boxes.
MAX_LENGTH = 63
_HASH_LENGTH = 6
# Documented: reference-yaml-component-command, "Common errors".
_RESERVED_BY_SERVICE = {"path", "ld_library_path", "user", "logname", "home", "pwd", "shell"}
# The SDK keeps inputs, outputs and jobs in dictionaries that are read by attribute.
_DICT_METHODS = {name for name in dir(dict) if not name.startswith("__")}
_RESERVED = _RESERVED_BY_SERVICE | _DICT_METHODS | {kw.lower() for kw in keyword.kwlist}


def azure_names(originals: Iterable[str], fallback: str) -> dict[str, str]:
    """Return a legal name for each original one.

    A name that needs no change keeps it. Where several come out alike, or a reserved word comes
    out, a hash of the original is appended, so that a name does not depend on the order.

    Args:
        originals: Distinct names.
        fallback: What to call a name that holds no usable character, such as ``dataset``.

    Example:
        ``azure_names(["a.b", "a_b", "home"], "dataset")`` gives
        ``{"a.b": "a_b_ea5dd0", "a_b": "a_b", "home": "home_4ea140"}``.
    """
    legal_names = {original: _legal(original, fallback) for original in originals}
    holders: dict[str, list[str]] = {}
    for original, name in legal_names.items():
        holders.setdefault(name, []).append(original)
    names: dict[str, str] = {}
    taken: set[str] = set()
    unsure: list[str] = []
    for name, claimants in holders.items():
        exact = [original for original in claimants if original == name]
        keeper = exact or (claimants if len(claimants) == 1 else [])
        if keeper and name not in _RESERVED and len(name) <= MAX_LENGTH:
            names[keeper[0]] = name
            taken.add(name)
        unsure += [original for original in claimants if original not in names]
    for original in sorted(unsure):
        names[original] = _hashed(original, legal_names[original], taken)
        taken.add(names[original])
    return {original: names[original] for original in legal_names}


def name_beside(prefix: str, name: str, taken: Collection[str]) -> str:
    """Return a legal name for something that belongs to what a legal name stands for.

    Neither name begins with the other: some tools list what lies in storage by how it begins.

    Args:
        prefix: What is put before the name.
        name: The legal name.
        taken: The names that it may not have.
    """
    longer = f"{prefix}{name}"
    if len(longer) <= MAX_LENGTH and longer not in taken:
        return longer
    return _hashed(longer, longer, set(taken))


def shortened(name: str, length: int) -> str:
    """Return a legal name in that many characters; a hash tells it from one that begins alike."""
    return name if len(name) <= length else _hashed(name, name, set(), length)


def _legal(original: str, fallback: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", original).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9_]", "_", ascii_text.lower())
    if not name.strip("_"):
        return fallback
    return name if not name[0].isdigit() else f"_{name}"


def _hashed(original: str, name: str, taken: set[str], most: int = MAX_LENGTH) -> str:
    digest = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()
    length = _HASH_LENGTH
    while True:
        suffix = f"_{digest[:length]}"
        candidate = name[: most - len(suffix)].rstrip("_") + suffix
        if candidate not in taken:
            return candidate
        length += 2
