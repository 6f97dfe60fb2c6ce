"""Kedro's credentials in files that stay on this machine, and which of them a step can have.

One that says nothing but which secrets it is made of is carried by these names. Of any other a
step has nothing, because its values would stand in the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kedro_azureml.job.safe_yaml import load_yaml
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.project.loaded import LoadedProject
from kedro_azureml.secrets.references import variable_in


@dataclass(frozen=True)
class KeptCredentials:
    """Credentials that no step finds in a file.

    Attributes:
        file: The file that has them, relative to the project.
        variables: The same with a secret's name in the place of each value; None if a value is
            anything else than ``${azureml.secret:NAME}`` or ``${oc.env:NAME}``.
    """

    file: str
    variables: Mapping[str, Any] | None

    @property
    def names(self) -> tuple[str, ...]:
        """The secrets that they are made of."""
        return tuple(dict.fromkeys(_leaves(self.variables)))


def find_kept_credentials(
    project: LoadedProject, snapshot: Snapshot | None
) -> dict[str, KeptCredentials]:
    """Find the credentials of files that are not among the code of a step.

    Args:
        project: The project.
        snapshot: The code; None when it is in an image, of which nothing is known.
    """
    uploaded = {file.path for file in snapshot.files} if snapshot else set()
    inside: set[str] = set()
    outside: dict[str, KeptCredentials] = {}
    for environment in project.environments:
        for file in sorted((project.conf_source / environment).rglob("credentials*")):
            path = file.relative_to(project.path).as_posix()
            for name, values in _entries(file).items():
                if path in uploaded:
                    inside.add(name)
                else:
                    outside[name] = KeptCredentials(path, _variables(values))
    return {name: kept for name, kept in outside.items() if name not in inside}


def _variables(values: Any) -> dict[str, Any] | None:
    """Return a mapping with names for values; None if it says anything else."""
    if not isinstance(values, Mapping) or not values:
        return None
    found: dict[str, Any] = {}
    for key, value in values.items():
        named = _variables(value) if isinstance(value, Mapping) else variable_in(value)
        if named is None:
            return None
        found[str(key)] = named
    return found


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif value is not None:
        yield str(value)


def _entries(file: Path) -> dict[str, Any]:
    try:
        data = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else {}
