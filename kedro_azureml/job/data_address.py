"""Where an input's data is when it is not on this machine, as people and as documents write it.

docs/architecture/azureml-capabilities.md#4-data-assets-models-registries
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from kedro_azureml.job.references import (
    LATEST,
    PREFIX,
    AssetReference,
    id_reference,
    without_prefix,
)
from kedro_azureml.job.secrets.names import is_secret_name

# What the service takes as the name of an asset, and as its version.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}", re.ASCII)
_PART = r"[^/\s]+"
_ARM = rf"/?subscriptions/{_PART}/resource[gG]roups/{_PART}"
_WORKSPACE = rf"{_ARM}/(providers/Microsoft\.MachineLearningServices/)?workspaces/{_PART}"
# Each form of address that begins with the prefix; the service knows no other.
_AZUREML = (
    rf"datastores/{_PART}/paths/.*",
    rf"{_WORKSPACE}/(datastores/{_PART}/paths/.*|(data|models)/{_PART}/versions/{_PART})",
    rf"registries/{_PART}/(data|models)/{_PART}/(versions|labels)/{_PART}",
    rf"jobs/{_PART}/outputs/{_PART}(/paths/.*)?",
)
_AZUREML_URI = re.compile(rf"{PREFIX}//({'|'.join(_AZUREML)})", re.IGNORECASE)
_ARM_ID = re.compile(
    rf"{_ARM}/providers/Microsoft\.MachineLearningServices/workspaces/{_PART}/"
    rf"(data|models)/{_PART}/versions/{_PART}",
    re.IGNORECASE,
)
_URL = re.compile(r"(https?|wasbs?|abfss?|adl)://[^/\s]+\S*", re.IGNORECASE)
_DATASTORE = re.compile(
    rf"{PREFIX}//?(?:{_ARM}/(?:providers/[^/]+/)?workspaces/([^/]+)/)?datastores/([^/]+)/paths/(.*)",
    re.IGNORECASE | re.DOTALL,
)
_JOB_OUTPUT = re.compile(rf"{PREFIX}//jobs/([^/]+)/outputs/([^/]+)(?:/paths/(.*))?", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")

FORMS = (
    f"Expected 'name@latest', 'name:3', '{PREFIX}//datastores/NAME/paths/PATH', "
    f"'{PREFIX}//registries/NAME/data/ASSET/versions/VERSION', "
    f"'{PREFIX}//jobs/JOB/outputs/OUTPUT' or 'https://...'."
)


class BadAddressError(ValueError):
    """An address that no input can have.

    Attributes:
        message: What is wrong, in one sentence.
        remedy: What to write instead.
    """

    def __init__(self, message: str, remedy: str = FORMS) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}")


def data_path(text: str) -> str:
    """Return an address as a document has it; a bare name means its latest version.

    Raises:
        BadAddressError: The text is no address of data that is elsewhere.
    """
    if _ARM_ID.fullmatch(without_prefix(text)):
        return id_reference(text)
    if _SCHEME.match(text):
        return _uri(text)
    if "/" in text or "\\" in text:
        raise BadAddressError(f"'{text}' is no data asset and no address of one.")
    bare = without_prefix(text)
    is_whole = any(sign in bare for sign in ":@")
    return str(_asset(bare if is_whole else f"{bare}@{LATEST}"))


def _uri(text: str) -> str:
    if ".." in text.split("/"):
        raise BadAddressError(f"'{text}' leads out of its folder by '..'.", "Write the path whole.")
    parts = urlsplit(text)
    if parts.password or any(_is_secret(key) for key, _ in parse_qsl(parts.query)):
        raise BadAddressError(
            f"The address of '{parts.hostname}' holds a signature or a password, and "
            "would stand in the compiled document for everyone to read.",
            "Name the data by a datastore of the workspace, which keeps its own credentials.",
        )
    if not _AZUREML_URI.fullmatch(text) and not _URL.fullmatch(text):
        raise BadAddressError(f"'{text}' is not an address that Azure ML reads data from.")
    return text


def _is_secret(key: str) -> bool:
    """Tell whether a part of an address is one: `sig` is that of a shared access signature."""
    return key.lower() in ("sig", "x-amz-signature") or is_secret_name(key)


def _asset(text: str) -> AssetReference:
    reference = AssetReference.parse(id_reference(text))
    if reference is None or not _NAME.fullmatch(reference.name):
        raise BadAddressError(
            f"'{text}' is not a data asset that Azure ML could hold.",
            "Expected 'name@latest' or 'name:3', the name of at most 255 letters, digits, '-', '_' "
            "and '.', a letter or digit first.",
        )
    if reference.label not in (None, LATEST):
        raise BadAddressError(
            f"'{text}' has the label '{reference.label}': data assets have no label but 'latest'.",
            f"Write '{reference.name}@{LATEST}', or a version as '{reference.name}:3'.",
        )
    if reference.version is not None and not _VERSION.fullmatch(reference.version):
        raise BadAddressError(
            f"'{reference.version}' is not a version of a data asset.",
            "Expected at most 30 letters, digits, '-', '_' and '.', a letter or digit first.",
        )
    return reference


def is_version(text: str) -> bool:
    """Tell whether a text, which may come from elsewhere, is a version, and so names a folder."""
    return _VERSION.fullmatch(text) is not None


def datastore_of(address: str, workspace: str) -> tuple[str, str] | None:
    """Return the datastore of this workspace that an address leads to, and the path in it."""
    match = _DATASTORE.fullmatch(address)
    if match is None or (match[1] or workspace).lower() != workspace.lower():
        return None
    return match[2], match[3]


def in_datastore(datastore: str, path: str) -> str:
    """Return the short address of what lies in a datastore of the workspace."""
    return f"{PREFIX}//datastores/{datastore}/paths/{path}"


def job_output_of(address: str) -> tuple[str, str, str] | None:
    """Return the job, its output and the path in that; None if the address is another."""
    match = _JOB_OUTPUT.fullmatch(address)
    return (match[1], match[2], match[3] or "") if match else None


def is_in_registry(address: str) -> bool:
    """Tell whether an address leads to an asset of a registry."""
    return address.startswith(f"{PREFIX}//registries/")
