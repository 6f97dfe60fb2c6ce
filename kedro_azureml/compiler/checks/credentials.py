"""Checks of the credentials that datasets name: does a step have them?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed
from kedro_azureml.job.safe_yaml import load_yaml
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.project.loaded import LoadedProject


def check_credentials(
    wiring: Wiring, project: LoadedProject, snapshot: Snapshot | None
) -> Iterator[Diagnostic]:
    """Report KAZ306: a dataset's credentials are in a file that stays on this machine."""
    if snapshot is None:
        return
    kept_here = _credentials_outside(project, {file.path for file in snapshot.files})
    named: dict[str, list[str]] = {}
    for dataset in wiring.datasets.values():
        for variant in dataset.variants:
            credentials = project.catalog.credentials(variant)
            if credentials in kept_here:
                named.setdefault(credentials, []).append(variant)
    for credentials, variants in named.items():
        yield Diagnostic(
            "KAZ306",
            f"{listed(variants, 4)} need{'s' if len(variants) == 1 else ''} the credentials "
            f"'{credentials}' of {kept_here[credentials]}, which is not in the code snapshot, so "
            "no step has them.",
            "Let the dataset use the compute's identity, or read the values with ${oc.env:...} in "
            "a credentials file that holds no secret and is not ignored.",
            severity="warning",
            where=f"catalog {variants[0]}",
        )


def _credentials_outside(project: LoadedProject, snapshot: set[str]) -> dict[str, str]:
    """Map the name of each credential that only an ignored file holds to that file."""
    inside: set[str] = set()
    outside: dict[str, str] = {}
    for environment in project.environments:
        for file in sorted((project.conf_source / environment).rglob("credentials*")):
            path = file.relative_to(project.path).as_posix()
            names = _top_level_keys(file)
            if path in snapshot:
                inside |= names
            else:
                outside.update(dict.fromkeys(names, path))
    return {name: path for name, path in outside.items() if name not in inside}


def _top_level_keys(file: Path) -> set[str]:
    try:
        data = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return set()
    return {str(key) for key in data} if isinstance(data, dict) else set()
