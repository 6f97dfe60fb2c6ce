"""What a job refers to in the workspace: whether it is there and can be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kedro_azureml.azure.errors import explain, is_missing, is_missing_asset
from kedro_azureml.azure.workspace import Connection
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.model import Input, PipelineJob

THREADS = 10
SERVERLESS = "serverless"
_ASSET = re.compile(r"^azureml:([^/:@]+)(?:@(\w+)|:([^/:@]+))$")
_COMPUTE = re.compile(r"^azureml:([^/:@]+)$")
_USABLE = {"succeeded", "updating", "creating"}
_INSTANCE_READY = {"running"}


@dataclass(frozen=True)
class Resolved:
    """What floating references mean now.

    Attributes:
        references: ``azureml:name@latest`` to ``azureml:name:3``, for environments and data.
    """

    references: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Answer:
    problem: Diagnostic | None = None
    reference: tuple[str, str] | None = None


def check_references(connection: Connection, job: PipelineJob) -> Resolved:
    """Log in, and look up the workspace and whatever a job names in it.

    That is every compute, environment and data asset.

    Raises:
        DiagnosticError: Everything that is missing or unusable, at once.
    """
    checks = [partial(_check_compute, connection, *item) for item in computes_of(job).items()]
    for kind, references in (("environment", _environments_of(job)), ("data asset", _data_of(job))):
        checks += [partial(_check_asset, connection, kind, *item) for item in references.items()]
    connection.log_in()
    with ThreadPoolExecutor(THREADS) as pool:
        workspace = pool.submit(connection.check)
        # The submission needs this one too; the Azure CLI takes a second for it.
        pool.submit(connection.warm_up)
        futures = [pool.submit(check) for check in checks]
        # Without the workspace nothing else is there either: that is said alone.
        workspace.result()
        answers = [future.result() for future in futures]
    problems = [answer.problem for answer in answers if answer.problem]
    if problems:
        raise DiagnosticError(_distinct(problems))
    return Resolved(dict(answer.reference for answer in answers if answer.reference))


def computes_of(job: PipelineJob) -> dict[str, str]:
    """Each compute's name, without ``serverless``, and a place in the document that names it."""
    found: dict[str, str] = {}
    named = [(job.settings.default_compute, "settings.default_compute")]
    named += [(step.compute, f"jobs.{name}.compute") for name, step in job.jobs.items()]
    for value, where in named:
        match = _COMPUTE.match(value or "")
        if match and match[1] != SERVERLESS:
            found.setdefault(match[1], where)
    return found


def _environments_of(job: PipelineJob) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, step in job.jobs.items():
        environment = step.component.environment
        if isinstance(environment, str) and _ASSET.match(environment):
            found.setdefault(environment, f"jobs.{name}.component.environment")
    return found


def _data_of(job: PipelineJob) -> dict[str, str]:
    return {
        value.path: f"inputs.{name}.path"
        for name, value in job.inputs.items()
        if isinstance(value, Input) and value.path and _ASSET.match(value.path)
    }


def _check_compute(connection: Connection, name: str, where: str) -> _Answer:
    try:
        compute = connection.ml.compute.get(name)
    except Exception as error:
        if not is_missing(error):
            return _Answer(explain(error, f"looking up the compute '{name}'"))
        known = _names(lambda: connection.ml.compute.list())
        hint = nearest(name, known) or "It has none at all."
        return _Answer(
            Diagnostic(
                "KAZ705",
                f"The workspace has no compute '{name}'.",
                f"{hint} Correct azure.compute in azureml.yml, or create it.",
                where=where,
            )
        )
    problem = _unusable(compute)
    if problem is None:
        return _Answer()
    what, remedy = problem
    return _Answer(Diagnostic("KAZ705", f"The compute '{name}' {what}.", remedy, where=where))


def _unusable(compute: Any) -> tuple[str, str] | None:
    """Why no job can run on a compute, and what to do about it."""
    state = _text(getattr(compute, "state", None))
    if compute.type == "computeinstance" and state and state.lower() not in _INSTANCE_READY:
        start = f"Start it: az ml compute start --name {compute.name}, or use a compute cluster."
        return f"is a compute instance that is not running (its state is {state})", start
    provisioning = _text(compute.provisioning_state) or "Succeeded"
    if provisioning.lower() not in _USABLE:
        remedy = "Mend or create it again in the Studio, under Compute, or name another one."
        return f"cannot be used: its provisioning state is {provisioning}", remedy
    if getattr(compute, "max_instances", None) == 0:
        return "is a cluster of at most 0 machines", "Raise its maximum number of nodes."
    return None


def _text(value: Any) -> str:
    """A word of the service, which the SDK gives as text or as an enumeration."""
    return str(getattr(value, "value", value) or "")


def _check_asset(connection: Connection, kind: str, reference: str, where: str) -> _Answer:
    match = _ASSET.match(reference)
    if match is None:
        raise ValueError(reference)
    name, label, version = match.groups()
    operations = connection.ml.environments if kind == "environment" else connection.ml.data
    try:
        asset = operations.get(name, version=version, label=label)
    except Exception as error:
        if not is_missing_asset(error):
            return _Answer(explain(error, f"looking up the {kind} '{name}'"))
        return _Answer(_missing_asset(operations, kind, name, version, where))
    return _Answer(reference=(reference, f"azureml:{name}:{asset.version}"))


def _missing_asset(
    operations: Any, kind: str, name: str, version: str | None, where: str
) -> Diagnostic:
    code = "KAZ706" if kind == "environment" else "KAZ707"
    names = _names(lambda: operations.list())
    if version is not None and name in names:
        versions = _names(lambda: operations.list(name=name), "version")
        message = f"The {kind} '{name}' has no version '{version}'."
        hint = nearest(version, versions)
    else:
        message = f"The workspace has no {kind} '{name}'."
        hint = nearest(name, names)
    remedies = {
        "environment": "Create it with 'az ml environment create', or correct "
        "azure.environment_name in azureml.yml.",
        "data asset": "Create it with 'az ml data create', or correct the name.",
    }
    return Diagnostic(code, message, f"{hint} {remedies[kind]}".strip(), where=where)


def _names(list_them: Callable[[], Iterable[Any]], attribute: str = "name") -> set[str]:
    """What there is instead; nothing if that cannot be told."""
    try:
        return {str(getattr(item, attribute)) for item in list_them() if item is not None}
    except Exception:
        return set()


def _distinct(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Without the same login or network trouble told once a reference."""
    kept: dict[tuple[str, str], Diagnostic] = {}
    for problem in problems:
        shared = problem.code in ("KAZ702", "KAZ703", "KAZ709")
        kept.setdefault((problem.code, "" if shared else problem.message), problem)
    return list(kept.values())
