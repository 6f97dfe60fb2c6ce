"""Computes of the workspace: whether they are as azureml.yml says, making and deleting them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from azure.ai.ml.entities import (
    AmlCompute,
    AmlComputeSshSettings,
    ComputeInstance,
    ComputeInstanceSshSettings,
    IdentityConfiguration,
    ManagedIdentityConfiguration,
)

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explain, explained, is_missing
from kedro_azureml.azure.progress import Progress
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.compute import ComputeConfig, CreateConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import duration, listed

CLUSTER, INSTANCE, KUBERNETES = "amlcompute", "computeinstance", "kubernetes"
KINDS = {
    CLUSTER: "compute cluster",
    INSTANCE: "compute instance",
    KUBERNETES: "Kubernetes cluster",
}
TAGS = {"created_by": "kedro-azureml"}
_USABLE = {"succeeded", "updating", "creating"}
_INSTANCE_READY = {"running"}
_LOOK_SECONDS = 0.2
_SAY_SECONDS = 15.0


@dataclass(frozen=True)
class Wanted:
    """What azureml.yml says of a compute.

    Attributes:
        alias: The first alias that names it.
        name: Its name in the workspace.
        settings: The alias, with what it takes from ``__default__``.
    """

    alias: str
    name: str
    settings: ComputeConfig

    @property
    def kind(self) -> str | None:
        """What it has to be; None where anything will do."""
        if self.settings.instance_name:
            return INSTANCE
        return CLUSTER if self.settings.create else None

    def __str__(self) -> str:
        create = self.settings.create
        text = f"{KINDS[self.kind or CLUSTER]} '{self.name}'"
        if create is None:
            return text
        parts = [create.size]
        if self.kind == CLUSTER:
            least, most = create.min_instances or 0, create.max_instances
            parts.append(f"{least} to {4 if most is None else most} machines")
        if create.tier == "low_priority":
            parts.append("low priority")
        return f"{text} ({', '.join(parts)})"


def wanted_of(config: AzureMLConfig) -> dict[str, Wanted]:
    """What azureml.yml says of each compute that it names, by the compute's name."""
    found: dict[str, Wanted] = {}
    for alias in config.azure.compute:
        settings = config.azure.compute_settings(alias)
        name = settings.target if settings else None
        if settings is None or name is None:
            continue
        known = found.get(name)
        if known is None or (settings.create and not known.settings.create):
            found[name] = Wanted(alias, name, settings)
    return found


