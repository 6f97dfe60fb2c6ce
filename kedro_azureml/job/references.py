"""How a job document names what a workspace holds: ``azureml:NAME:VERSION`` and its relatives."""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "azureml:"
_REGISTRIES = f"{PREFIX}//registries/"
LATEST = "latest"
# The compute of a step for which Azure ML finds the machines.
SERVERLESS = "serverless"
CURATED_ENVIRONMENT = f"{_REGISTRIES}azureml/environments/NAME/versions/VERSION"

_PART = "[^/:@]+"
_ASSET = re.compile(rf"{PREFIX}({_PART})(?::({_PART})|@(\w+))")
_COMPUTE = re.compile(rf"{PREFIX}({_PART})")
_RESOURCE_ID = re.compile(rf"{_REGISTRIES}\S+|({PREFIX})?/subscriptions/\S+", re.IGNORECASE)
# The SDK joins anything else to the document's folder, and collapses the ".." in it.
_ELSEWHERE = re.compile(
    rf"{PREFIX}(//)?[^/]|(git\+(https|ssh)|https?|wasbs?|abfss?|adl)://[^/\s]+", re.IGNORECASE
)


@dataclass(frozen=True)
class AssetReference:
    """An environment, a component or a data asset of the workspace.

    Attributes:
        name: Its name.
        version: Which version; None when a label says it.
        label: ``latest``, say; None when the version is named.
    """

    name: str
    version: str | None = None
    label: str | None = None

    @classmethod
    def parse(cls, text: str) -> AssetReference | None:
        """Read ``azureml:NAME:VERSION`` or ``azureml:NAME@LABEL``; None for any other text."""
        match = _ASSET.fullmatch(text)
        return cls(match[1], match[2], match[3]) if match else None

    @classmethod
    def of_id(cls, identifier: str) -> AssetReference:
        """Read what Azure ML calls a registered asset: a resource id, or ``NAME:VERSION``."""
        if "/" in identifier:
            *_, name, _, version = identifier.rstrip("/").split("/")
        else:
            name, _, version = without_prefix(identifier).partition(":")
        return cls(name, version)

    def __str__(self) -> str:
        """Return the reference as a document has it."""
        which = f":{self.version}" if self.label is None else f"@{self.label}"
        return f"{PREFIX}{self.name}{which}"


def environment_reference(name: str) -> str:
    """Write a registered environment as a document has it; ``name`` means ``name@latest``.

    The SDK refuses a reference without a version late.
    """
    if name.startswith(f"{PREFIX}//"):
        return name
    bare = without_prefix(name)
    is_whole = any(sign in bare for sign in "@:/")
    return f"{PREFIX}{bare}" if is_whole else f"{PREFIX}{bare}@{LATEST}"


def compute_reference(name: str | None) -> str:
    """Write a compute as a document has it; None stands for serverless."""
    return SERVERLESS if name is None else f"{PREFIX}{name}"


def compute_name(reference: str | None) -> str | None:
    """Return the workspace's compute that a document names; None for none and serverless."""
    match = _COMPUTE.fullmatch(reference or "")
    return match[1] if match and match[1] != SERVERLESS else None


def id_reference(identifier: str) -> str:
    """Write a registered asset as a document has it, by the id that Azure ML gave it."""
    return f"{PREFIX}{without_prefix(identifier)}"


def without_prefix(reference: str) -> str:
    """Return a reference as people write it."""
    return reference.removeprefix(PREFIX)


def is_resource_id(text: str) -> bool:
    """Tell whether a text is the full id of an asset, in a registry or in any workspace."""
    return _RESOURCE_ID.fullmatch(text) is not None


def is_local(path: str) -> bool:
    """Tell whether a document's path names something on this machine."""
    return _ELSEWHERE.match(path) is None or ".." in path.split("/")
