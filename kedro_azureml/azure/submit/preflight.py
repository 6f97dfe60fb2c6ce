"""What a job refers to in the workspace: whether it is there and can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kedro_azureml.azure.assets import AssetKind, look_up, names_of
from kedro_azureml.azure.computes import state
from kedro_azureml.azure.computes.spec import CLUSTER, ComputeSpec
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.data.sources import check_datastore, find_source, misfit
from kedro_azureml.azure.secrets.preflight import SecretsAnswer, check_secrets, look_up_vault
from kedro_azureml.azure.submit.identities import check_identities
from kedro_azureml.azure.submit.places import Places
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.data_address import datastore_of
from kedro_azureml.job.model import Input, Output, PipelineJob, Resources
from kedro_azureml.job.references import AssetReference, compute_name, is_local

THREADS = 10


@dataclass(frozen=True)
class Resolved:
    """What floating references mean now.

    Attributes:
        references: ``azureml:name@latest`` to ``azureml:name:3``, for environments and data.
        missing: Computes that do not exist, and that azureml.yml says how to create.
        warnings: In which way computes are not what azureml.yml or the job says, and more.
        vault: The address of the workspace's own key vault, if a step reads secrets from it.
    """

    references: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[ComputeSpec, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    vault: str | None = None


@dataclass
class _Answer:
    problem: Diagnostic | None = None
    reference: tuple[str, str] | None = None
    missing: ComputeSpec | None = None
    warnings: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True)
class _Uses:
    """What is asked of computes: by azureml.yml, and by the steps of the job, by compute."""

    job: PipelineJob
    specs: Mapping[str, ComputeSpec]
    steps: Mapping[str, Mapping[str, Resources]]
    places: Places


def check_references(
    connection: Connection,
    job: PipelineJob,
    specs: Mapping[str, ComputeSpec] | None = None,
    places: Places | None = None,
) -> Resolved:
    """Log in, and look up the workspace and whatever a job names in it.

    That is every compute, environment and data asset.

    Args:
        connection: The workspace.
        job: The document.
        specs: What azureml.yml says of computes, by name.
        places: Where the user edits what the job names; in the document by default.

    Raises:
        DiagnosticError: Everything that is missing or unusable, at once. A compute that azureml.yml
            says how to create is not missing.
    """
    places = places or Places()
    uses = _Uses(job, specs or {}, _resources_of(job), places)
    checks = [partial(_check_compute, connection, *item, uses) for item in computes_of(job).items()]
    secrets = partial(check_secrets, connection, job, places)
    return _ask(connection, [*checks, *_asset_checks(connection, job, places)], secrets)


def resolve_references(connection: Connection, job: PipelineJob) -> Resolved:
    """Log in, and look up what floating environments and data assets mean now.

    Raises:
        DiagnosticError: Everything of these that is missing, at once.
    """
    vault = partial(look_up_vault, connection, job)
    return _ask(connection, _asset_checks(connection, job, Places()), vault)


def _asset_checks(
    connection: Connection, job: PipelineJob, places: Places
) -> list[Callable[[], _Answer]]:
    checks: list[Callable[[], _Answer]] = []
    environments = {
        reference: places.of_environment(reference, where)
        for reference, where in _environments_of(job).items()
    }
    checks += [
        partial(_check_asset, connection, "environment", *item) for item in environments.items()
    ]
    checks += [partial(_check_input, connection, *item) for item in _inputs_of(job)]
    targets = _datastores_of(job, connection.target.workspace)
    return checks + [partial(_check_target, connection, *item) for item in targets.items()]


def _ask(
    connection: Connection,
    checks: list[Callable[[], _Answer]],
    ask_vault: Callable[[Any], SecretsAnswer],
) -> Resolved:
    connection.log_in()
    with ThreadPoolExecutor(THREADS) as pool:
        workspace = pool.submit(connection.check)
        # The submission needs this one too; the Azure CLI takes a second for it.
        pool.submit(connection.warm_up)
        futures = [pool.submit(check) for check in checks]
        asked = pool.submit(lambda: ask_vault(workspace.result()))
        # Without the workspace nothing else is there either: that is said alone.
        workspace.result()
        answers = [future.result() for future in futures]
        secrets = asked.result()
    findings = [*(w for answer in answers for w in answer.warnings), *secrets.findings]
    problems = [answer.problem for answer in answers if answer.problem]
    problems += [finding for finding in findings if finding.severity == "error"]
    if problems:
        raise DiagnosticError(_distinct(problems))
    return Resolved(
        dict(answer.reference for answer in answers if answer.reference),
        tuple(answer.missing for answer in answers if answer.missing),
        tuple(findings),
        secrets.vault,
    )


def computes_of(job: PipelineJob) -> dict[str, str]:
    """Return each compute's name but ``serverless``, and a place that names it."""
    places: dict[str, str] = {}
    named = [(job.settings.default_compute, "settings.default_compute")]
    named += [(step.compute, f"jobs.{name}.compute") for name, step in job.jobs.items()]
    for value, where in named:
        if name := compute_name(value):
            places.setdefault(name, where)
    return places


