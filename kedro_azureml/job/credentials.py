"""Files that commonly hold secrets, by their names and by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

from kedro_azureml.job.snapshot import SnapshotFile

_NAME = re.compile(
    r"(^|/)([^/]*credentials?[^/]*\.(ya?ml|json|toml|ini)|secrets?\.(ya?ml|json|toml|ini)"
    r"|service[_-]?account[^/]*\.json|\.env(\.[^/]*)?|[^/]*\.(pem|pfx|p12|key)"
    r"|\.netrc|\.git-credentials|id_(rsa|ed25519|ecdsa|dsa)|\.azure/.*)$"
)
_EXAMPLE = re.compile(r"\.(example|sample|template|dist)$")
_YAML = (".yml", ".yaml")
# Where people put secrets; code is not read.
_TEXT = (*_YAML, ".json", ".toml", ".ini", ".cfg", ".conf", ".txt", "")
_MOST_BYTES = 64 * 1024
_SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|AccountKey=[A-Za-z0-9+/]{40,}|[?&]sig=[A-Za-z0-9%+/]{40,}"
    rb"|\"client_secret\"\s*:\s*\"[^\"$<{]"
)
_REFERENCE = re.compile(r"\$\{oc\.env:\w+\}")


def holds_credentials(file: SnapshotFile) -> bool:
    """Whether a file looks as if it held secrets.

    An empty one does not, nor an example, nor a YAML file whose values all come from the
    environment.
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
    return _SECRET.search(content) is not None


def _only_refers(content: bytes) -> bool:
    try:
        data = yaml.safe_load(content)
    except (ValueError, yaml.YAMLError):
        return False
    return all(
        value is None or isinstance(value, bool) or _REFERENCE.fullmatch(str(value))
        for value in _leaves(data)
    )


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
