"""Files that commonly hold secrets, by their names and by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

from kedro_azureml.job.safe_yaml import load_yaml
from kedro_azureml.job.secrets.names import is_secret_name
from kedro_azureml.job.secrets.redaction import redact
from kedro_azureml.job.secrets.shapes import KEY_BLOCK, REFERENCE, TOKENS
from kedro_azureml.job.snapshot.files import SnapshotFile

_NAME = re.compile(
    r"(^|/)([^/]*credentials?[^/]*\.(ya?ml|json|toml|ini)|secrets?\.(ya?ml|json|toml|ini)"
    r"|service[_-]?account[^/]*\.json|\.env(\.[^/]*)?|[^/]*\.(pem|pfx|p12|key|publishsettings)"
    r"|\.(netrc|pgpass|pypirc|npmrc|git-credentials|htpasswd)|id_(rsa|ed25519|ecdsa|dsa)"
    r"|\.(azure|aws|ssh|gnupg)/.*|\.docker/config\.json|\.kube/config)$"
)
_EXAMPLE = re.compile(r"\.(example|sample|template|dist)$")
_YAML = (".yml", ".yaml")
# Where people put secrets; code and tables are not read.
_TEXT = (
    *_YAML,
    ".json",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
    ".env",
    ".sh",
    ".txt",
    "",
)
_MOST_BYTES = 256 * 1024
# What opens something wherever it stands.
_SECRET = re.compile(
    rb"(?i:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}"
    rb"|[?&]sig=[A-Za-z0-9%+/]{8,}|https?://[^\s/:@\"'<>${}]+:[^\s/@\"'<>${}]{3,}@"
    rb"|(?i:authorization: *(?:basic|bearer|token) +)[A-Za-z0-9+/=._-]{8,}"
    rb"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|" + f"{TOKENS}|{KEY_BLOCK}".encode()
)
# ``name = value`` and ``name: value`` of configuration files; ``{name: value}`` within a line.
_SETTINGS = (
    re.compile(
        rb"^[ \t]*(?:export[ \t]+|-[ \t]+)?[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*"
        rb"[:=][ \t]*(.*?),?[ \t]*$",
        re.MULTILINE,
    ),
    re.compile(
        rb"[{,][ \t]*[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*:[ \t]*"
        rb"(\"[^\"]*\"|'[^']*'|[^\s,{}\[\]\"']+)"
    ),
)
# Not the value itself, but where it comes from or where it is to be written; or the public half of
# a key, as azureml.yml's ssh_key_value.
_NO_VALUE = re.compile(
    rb"""^["']?(?:$|\$|<|\{|\[|\*+["']?$|%|!|#|\||>|null\b|none\b|true\b|false\b|changeme|your[_-]|\.\.\."""
    rb"""|os\.environ|ssh-(?:rsa|dss|ed25519)\b|ecdsa-sha2-)""",
    re.IGNORECASE,
)


def holds_credentials(file: SnapshotFile) -> bool:
    """Tell whether a file looks as if it held secrets, by its name or by what stands in it.

    An empty one does not, nor an example, nor a YAML file whose values all are made of what comes
    from the environment or from a vault.
    """
    if not file.size or _EXAMPLE.search(file.path):
        return False
    named = _NAME.search(file.path) is not None
    suffix = PurePosixPath(file.path).suffix
    if file.size > _MOST_BYTES or suffix not in _TEXT:
        return named
    try:
        content = file.source.read_bytes()
    except OSError:
        return named
    if named:
        return suffix not in _YAML or not _only_refers(content)
    return _SECRET.search(content) is not None or _sets_a_secret(content)


def _sets_a_secret(content: bytes) -> bool:
    """Tell whether a line gives a value to a name that people give to secrets."""
    for key, value in (pair for pattern in _SETTINGS for pair in pattern.findall(content)):
        name = key.decode("ascii", "ignore").rpartition(".")[2]
        # A catalog entry's `credentials: NAME` refers to them.
        refers = name.lower().startswith("credential")
        if is_secret_name(name) and not refers and not _NO_VALUE.match(value):
            return True
    return False


def _only_refers(content: bytes) -> bool:
    try:
        data = load_yaml(content)
    except yaml.YAMLError:
        return False
    return all(
        value is None or isinstance(value, bool) or _takes_its_secret_from_elsewhere(str(value))
        for value in _leaves(data)
    )


def _takes_its_secret_from_elsewhere(value: str) -> bool:
    """Tell whether a value refers to a secret, and holds none beside that."""
    rest = REFERENCE.sub("", value)
    return rest != value and redact(rest) == rest


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