def find(connection: Connection, name: str) -> Any | None:
    """A compute as Azure ML describes it; None if there is none of that name.

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


def problem_with(compute: Any, wanted: Wanted | None) -> tuple[str, str] | None:
    """Why no job can run on a compute, and what to do about it.

    Args:
        compute: What Azure ML says of it.
        wanted: What azureml.yml says of it, if anything.
    """
    kind = str(compute.type).lower()
    if wanted and wanted.kind and wanted.kind != kind:
        key = "instance_name" if wanted.kind == INSTANCE else "create"
        wants = f"azure.compute.{wanted.alias} wants a {KINDS[wanted.kind]} ('{key}')"
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
        again = f"'kedro azureml compute delete {wanted.alias}'" if wanted else "in the Studio"
        remedy = f"Delete it ({again}) and create it again, or name another one."
        return f"cannot be used: its provisioning state is {provisioning}{reason}", remedy
    if getattr(compute, "max_instances", None) == 0:
        return "is a cluster of at most 0 machines", "Raise its maximum number of nodes."
    return None


def differences(compute: Any, wanted: Wanted) -> Iterator[Diagnostic]:
    """KAZ721 for each setting of ``create`` in which a compute is not what azureml.yml says."""
    create = wanted.settings.create
    if create is None:
        return
    for key, stated in _settings(create).items():
        found = _found(compute, key)
        if found is None or _plain(found, key) == _plain(stated, key):
            continue
        shown = _identity(stated) if key == "identity" else stated
        if key == "ssh_settings":
            shown = getattr(stated, "admin_username", stated)
        yield Diagnostic(
            "KAZ721",
            f"The compute '{wanted.name}' exists with {key} {found}, and azureml.yml says {shown}. "
            "It is used as it is.",
            "Correct azureml.yml, or change the compute in the Studio.",
            severity="warning",
            where=f"azureml.yml azure.compute.{wanted.alias}.create.{key}",
        )


def create(connection: Connection, wanted: Iterable[Wanted], progress: Progress) -> None:
    """Create computes, all at once, and wait until they are there.

    Raises:
        DiagnosticError: KAZ722 for each that could not be created.
    """
    began = time.monotonic()
    pollers: dict[str, Any] = {}
    problems: list[Diagnostic] = []
    asked: list[str] = []
    try:
        for item in wanted:
            asked.append(item.name)
            try:
                pollers[item.name] = connection.ml.compute.begin_create_or_update(_entity(item))
            except Exception as error:
                asked.remove(item.name)
                problems.append(_failed(item.name, error))
        _wait(pollers, began, progress)
    except KeyboardInterrupt:
        names = [name for name in asked if name not in pollers or not pollers[name].done()]
        if names:
            progress.say(f"Azure ML goes on creating {listed(names)}.")
        raise
    for name, poller in pollers.items():
        try:
            made = poller.result()
        except Exception as error:
            problems.append(_failed(name, error))
            continue
        problem = problem_with(made, None)
        if problem:
            problems.append(_not_created(f"The compute '{name}' was created, and {problem[0]}."))
        else:
            progress.say(f"Created '{name}' in {duration(time.monotonic() - began)}.")
    if problems:
        raise DiagnosticError(problems)


def delete(connection: Connection, compute: Any, progress: Progress) -> None:
    """Delete a compute, or detach one that is not Azure ML's own, and wait for it.

    Raises:
        DiagnosticError: Azure refuses.
    """
    name = str(compute.name)
    owned = str(compute.type).lower() in (CLUSTER, INSTANCE)
    try:
        poller = connection.ml.compute.begin_delete(name, action="Delete" if owned else "Detach")
        _wait({name: poller}, time.monotonic(), progress, "Deleting")
        poller.result()
    except Exception as error:
        found = explain(error, f"deleting the compute '{name}'")
        raise DiagnosticError(_of_compute_operators(found)) from error


def describe(compute: Any) -> str:
    """What a compute is, in a few words."""
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


def _wait(
    pollers: Mapping[str, Any], began: float, progress: Progress, doing: str = "Creating"
) -> None:
    said = began
    while waiting := [name for name, poller in pollers.items() if not poller.done()]:
        now = time.monotonic()
        names = ", ".join(f"'{name}'" for name in waiting)
        text = f"{doing} {names}: {duration(now - began)}"
        progress.doing(text)
        if now - said >= _SAY_SECONDS:
            progress.say(text)
            said = now
        time.sleep(_LOOK_SECONDS)


def _entity(wanted: Wanted) -> Any:
    create = wanted.settings.create
    if create is None:
        raise ValueError(wanted.name)
    given = _settings(create)
    keys = {key: value for key, value in given.items() if key not in ("ssh_settings", "identity")}
    if create.identity:
        ids = [
            ManagedIdentityConfiguration(resource_id=one.resource_id)
            for one in create.identity.user_assigned_identities
        ]
        keys["identity"] = IdentityConfiguration(
            type=create.identity.type, user_assigned_identities=ids or None
        )
    ssh = create.ssh_settings
    if wanted.kind == INSTANCE:
        if ssh:
            keys["ssh_settings"] = ComputeInstanceSshSettings(ssh_key_value=ssh.ssh_key_value)
        return ComputeInstance(name=wanted.name, tags=TAGS, **keys)
    if ssh and ssh.admin_username:
        keys["ssh_settings"] = AmlComputeSshSettings(
            admin_username=ssh.admin_username, ssh_key_value=ssh.ssh_key_value
        )
    return AmlCompute(name=wanted.name, tags=TAGS, **keys)


def _settings(create: CreateConfig) -> dict[str, Any]:
    """What is stated, by the SDK's own names."""
    return {
        key: getattr(create, key)
        for key in type(create).model_fields
        if getattr(create, key) is not None
    }


def _found(compute: Any, key: str) -> Any:
    """A setting that a compute has, in the form in which azureml.yml states it; None if unknown."""
    value = getattr(compute, key, None)
    if key == "identity":
        return _identity(value) or "none"
    if key == "ssh_settings":
        return getattr(value, "admin_username", None)
    if isinstance(value, float):
        return int(value)
    return value


def _identity(value: Any) -> str:
    """A managed identity in one line, whether it is azureml.yml's or the SDK's."""
    ids = [str(one.resource_id) for one in getattr(value, "user_assigned_identities", None) or ()]
    return " ".join([_word(getattr(value, "type", None)), *sorted(ids)])


def _plain(value: Any, key: str) -> Any:
    """A value as it compares: spelling in capitals and spaces is nobody's difference."""
    if key == "identity" and not isinstance(value, str):
        value = _identity(value)
    if key == "ssh_settings":
        value = getattr(value, "admin_username", value)
    if isinstance(value, str):
        return value.lower().replace(" ", "").replace("_", "")
    return value


def _word(value: Any) -> str:
    """A word of the service, which the SDK gives as text or as an enumeration."""
    return str(getattr(value, "value", value) or "")


def _failed(name: str, error: Exception) -> Diagnostic:
    found = explain(error, f"creating the compute '{name}'")
    if found.code == "KAZ708":
        return _not_created(found.message)
    return _of_compute_operators(found)


def _of_compute_operators(found: Diagnostic) -> Diagnostic:
    """A lack of permission with the remedy for it: data scientists may not change computes."""
    if found.code != "KAZ703":
        return found
    remedy = (
        "Ask an owner of the workspace for the role 'AzureML Compute Operator', or to do it for "
        "you; a new role takes some minutes."
    )
    return replace(found, remedy=remedy)


def _not_created(message: str) -> Diagnostic:
    return Diagnostic(
        "KAZ722",
        message,
        "Look at it in the Studio, under Compute; a quota that is too small is the usual reason.",
    )
