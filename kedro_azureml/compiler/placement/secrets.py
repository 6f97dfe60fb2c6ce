"""Which secrets each step gets by name, and what of its project asks for others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import StepWiring, Wiring
from kedro_azureml.compiler.placement.computes import Placements
from kedro_azureml.compiler.placement.credentials import KeptCredentials, find_kept_credentials
from kedro_azureml.compiler.placement.environments import check_reads_vaults
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.secrets import secrets_of
from kedro_azureml.dataset_names import base_name, is_parameter
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.project.catalog import CatalogView
from kedro_azureml.project.loaded import LoadedProject
from kedro_azureml.secrets.references import secrets_in
from kedro_azureml.secrets.step_secrets import StepSecrets
from kedro_azureml.secrets.vault_address import vault_url


@dataclass
class PlacedSecrets:
    """The secrets of all steps.

    Attributes:
        of: A step's secrets, by the step's name.
        problems: What is wrong with them.
    """

    of: dict[str, StepSecrets] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


@dataclass
class _Findings:
    """Who asks for what no step is given: by the secret, and by the credentials."""

    unnamed: dict[str, dict[str, None]] = field(default_factory=dict)
    kept: dict[str, dict[str, None]] = field(default_factory=dict)
    parameters: dict[str, dict[str, None]] = field(default_factory=dict)


def place_secrets(
    wiring: Wiring,
    placements: Placements,
    config: AzureMLConfig,
    project: LoadedProject,
    snapshot: Snapshot | None,
    *,
    local: bool,
) -> PlacedSecrets:
    """Decide which secrets each step gets.

    Args:
        wiring: The steps and their datasets, with stand-ins for the values of secrets.
        placements: The compute alias of each step.
        config: azureml.yml.
        project: The project.
        snapshot: The code; None when it is in an image.
        local: Whether the document is for a rehearsal, which builds no environment.
    """
    placed, findings = PlacedSecrets(), _Findings()
    doubled: dict[str, Diagnostic] = {}
    kept = find_kept_credentials(project, snapshot)
    asks = bool(list(secrets_in(_all_parameters(project.catalog))))
    for step in wiring.steps:
        section = secrets_of(config.azure, placements.of[step.group.name].compute_alias)
        names = tuple(section.names)
        alias = placements.of[step.group.name].compute_alias
        for name in placements.of[step.group.name].environment_variables.keys() & {*names}:
            doubled[name] = _doubled(name, config.compute_place(alias, "environment_variables"))
        carried: dict[str, KeptCredentials] = {}
        for dataset in _datasets_of(step, wiring):
            carried |= _credentials_of(dataset, project.catalog, kept, names, findings)
            for variant, entry in dataset.configs.items():
                _note(findings.unnamed, set(secrets_in(entry)) - {*names}, variant)
        for parameter in _parameters_of(step) if asks else ():
            used = set(secrets_in(project.catalog.parameter(parameter)))
            _note(findings.parameters, used, parameter)
            _note(findings.unnamed, used - {*names}, parameter)
        placed.of[step.group.name] = StepSecrets(
            names,
            vault_url(section.vault, config.azure.cloud) if section.vault else None,
            {name: credentials.variables for name, credentials in carried.items()},
        )
    if not local:
        placed.problems += _check_environments(placed.of, placements, config, project)
    placed.problems += doubled.values()
    placed.problems += _problems(findings, kept, config, is_known=snapshot is not None)
    return placed


def _doubled(name: str, where: str) -> Diagnostic:
    return Diagnostic(
        "KAZ818",
        f"'{name}' is a secret of azure.secrets and a variable of the step, whose value would "
        "stand in the document for everyone to read.",
        "Leave the variable out of azureml.yml and of --env-var: the step reads it from the vault.",
        where=where,
    )


def _check_environments(
    secrets_of_steps: Mapping[str, StepSecrets],
    placements: Placements,
    config: AzureMLConfig,
    project: LoadedProject,
) -> Iterator[Diagnostic]:
    """Look whether the environments that azureml.yml describes can read a vault."""
    reading = [placements.of[name] for name, secrets in secrets_of_steps.items() if secrets.names]
    built = {
        placed.environment_alias: None
        for placed in reading
        if isinstance(placed.environment, dict) and "conda_file" in placed.environment
    }
    for alias in built:
        entry = config.azure.environments.get(alias)
        if entry is not None:
            yield from check_reads_vaults(alias, entry, project.path)


def _credentials_of(
    dataset: Dataset,
    catalog: CatalogView,
    kept: Mapping[str, KeptCredentials],
    names: Iterable[str],
    findings: _Findings,
) -> dict[str, KeptCredentials]:
    """Return the credentials of a dataset that a step gets by the names of secrets."""
    carried = {}
    for variant in dataset.variants:
        name = catalog.credentials(variant)
        credentials = kept.get(name) if name else None
        if name is None or credentials is None:
            continue
        unnamed = {*credentials.names} - {*names}
        if credentials.variables is not None and not unnamed:
            carried[name] = credentials
        elif unnamed.isdisjoint(secrets_in(dataset.configs)):
            # A secret that no step is given is said by itself; a variable of the shell is none.
            _note(findings.kept, {name}, variant)
    return carried


def _note(found: dict[str, dict[str, None]], names: Iterable[str], by: str) -> None:
    for name in names:
        found.setdefault(name, {})[by] = None


def _datasets_of(step: StepWiring, wiring: Wiring) -> Iterator[Dataset]:
    used = (name for node in step.group.nodes for name in (*node.inputs, *node.outputs))
    for name in dict.fromkeys(base_name(name) for name in used if not is_parameter(name)):
        yield wiring.datasets[name]


def _parameters_of(step: StepWiring) -> list[str]:
    used = (name for node in step.group.nodes for name in node.inputs if is_parameter(name))
    return list(dict.fromkeys(used))


def _all_parameters(catalog: CatalogView) -> object:
    return catalog.parameter("parameters") if "parameters" in catalog.parameters else None


def _problems(
    findings: _Findings,
    kept: Mapping[str, KeptCredentials],
    config: AzureMLConfig,
    *,
    is_known: bool,
) -> Iterator[Diagnostic]:
    for secret, users in sorted(findings.unnamed.items()):
        yield Diagnostic(
            "KAZ811",
            f"{listed(list(users), 4)} need{_s(users)} the secret '{secret}', which azureml.yml "
            "does not give to that step.",
            f"Add {secret} to azure.secrets.names (or to those of the step's compute), and put it "
            "into the vault: kedro azureml secrets push .env",
            where=config.place("azure", "secrets"),
        )
    for secret, users in sorted(findings.parameters.items()):
        yield Diagnostic(
            "KAZ816",
            f"{listed(list(users), 4)} hold{_s(users)} the secret '{secret}', and parameters are "
            "shown and recorded by Kedro's plugins, MLflow's among them.",
            "Let the node read the environment variable of that name, or the dataset its "
            "credentials.",
            severity="warning",
            where=f"parameters {next(iter(users))}",
        )
    # What an image has nobody knows here.
    for name, users in findings.kept.items() if is_known else ():
        yield Diagnostic(
            "KAZ306",
            f"{listed(list(users), 4)} need{_s(users)} the credentials '{name}' of "
            f"{kept[name].file}, which is not in the code snapshot, so no step has them.",
            "Write each of its values there as one ${azureml.secret:NAME}, name these in "
            "azure.secrets.names, and put them into the vault: kedro azureml secrets push .env. "
            "Or let the dataset use the compute's identity, without credentials.",
            severity="warning",
            where=f"{kept[name].file} {name}",
        )


def _s(users: Mapping[str, None]) -> str:
    return "s" if len(users) == 1 else ""
