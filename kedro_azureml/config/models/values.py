"""What a single value of azureml.yml may be: shared by the model and by ``kedro azureml init``.

Each check returns the value in the form in which it is used, or raises a `BadValueError`. Rules
that Azure documents are checked in full; where the documentation is silent, only what cannot be
right is refused.
"""

from __future__ import annotations

import re

from kedro_azureml.job.references import (
    LATEST,
    AssetReference,
    environment_reference,
    is_resource_id,
    without_prefix,
)

# The compute alias and the environment alias of a node without a tag that is one.
DEFAULT_ALIAS = "__default__"
# Names the subscription where azureml.yml does not.
SUBSCRIPTION_VARIABLE = "AZURE_SUBSCRIPTION_ID"
MAX_EXPERIMENT_NAME = 256
MAX_ENVIRONMENT_NAME = 255
_MAX_SHOWN = 80

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# What templates leave behind: {cluster_name}, <your_cluster_name>, ${x}, and OmegaConf's ???.
_PLACEHOLDER = re.compile(r"\{[A-Za-z_][\w .-]*\}|<[^<>]+>|\$\{|^\?\?\?$")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ASSET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_SCHEDULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", re.ASCII)
_ENDPOINT = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]", re.ASCII)
_GROUP_NAME = re.compile(r"[\w.()-]{0,89}[\w()-]")
_NAME_REMEDY = "Expected letters, digits and '-', and a letter or digit first."

_DURATION = re.compile(r"[0-9]{1,6}[dhm]", re.ASCII)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}


class BadValueError(ValueError):
    """A value that cannot be used.

    Attributes:
        message: What is wrong, in one sentence.
        remedy: What to do, in one sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}")


def shown(value: object) -> str:
    """Return the value for a message: quoted, and cut when long."""
    quoted = repr(value)
    return quoted if len(quoted) <= _MAX_SHOWN else f"{quoted[:_MAX_SHOWN]}..."


def is_guid(value: str) -> bool:
    """Tell whether the value has the form of a subscription id."""
    return _GUID.fullmatch(value) is not None


def text(value: str) -> str:
    """Check any text: it is one line, not empty, and no placeholder."""
    value = value.strip()
    if not value:
        raise BadValueError("The value is empty.", "Write it, or null for none.")
    if _PLACEHOLDER.search(value):
        raise BadValueError(f"{shown(value)} is a placeholder.", "Put the real value in its place.")
    if not value.isprintable():
        raise BadValueError(
            f"{shown(value)} holds a line break or a control character.", "Remove it."
        )
    return value


def subscription_id(value: str) -> str:
    """Check a subscription id, which is a GUID."""
    value = text(value)
    if not is_guid(value):
        raise BadValueError(
            f"{shown(value)} is not a subscription id.",
            "Expected a GUID such as 00000000-0000-0000-0000-000000000000; "
            "`az account show --query id` prints yours.",
        )
    return value


def experiment_name(value: str) -> str:
    """Check an experiment's name."""
    value = text(value)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value) or len(value) > MAX_EXPERIMENT_NAME:
        raise BadValueError(
            f"{shown(value)} is not an experiment name.",
            f"Expected up to {MAX_EXPERIMENT_NAME} letters, digits, '-' and '_', a letter or digit "
            "first.",
        )
    return value


def environment_name(value: str) -> str:
    """Check an environment: ``name``, ``name@latest``, ``name:3``, or a full resource id.

    The prefix of a document is taken off, and a bare name means its latest version.
    """
    value = text(value)
    if is_resource_id(value):
        return value
    asset = AssetReference.parse(environment_reference(value))
    if (
        asset is None
        or not _ASSET_NAME.fullmatch(asset.name)
        or len(asset.name) > MAX_ENVIRONMENT_NAME
        or asset.label not in (None, LATEST)
        or (asset.version is not None and not _ASSET_NAME.fullmatch(asset.version))
    ):
        raise BadValueError(
            f"{shown(value)} is not an environment.",
            "Expected 'name@latest', 'name:3' or 'name', the name of letters, digits, '-', '_' "
            "and '.'.",
        )
    return without_prefix(str(asset))


def cluster_name(value: str) -> str:
    """Check a compute's name, or ``serverless``, and remove the prefix of a document."""
    value = text(without_prefix(text(value)))
    if not is_resource_id(value) and not _ASSET_NAME.fullmatch(value):
        raise BadValueError(f"{shown(value)} is not the name of a compute.", _NAME_REMEDY)
    return value


