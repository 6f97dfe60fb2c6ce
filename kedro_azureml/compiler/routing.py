"""Where a step runs and in which environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedro.pipeline.node import Node

from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic

DEFAULT = "__default__"
SERVERLESS = "serverless"
DETERMINISTIC_TAG = "deterministic"
# azureml-contracts.md, Limits: refused at the start of an environment's name.
_REFUSED_PREFIXES = ("microsoft", "azureml")


def alias_of(nodes: Iterable[Node], aliases: Iterable[str]) -> tuple[str, list[Diagnostic]]:
    """The compute alias of a step: the one tag of its nodes that is an alias, or the default.

    Returns:
        The alias, and KAZ208 for every node that carries two.
    """
    known = set(aliases) - {DEFAULT}
    found: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for node in nodes:
        own = sorted(known & set(node.tags))
        if len(own) > 1:
            named = " and ".join(f"'{alias}'" for alias in own)
            problems.append(
                Diagnostic(
                    "KAZ208",
                    f"The node '{node.name}' is tagged {named}, and each is a compute alias.",
                    "Leave the node one of these tags, or rename an alias in azure.compute.",
                    where="azureml.yml azure.compute",
                )
            )
        for alias in own:
            found[alias] = node.name
    return (next(iter(found)) if found else DEFAULT), problems


def compute_target(cluster_name: str) -> str:
    """Azure ML's spelling of a compute."""
    if cluster_name == SERVERLESS or cluster_name.startswith("azureml:"):
        return cluster_name
    return f"azureml:{cluster_name}"


def environment_of(request: CompileRequest, config: AzureMLConfig) -> str | dict[str, Any] | None:
    """The environment: ``--aml-env`` or ``--image``, else azureml.yml's name, else its image."""
    if request.environment:
        return _environment_reference(request.environment)
    if request.image:
        return {"image": request.image}
    if config.azure.environment_name:
        return _environment_reference(config.azure.environment_name)
    if config.docker.image:
        return {"image": config.docker.image}
    return None


def check_environment(
    environment: str | dict[str, Any] | None, local: bool
) -> Iterator[Diagnostic]:
    """KAZ106 for none, KAZ401 for a name that the service refuses."""
    if environment is None:
        if not local:
            yield Diagnostic(
                "KAZ106",
                "No environment says in which image the steps run.",
                "Set azure.environment_name or docker.image in azureml.yml, or give --aml-env or "
                "--image.",
                where="azureml.yml azure.environment_name",
            )
        return
    if isinstance(environment, str):
        name = environment.removeprefix("azureml:").split("@")[0].split(":")[0]
        is_registry = environment.startswith("azureml://")
        if not is_registry and name.lower().startswith(_REFUSED_PREFIXES):
            yield Diagnostic(
                "KAZ401",
                f"'{name}' cannot be an environment of a workspace: names that start with "
                "'Microsoft' or 'AzureML' are Azure's own.",
                "Name an environment of yours, or a curated one by its registry address "
                "azureml://registries/azureml/environments/NAME/versions/VERSION.",
                severity="warning",
                where="azure.environment_name",
            )


def default_compute(config: AzureMLConfig) -> str | None:
    """The compute of steps without an alias; None when azureml.yml names none."""
    entry = _computes(config).get(DEFAULT)
    return compute_target(entry.cluster_name) if entry else None


def compute_of(alias: str, config: AzureMLConfig) -> str | None:
    """The compute of one alias."""
    entry = _computes(config).get(alias)
    return compute_target(entry.cluster_name) if entry else None


def aliases(config: AzureMLConfig) -> set[str]:
    """The names under ``azure.compute``."""
    return set(_computes(config))


def _computes(config: AzureMLConfig) -> Mapping[str, Any]:
    return config.azure.compute or {}


def _environment_reference(name: str) -> str:
    """``name`` is ``name@latest``: the SDK refuses a reference without a version late."""
    if name.startswith("azureml://"):
        return name
    bare = name.removeprefix("azureml:")
    return f"azureml:{bare}" if "@" in bare or ":" in bare else f"azureml:{bare}@latest"
