"""Placement: the compute and the environment that azureml.yml gives each step."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.placement import routing
from kedro_azureml.compiler.placement.environments import Environment, describe
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import DEFAULT_ALIAS, AzureMLConfig, ComputeConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import count, listed
from kedro_azureml.job.model import Limits, Resources
from kedro_azureml.job.references import environment_reference
from kedro_azureml.job.secrets.names import is_secret_name

# Read in the source of Kedro 1.7: without the first, a logging.yml that names classes of the
# project ends every step; the second decides whether datasets are validated; the third is how the
# ParallelRunner starts processes. KEDRO_ENV goes into the step's record.
KEDRO_VARIABLES = (
    "KEDRO_LOGGING_MODULE_ALLOWLIST",
    "KEDRO_DATASET_VALIDATION",
    "KEDRO_MP_CONTEXT",
)


@dataclass(frozen=True)
class Placement:
    """The compute and the environment of a step.

    Attributes:
        compute_alias: The alias of ``azure.compute`` behind it.
        environment_alias: The alias of ``azure.environments`` behind it.
        compute: ``azureml:NAME`` or ``serverless``; None in a rehearsal without azureml.yml.
        environment: A registered one by name, or a description of what to build.
        environment_variables: What the step's processes see.
        resources: Machines and containers.
        limits: When the service cancels the step.
        identity: As whom it runs; None for the workspace's default.
        queue_settings: Which steps go first.
    """

    compute_alias: str = DEFAULT_ALIAS
    environment_alias: str = DEFAULT_ALIAS
    compute: str | None = None
    environment: Environment | None = None
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    resources: Resources | None = None
    limits: Limits | None = None
    identity: dict[str, str] | None = None
    queue_settings: dict[str, str] | None = None


@dataclass(frozen=True)
class Placements:
    """The placements of all steps.

    Attributes:
        default_compute: The compute of steps without an alias.
        of: A step's place, by the step's name.
        problems: What is wrong with them.
    """

    default_compute: str | None
    of: Mapping[str, Placement]
    problems: tuple[Diagnostic, ...]


def place_steps(
    groups: Iterable[Group], request: CompileRequest, config: AzureMLConfig
) -> Placements:
    """Decide on which compute and in which environment each step runs."""
    problems: list[Diagnostic] = []
    azure = config.azure
    environments: dict[str, Environment | None] = {}
    placements: dict[str, Placement] = {}
    unnamed: list[str] = []
    for group in groups:
        alias, conflicts = routing.alias_of(group.nodes, azure.compute)
        problems += [] if request.compute_alias else conflicts
        alias = request.compute_alias or alias
        env_alias, conflicts = routing.alias_of(group.nodes, azure.environments, "environments")
        problems += [] if request.environment_alias else conflicts
        env_alias = request.environment_alias or env_alias
        settings = azure.compute_settings(alias)
        if settings is None:
            unnamed.append(group.nodes[0].name)
        if env_alias not in environments:
            environments[env_alias], diagnostics = _environment(env_alias, request, config)
            problems += diagnostics
        placements[group.name] = _placement(
            alias, settings, env_alias, environments[env_alias], request, config
        )
    if unnamed and not request.local:
        problems.append(_no_compute(unnamed))
    used = {p.compute_alias for p in placements.values()}
    problems += _secrets(config, used, environments)
    default = (
        None
        if request.local
        else routing.compute_of(azure.compute_settings(request.compute_alias or DEFAULT_ALIAS))
    )
    return Placements(default, placements, tuple(problems))


def _placement(
    alias: str,
    settings: ComputeConfig | None,
    env_alias: str,
    environment: Environment | None,
    request: CompileRequest,
    config: AzureMLConfig,
) -> Placement:
    entry = config.azure.environments.get(env_alias)
    inside = {} if entry is None or _overridden(request) else entry.environment_variables
    placed = placed_in(alias, config)
    return replace(
        placed,
        environment_alias=env_alias,
        compute=None if settings is None and request.local else placed.compute,
        environment=environment,
        environment_variables={
            **_kedro_variables(),
            **inside,
            **placed.environment_variables,
            **request.env_vars,
        },
    )


def _kedro_variables() -> dict[str, str]:
    """Return the variables that Kedro was told at compilation and that a step needs too."""
    return {name: os.environ[name] for name in KEDRO_VARIABLES if os.environ.get(name)}


def placed_in(alias: str, config: AzureMLConfig) -> Placement:
    """Return what a compute alias says, without an environment."""
    settings = config.azure.compute_settings(alias)
    if settings is None:
        return Placement(alias, compute=routing.compute_of(None))
    resources = Resources(
        instance_count=settings.instance_count,
        instance_type=settings.instance_type,
        shm_size=settings.shm_size,
        docker_args=settings.docker_args,
    )
    return Placement(
        alias,
        compute=routing.compute_of(settings),
        environment_variables=settings.environment_variables,
        resources=None if resources == Resources() else resources,
        limits=None if settings.timeout is None else Limits(timeout=settings.timeout),
        identity=settings.identity.document() if settings.identity else None,
        queue_settings={"priority": settings.priority} if settings.priority else None,
    )


def _overridden(request: CompileRequest) -> bool:
    """Tell whether the command line names the environment of all steps."""
    return bool(request.environment or request.image)


def _environment(
    alias: str, request: CompileRequest, config: AzureMLConfig
) -> tuple[Environment | None, list[Diagnostic]]:
    """Choose the command line's environment, else the alias's, else that of 1.0's keys."""
    entry = config.azure.environments.get(alias)
    environment: Environment | None
    diagnostics: list[Diagnostic] = []
    where = f"azureml.yml azure.environments.{alias}"
    if request.environment:
        environment, where = environment_reference(request.environment), "--aml-env"
    elif request.image:
        environment = {"image": request.image}
    elif entry is not None:
        environment, diagnostics = describe(alias, entry, request.project_path, request.base)
    elif config.azure.environment_name:
        environment = environment_reference(config.azure.environment_name)
        where = "azureml.yml azure.environment_name"
    else:
        environment = {"image": config.docker.image} if config.docker.image else None
    if request.local:
        # A rehearsal runs in this very environment, whatever the files say.
        return environment, []
    return environment, [*diagnostics, *routing.check_environment(environment, where)]