def workspace_name(value: str) -> str:
    """Check a workspace's name."""
    value = text(value)
    if not _ASSET_NAME.fullmatch(value):
        raise BadValueError(f"{shown(value)} is not the name of a workspace.", _NAME_REMEDY)
    return value


def resource_group(value: str) -> str:
    """Check a resource group's name, which may hold letters of any language."""
    value = text(value)
    if not _GROUP_NAME.fullmatch(value):
        raise BadValueError(
            f"{shown(value)} is not the name of a resource group.",
            "Expected letters, digits, '-', '_', '.', '(' and ')', and no '.' at the end.",
        )
    return value


def whole_number(value: object) -> object:
    """Check a whole number; true and false are refused, though Python takes them for 1 and 0."""
    if isinstance(value, bool | float):
        raise BadValueError(f"{shown(value)} is not a whole number.", "Write one, such as 2.")
    return value


def variable_name(value: str) -> str:
    """Check the name of an environment variable."""
    if not _VARIABLE.fullmatch(value):
        raise BadValueError(
            f"{shown(value)} cannot be the name of an environment variable.",
            "Use letters, digits and underscores, a letter first.",
        )
    return value


def variable_value(value: object) -> object:
    """Return the text of an environment variable, which may be written as a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def shm_size(value: str) -> str:
    """Check a size of shared memory, in Docker's form."""
    value = text(value)
    if not re.fullmatch(r"[1-9][0-9]*[bkmg]", value, re.IGNORECASE):
        raise BadValueError(
            f"{shown(value)} is not a size.", "Expected a number and b, k, m or g, such as '8g'."
        )
    return value


def python_version(value: str) -> str:
    """Check a version of Python."""
    value = text(value)
    if not re.fullmatch(r"3\.[0-9]+(\.[0-9]+)?", value):
        raise BadValueError(
            f"{shown(value)} is not a version of Python.", "Expected one such as '3.11', in quotes."
        )
    return value


def schedule_name(value: str) -> str:
    """Check the name of a schedule.

    Raises:
        BadValueError: Azure ML refuses it.
    """
    if not _SCHEDULE.fullmatch(value):
        raise BadValueError(
            f"{shown(value)} is no name of a schedule.",
            "Write up to 255 letters, digits, '-' and '_', a letter or digit first.",
        )
    return value


def endpoint_name(value: str) -> str:
    """Check the name of a batch endpoint, which is part of its address.

    Raises:
        BadValueError: Azure ML refuses it.
    """
    if not _ENDPOINT.fullmatch(value):
        raise BadValueError(
            f"{shown(value)} is no name of an endpoint.",
            "Write 3 to 32 letters, digits and dashes, with a letter first and no dash last.",
        )
    return value


def job_name(value: str) -> str:
    """Check a job's name in azureml.yml, which `compile` uses as the name of a file."""
    value = text(value)
    if not _ASSET_NAME.fullmatch(value):
        raise BadValueError(
            f"{shown(value)} is not a name for a job.",
            "Expected letters, digits, '-', '_' and '.', a letter or digit first.",
        )
    return value


def storage_account_name(value: str) -> str:
    """Check a storage account's name."""
    value = text(value)
    if not re.fullmatch(r"[a-z0-9]{3,24}", value):
        raise BadValueError(
            f"{shown(value)} is not a storage account name.",
            "Expected 3 to 24 lower-case letters and digits.",
        )
    return value


def storage_container(value: str) -> str:
    """Check a blob container's name."""
    value = text(value)
    if not re.fullmatch(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*", value):
        raise BadValueError(
            f"{shown(value)} is not a container name.",
            "Expected 3 to 63 lower-case letters, digits and single hyphens, a letter or digit at "
            "each end.",
        )
    return value


def duration(value: str) -> str:
    """Check a time span of days, hours or minutes, such as ``7d``, ``12h`` or ``90m``."""
    value = text(value).lower()
    if not _DURATION.fullmatch(value) or seconds(value) == 0:
        raise BadValueError(
            f"{shown(value)} is not a time span.",
            "Expected a number and its unit: '7d' (days), '12h' (hours) or '90m' (minutes).",
        )
    return value


def seconds(span: str) -> int:
    """Return the seconds of a `duration`."""
    return int(span[:-1]) * _UNITS[span[-1]]


def docker_image(value: str) -> str:
    """Check a container image's reference."""
    value = text(value)
    if re.search(r"\s", value):
        raise BadValueError(
            f"{shown(value)} is not an image.", "Expected registry/name:tag, without spaces."
        )
    return value
