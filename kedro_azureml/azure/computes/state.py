"""Computes of the workspace: what they are, and whether they are as azureml.yml says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kedro_azureml.azure.computes.spec import (
    CLUSTER,
    INSTANCE,
    KINDS,
    ComputeSpec,
    alias_settings,
    specs_of,
)
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.compute import CreateConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.references import SERVERLESS

_USABLE = {"succeeded", "updating", "creating"}
_INSTANCE_READY = {"running"}
SERVERLESS_MACHINES = "machines that Azure ML finds"


@dataclass(frozen=True)
class ComputeRow:
    """One compute as ``compute list`` shows it.

    Attributes:
        alias: The alias of azureml.yml; None for a compute that azureml.yml does not name.
        name: The compute's name in the workspace.
        state: What it is, in words.
        exists: Whether a job can name it now.
    """

    alias: str | None
    name: str
    state: str
    exists: bool


@quiet()
def list_computes(connection: Connection, config: AzureMLConfig) -> list[ComputeRow]:
    """List the aliases of azureml.yml, and then the other computes of the workspace."""
    with explained("listing the computes"):
        connection.check()
        existing = {str(item.name): item for item in connection.ml.compute.list()}
    rows: list[ComputeRow] = []
    for alias in config.azure.compute:
        settings = alias_settings(config, alias)
        name = settings.target
        if name is None:
            kind = f", {settings.instance_type}" if settings.instance_type else ""
            rows.append(ComputeRow(alias, SERVERLESS, f"{SERVERLESS_MACHINES}{kind}", True))
        elif name in existing:
            rows.append(ComputeRow(alias, name, describe_compute(existing[name]), True))
        else:
            hint = f": 'kedro azureml compute create {alias}' creates it"
            state = f"missing{hint if settings.create else ''}"
            rows.append(ComputeRow(alias, name, state, False))
    others = sorted(existing.keys() - specs_of(config).keys())
    return rows + [
        ComputeRow(None, name, describe_compute(existing[name]), True) for name in others
    ]


@quiet()
def look_up_compute(connection: Connection, name: str) -> Any | None:
    """Find a compute, or make sure that it is the compute that is missing, not the workspace."""
    compute = find_compute(connection, name)
    if compute is None:
        connection.check()
    return compute


def refuse_unusable(compute: Any, spec: ComputeSpec) -> None:
    """Make sure that jobs can run on a compute.

    Raises:
        DiagnosticError: KAZ705.
    """
    problem = problem_with(compute, spec)
    if problem:
        raise DiagnosticError(
            Diagnostic("KAZ705", f"The compute '{spec.name}' {problem[0]}.", problem[1])
        )


def find_compute(connection: Connection, name: str) -> Any | None:
    """Return a compute as Azure ML describes it, or None if there is none of that name.

    Raises:
        DiagnosticError: Azure cannot be asked.
    """
    with explained(f"looking up the compute '{name}'"):
        try:
            return connection.ml.compute.get(name)
        except Exception as error:
            if is_missing(error):
                return None
            raise


def problem_with(compute: Any, spec: ComputeSpec | None) -> tuple[str, str] | None:
    """Say why no job can run on a compute, and what to do about it.

    Args:
        compute: What Azure ML says of it.
        spec: What azureml.yml says of it, if anything.
    """
    kind = str(compute.type).lower()
    if spec and spec.kind and spec.kind != kind:
        key = "instance_name" if spec.kind == INSTANCE else "create"
        wants = f"azure.compute.{spec.alias} wants a {KINDS[spec.kind]} ('{key}')"
        remedy = "Correct azureml.yml, or name another compute."
        return f"is a {KINDS.get(kind, kind)}, and {wants}", remedy
    state = _word(getattr(compute, "state", None))
    if kind == INSTANCE and state and state.lower() not in _INSTANCE_READY:
        start = f"Start it: az ml compute start --name {compute.name}, or use a compute cluster."
        return f"is a compute instance that is not running (its state is {state})", start
    provisioning = _word(compute.provisioning_state) or "Succeeded"
    if provisioning.lower() not in _USABLE:
        why = _word(getattr(compute, "provisioning_errors", None))
        reason = f", {why}" if why else ""
        again = f"'kedro azureml compute delete {spec.alias}'" if spec else "in the Studio"
        remedy = f"Delete it ({again}) and create it again, or name another one."
        return f"cannot be used: its provisioning state is {provisioning}{reason}", remedy
    if getattr(compute, "max_instances", None) == 0:
        return "is a cluster of at most 0 machines", "Raise its maximum number of nodes."
    return None


def differences(compute: Any, spec: ComputeSpec) -> Iterator[Diagnostic]:
    """Report KAZ721 for each setting of ``create`` that a compute has otherwise."""
    create = spec.settings.create
    if create is None:
        return
    for key, stated in stated_settings(create).items():
        actual = _actual(compute, key)
        if actual is None or _plain(actual, key) == _plain(stated, key):
            continue
        shown = _identity(stated) if key == "identity" else stated
        if key == "ssh_settings":
            shown = getattr(stated, "admin_username", stated)
        yield Diagnostic(
            "KAZ721",
            f"The compute '{spec.name}' exists with {key} {actual}, and azureml.yml says {shown}. "
            "It is used as it is.",
            "Correct azureml.yml, or change the compute in the Studio.",
            severity="warning",
            where=spec.place("create", key),
        )


def describe_compute(compute: Any) -> str:
    """Say in a few words what a compute is."""
    kind = str(compute.type).lower()
    parts = [KINDS.get(kind, kind)]
    size = getattr(compute, "size", None)
    if size:
        parts[0] += f" of {size}"
    if kind == CLUSTER:
        parts.append(f"{compute.min_instances} to {compute.max_instances} machines")
        if _word(compute.tier) == "low_priority":
            parts.append("low priority")
    state = _word(getattr(compute, "state", None)) or _word(compute.provisioning_state)
    if state and state != "Succeeded":
        parts.append(state)
    return ", ".join(parts)


def stated_settings(create: CreateConfig) -> dict[str, Any]:
    """Return the settings that are stated, by the SDK's own names."""
    return {
        key: getattr(create, key)
        for key in type(create).model_fields
        if getattr(create, key) is not None
    }


def _actual(compute: Any, key: str) -> Any:
    """Return a compute's setting in the form of azureml.yml, or None if it is unknown."""
    value = getattr(compute, key, None)
    if key == "identity":
        return _identity(value) or "none"
    if key == "ssh_settings":
        return getattr(value, "admin_username", None)
    if isinstance(value, float):
        return int(value)
    return value


def _identity(value: Any) -> str:
    """Write a managed identity in one line, whether it is azureml.yml's or the SDK's."""
    assigned = getattr(value, "user_assigned_identities", None) or ()
    ids = [str(identity.resource_id) for identity in assigned]
    return " ".join([_word(getattr(value, "type", None)), *sorted(ids)])


def _plain(value: Any, key: str) -> Any:
    """Normalise a value for comparison: capitals and spaces make no difference."""
    if key == "identity" and not isinstance(value, str):
        value = _identity(value)
    if key == "ssh_settings":
        value = getattr(value, "admin_username", value)
    if isinstance(value, str):
        return value.lower().replace(" ", "").replace("_", "")
    return value


def _word(value: Any) -> str:
    """Return a word of the service, which the SDK gives as text or as an enumeration."""
    return str(getattr(value, "value", value) or "")