def _secrets(
    config: AzureMLConfig, computes: Iterable[str], environments: Iterable[str]
) -> Iterable[Diagnostic]:
    azure = config.azure
    entries: dict[str, Mapping[str, str]] = {}
    for alias in sorted({*computes, DEFAULT_ALIAS}):
        if alias in azure.compute:
            entries[f"compute.{alias}"] = azure.compute[alias].environment_variables
    for alias in environments:
        if alias in azure.environments:
            entries[f"environments.{alias}"] = azure.environments[alias].environment_variables
    for place_, variables in entries.items():
        for name in variables:
            if is_secret_name(name):
                yield Diagnostic(
                    "KAZ104",
                    f"The value of '{name}' stands in the compiled document for everyone to read.",
                    "Name it in azure.secrets.names instead, and put its value into the vault: "
                    "kedro azureml secrets push .env",
                    severity="warning",
                    where=f"azureml.yml azure.{place_}.environment_variables.{name}",
                )


def _no_compute(nodes: list[str]) -> Diagnostic:
    runs = "runs" if len(nodes) == 1 else "run"
    return Diagnostic(
        "KAZ105",
        f"No compute is named for {count(len(nodes), 'step')}, which {runs} on serverless compute: "
        f"{listed(nodes, 3)}.",
        f"If that is meant, write azure.compute.{DEFAULT_ALIAS}.serverless: true; else write its "
        "cluster_name.",
        severity="warning",
        where=f"azureml.yml azure.compute.{DEFAULT_ALIAS}",
    )


def settings_of(placement: Placement) -> dict[str, Any]:
    """Return the fields of a step, not of its component, that its placement decides."""
    return {
        "environment_variables": dict(placement.environment_variables),
        "limits": placement.limits,
        "identity": placement.identity,
        "queue_settings": placement.queue_settings,
    }


def place_added_step(
    beside: str,
    request: CompileRequest,
    config: AzureMLConfig,
    placements: Placements,
    alias: str | None = None,
) -> Placement:
    """Place a step on the default compute, in the environment of another step.

    Args:
        beside: The other step.
        request: What is compiled.
        config: azureml.yml.
        placements: Where the other steps run.
        alias: A compute of azureml.yml that is asked for.
    """
    other = placements.of[beside]
    has_default = DEFAULT_ALIAS in config.azure.compute
    alias = (
        alias or request.compute_alias or (DEFAULT_ALIAS if has_default else other.compute_alias)
    )
    placed = placed_in(alias, config)
    known = alias in config.azure.compute or not request.local
    return replace(
        placed,
        compute=placed.compute if known else None,
        environment=other.environment,
        environment_alias=other.environment_alias,
        environment_variables={**placed.environment_variables, **request.env_vars},
        resources=_of_one_machine(placed.resources),
    )


def _of_one_machine(resources: Resources | None) -> Resources | None:
    """Return what one machine needs: several would all write the same files."""
    if resources is None:
        return None
    alone = resources.model_copy(update={"instance_count": None})
    return None if alone == Resources() else alone