def _resources_of(job: PipelineJob) -> dict[str, dict[str, Resources]]:
    """By compute and step, what machines a step asks for."""
    machines: dict[str, dict[str, Resources]] = {}
    for name, step in job.jobs.items():
        resources = step.resources or step.component.resources
        compute = compute_name(step.compute or job.settings.default_compute)
        if compute and resources is not None:
            machines.setdefault(compute, {})[name] = resources
    return machines


def _environments_of(job: PipelineJob) -> dict[str, str]:
    places: dict[str, str] = {}
    for name, step in job.jobs.items():
        environment = step.component.environment
        if isinstance(environment, str) and AssetReference.parse(environment):
            places.setdefault(environment, f"jobs.{name}.component.environment")
    return places


def _inputs_of(job: PipelineJob) -> Iterator[tuple[str, Input]]:
    """Yield the inputs of the job whose data is in Azure already."""
    for name, value in job.inputs.items():
        if isinstance(value, Input) and value.is_data and value.path and not is_local(value.path):
            yield name, value


def _datastores_of(job: PipelineJob, workspace: str) -> dict[str, str]:
    """Return the datastores that outputs go to, and a place that names each."""
    outputs = [(f"outputs.{name}.path", output) for name, output in job.outputs.items()]
    for step, node in job.jobs.items():
        outputs += [
            (f"jobs.{step}.outputs.{name}.path", output)
            for name, output in node.outputs.items()
            if isinstance(output, Output)
        ]
    found: dict[str, str] = {}
    for where, output in outputs:
        named = datastore_of(output.path or "", workspace)
        # Which datastore an expression means, only the service knows.
        if named and not named[0].startswith("$"):
            found.setdefault(named[0], where)
    return found


def _check_compute(connection: Connection, name: str, where: str, uses: _Uses) -> _Answer:
    spec = uses.specs.get(name)
    where = uses.places.of_compute(name, where)
    try:
        compute = state.find_compute(connection, name)
    except DiagnosticError as error:
        return _Answer(error.diagnostics[0])
    if compute is None:
        if spec is not None and spec.settings.create:
            return _Answer(missing=spec)
        known = names_of(lambda: connection.ml.compute.list())
        hint = nearest(name, known) or "It has none at all."
        return _Answer(
            Diagnostic(
                "KAZ705",
                f"The workspace has no compute '{name}'.",
                f"{hint} Correct azure.compute in azureml.yml, or say there with 'create' what it "
                "is to be created as.",
                where=where,
            )
        )
    problem = state.problem_with(compute, spec)
    if problem is None:
        warnings = [*state.differences(compute, spec)] if spec else []
        warnings += _misfits(compute, uses.steps.get(name, {}), uses.places)
        return _Answer(warnings=[*warnings, *check_identities(compute, uses.job, uses.places)])
    defect, remedy = problem
    return _Answer(Diagnostic("KAZ705", f"The compute '{name}' {defect}.", remedy, where=where))


def _misfits(compute: Any, steps: Mapping[str, Resources], places: Places) -> Iterator[Diagnostic]:
    """Report KAZ721 for steps that ask a cluster for machines which it does not have."""
    if str(compute.type).lower() != CLUSTER:
        return
    for step, resources in steps.items():
        kind, count = resources.instance_type, resources.instance_count or 1
        if kind and kind.lower() != str(compute.size).lower():
            message = (
                f"The machines of the compute cluster '{compute.name}' are {compute.size}; "
                f"instance_type {kind} is for Kubernetes and serverless compute."
            )
            remedy = "Remove instance_type, or write serverless: true."
            key = "instance_type"
        elif compute.max_instances and count > compute.max_instances:
            message = (
                f"The step takes {count} machines, and the compute cluster '{compute.name}' has at "
                f"most {compute.max_instances}."
            )
            remedy = "Lower instance_count, or raise the cluster's maximum."
            key = "instance_count"
        else:
            continue
        in_document = f"jobs.{step}.component.resources"
        where = places.of_resources(str(compute.name), resources, key, in_document)
        yield Diagnostic("KAZ721", message, remedy, severity="warning", where=where)


def _check_asset(connection: Connection, kind: AssetKind, reference: str, where: str) -> _Answer:
    named = AssetReference.parse(reference)
    if named is None:
        raise ValueError(reference)
    try:
        asset = look_up(connection, kind, named, where)
    except DiagnosticError as error:
        return _Answer(error.diagnostics[0])
    return _Answer(reference=(reference, str(AssetReference(named.name, str(asset.version)))))


def _check_input(connection: Connection, name: str, value: Input) -> _Answer:
    where = f"inputs.{name}.path"
    path = str(value.path)
    try:
        source = find_source(connection, path, value.type, where)
    except DiagnosticError as error:
        return _Answer(error.diagnostics[0])
    problem = misfit(name, value.type, source, where)
    if problem is not None or source.reference is None:
        return _Answer(problem)
    return _Answer(reference=(path, source.reference))


def _check_target(connection: Connection, datastore: str, where: str) -> _Answer:
    try:
        check_datastore(connection, datastore, where)
    except DiagnosticError as error:
        return _Answer(error.diagnostics[0])
    return _Answer()


def _distinct(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Without the same login or network trouble told once a reference."""
    kept: dict[tuple[str, str], Diagnostic] = {}
    for problem in problems:
        shared = problem.code in ("KAZ702", "KAZ703", "KAZ709")
        kept.setdefault((problem.code, "" if shared else problem.message), problem)
    return list(kept.values())
