"""Creating and deleting computes of the workspace."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from azure.ai.ml.entities import (
    AmlCompute,
    AmlComputeSshSettings,
    ComputeInstance,
    ComputeInstanceSshSettings,
    IdentityConfiguration,
    ManagedIdentityConfiguration,
)

from kedro_azureml.azure.computes.spec import INSTANCE, ComputeSpec, is_owned
from kedro_azureml.azure.computes.state import problem_with, stated_settings
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explain
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.progress import Progress
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import duration, listed

TAGS = {"created_by": "kedro-azureml"}
_LOOK_SECONDS = 0.2
_SAY_SECONDS = 15.0


@quiet()
def create_computes(
    connection: Connection, specs: Iterable[ComputeSpec], progress: Progress
) -> None:
    """Create computes, all at once, and wait until they are there.

    Raises:
        DiagnosticError: KAZ722 for each that could not be created.
    """
    began = time.monotonic()
    pollers: dict[str, Any] = {}
    problems: list[Diagnostic] = []
    asked: list[str] = []
    try:
        for item in specs:
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


@quiet()
def delete_compute(connection: Connection, compute: Any, progress: Progress) -> None:
    """Delete a compute, or detach one that is not Azure ML's own, and wait for it.

    Raises:
        DiagnosticError: Azure refuses.
    """
    name = str(compute.name)
    try:
        poller = connection.ml.compute.begin_delete(
            name, action="Delete" if is_owned(compute) else "Detach"
        )
        _wait({name: poller}, time.monotonic(), progress, "Deleting")
        poller.result()
    except Exception as error:
        finding = explain(error, f"deleting the compute '{name}'")
        raise DiagnosticError(_of_compute_operators(finding)) from error


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


def _entity(spec: ComputeSpec) -> Any:
    create = spec.settings.create
    if create is None:
        raise ValueError(spec.name)
    stated = stated_settings(create)
    keys = {key: value for key, value in stated.items() if key not in ("ssh_settings", "identity")}
    if create.identity:
        ids = [
            ManagedIdentityConfiguration(resource_id=identity.resource_id)
            for identity in create.identity.user_assigned_identities
        ]
        keys["identity"] = IdentityConfiguration(
            type=create.identity.type, user_assigned_identities=ids or None
        )
    ssh = create.ssh_settings
    if spec.kind == INSTANCE:
        if ssh:
            keys["ssh_settings"] = ComputeInstanceSshSettings(ssh_key_value=ssh.ssh_key_value)
        return ComputeInstance(name=spec.name, tags=TAGS, **keys)
    if ssh and ssh.admin_username:
        keys["ssh_settings"] = AmlComputeSshSettings(
            admin_username=ssh.admin_username, ssh_key_value=ssh.ssh_key_value
        )
    return AmlCompute(name=spec.name, tags=TAGS, **keys)


def _failed(name: str, error: Exception) -> Diagnostic:
    finding = explain(error, f"creating the compute '{name}'")
    if finding.code == "KAZ708":
        return _not_created(finding.message)
    return _of_compute_operators(finding)


def _of_compute_operators(finding: Diagnostic) -> Diagnostic:
    """Put the right remedy to a lack of permission: data scientists may not change computes."""
    if finding.code != "KAZ703":
        return finding
    remedy = (
        "Ask an owner of the workspace for the role 'AzureML Compute Operator', or to do it for "
        "you; a new role takes some minutes."
    )
    return replace(finding, remedy=remedy)


def _not_created(message: str) -> Diagnostic:
    return Diagnostic(
        "KAZ722",
        message,
        "Look at it in the Studio, under Compute; a quota that is too small is the usual reason.",
    )
