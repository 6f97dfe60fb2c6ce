"""The environment variables of a step, as Azure ML sets them.

A step sees nothing of the submitter's shell but PATH, HOME and LANG, so that a rehearsal cannot
pass on what only this machine has. The groups and their evidence are those of the table in
``docs/rehearsal.md``: documented by Microsoft where it says so, otherwise seen in the public
listing of a real step (a Kubernetes compute, 2022) and in azureml-core's ``RunEnvVars``. Not set on
purpose: the service's endpoints and tokens (``AZUREML_RUN_TOKEN``, ``MLFLOW_TRACKING_TOKEN``,
``MSI_ENDPOINT``...), so that nothing calls out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_azureml.config.models.azureml import AzureConfig, AzureMLConfig
from kedro_azureml.config.models.values import SUBSCRIPTION_VARIABLE, is_guid
from kedro_azureml.rehearsal.workspace.stable_ids import stable_id

if TYPE_CHECKING:
    from kedro_azureml.rehearsal.mlflow.store import MlflowStore

# What comes from the submitter: documented nowhere, and no process runs well without them.
INHERITED = ("HOME", "LANG")
DEFAULTS = {"HOME": "/root", "LANG": "C.UTF-8"}
# Seen on a real step: the data folder holds INPUT_<name> for an input, <name> for an output.
INPUT_FOLDER_PREFIX = "INPUT_"
# Undocumented: how several names are written in AZUREML_DATASET_FILE_OUTPUTS.
FILE_OUTPUTS_SEPARATOR = ","
# MLflow 3 reports its use to its makers.
MLFLOW_IS_SILENT = {"MLFLOW_DISABLE_TELEMETRY": "true"}
# Azure ML has one step on a machine, here there are several. Idle threads of OpenBLAS spin for
# 2**28 cycles before they sleep, which costs each step 0.1 s of a processor for NumPy and 0.1 s for
# SciPy. After 2**20 cycles they sleep as well, and compute the same.
BLAS_THREADS_SLEEP = {"OPENBLAS_THREAD_TIMEOUT": "20"}
# One machine a step; what a distributed step's processes are told stands in
# kedro_azureml.rehearsal.launch.distributed.
NODE_RANK, NODE_COUNT = "0", "1"


@dataclass(frozen=True)
class Workspace:
    """The workspace that a step is told it runs in."""

    subscription_id: str = "00000000-0000-0000-0000-000000000000"
    resource_group: str = "rehearsal"
    name: str = "rehearsal"

    @classmethod
    def of(cls, config: AzureMLConfig | None) -> Workspace:
        """Return the workspace that azureml.yml names; what nobody names keeps a made-up name."""
        azure = config.azure if config else AzureConfig()
        subscription = azure.subscription_id or os.environ.get(SUBSCRIPTION_VARIABLE, "")
        return cls(
            subscription if is_guid(subscription) else cls.subscription_id,
            azure.resource_group or cls.resource_group,
            azure.workspace_name or cls.name,
        )

    @property
    def scope(self) -> str:
        """The workspace's ARM id."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


@dataclass(frozen=True)
class StepPlaces:
    """Where a step works, as its variables say."""

    working_copy: Path
    data: Path
    logs: Path
    user_logs: Path


def base_environment(python_folder: Path) -> dict[str, str]:
    """Return the variables that come from this machine.

    Args:
        python_folder: The folder whose ``python`` the steps run.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    path = python_path(python_folder)
    return {**DEFAULTS, **inherited, "PATH": path, **BLAS_THREADS_SLEEP, **MLFLOW_IS_SILENT}


def python_path(python_folder: Path) -> str:
    """Return the PATH of the steps: the folder of their ``python``, then this machine's."""
    path = os.environ.get("PATH") or os.defpath
    return f"{python_folder}{os.pathsep}{path}"


def run_environment(
    run_id: str, store: MlflowStore, workspace: Workspace, python_folder: Path
) -> dict[str, str]:
    """Return the variables that all steps of a rehearsal share.

    Args:
        run_id: The pipeline job's id.
        store: Where MLflow writes.
        workspace: The workspace to claim.
        python_folder: The folder whose ``python`` the steps run.
    """
    return {
        **base_environment(python_folder),
        "AZUREML_ROOT_RUN_ID": run_id,
        "AZUREML_EXPERIMENT_ID": store.experiment_id,
        "AZUREML_EXPERIMENT_SCOPE": f"{workspace.scope}/experiments/{store.experiment}",
        "AZUREML_ARM_PROJECT_NAME": store.experiment,
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription_id,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_WORKSPACE_ID": stable_id(workspace.scope),
        "AZUREML_WORKSPACE_SCOPE": workspace.scope,
        "AZUREML_CR_NODE_RANK": NODE_RANK,
        "AZUREML_NODE_COUNT": NODE_COUNT,
        "MLFLOW_TRACKING_URI": store.uri,
        "MLFLOW_EXPERIMENT_NAME": store.experiment,
        "MLFLOW_EXPERIMENT_ID": store.experiment_id,
    }


def step_environment(
    step_id: str,
    places: StepPlaces,
    literals: Mapping[str, str],
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
) -> dict[str, str]:
    """Return the variables of one step.

    Args:
        step_id: The step's run id.
        places: Its folders.
        literals: Values of its literal inputs.
        inputs: Paths of its data inputs.
        outputs: Paths of its outputs.
    """
    variables = {
        "AZUREML_RUN_ID": step_id,
        "MLFLOW_RUN_ID": step_id,
        "AZUREML_CR_EXECUTION_WORKING_DIR_PATH": str(places.working_copy),
        "AZUREML_CR_DATA_CAPABILITY_PATH": str(places.data),
        "AZUREML_CR_HT_CAP_logs_PATH": str(places.logs),
        "AZUREML_CR_HT_CAP_user_logs_PATH": str(places.user_logs),
    }
    for name, value in literals.items():
        variables[f"AZUREML_PARAMETER_{name}"] = value
    for name, path in inputs.items():
        variables[f"AZURE_ML_INPUT_{name}"] = path
        variables[f"AZUREML_DATAREFERENCE_{name}"] = path
    for name, path in outputs.items():
        variables[f"AZURE_ML_OUTPUT_{name}"] = path
        # The bare name too: an output called HOME, say, breaks a step there as it does here.
        variables[name] = path
    if outputs:
        variables["AZUREML_DATASET_FILE_OUTPUTS"] = FILE_OUTPUTS_SEPARATOR.join(outputs)
    return variables


def passed_environment(names: tuple[str, ...]) -> dict[str, str]:
    """Return the submitter's variables that are let through by name."""
    return {name: os.environ[name] for name in names if name in os.environ}


def python_folder(run_folder: Path) -> Path:
    """Return a folder whose ``python`` is the interpreter that runs this.

    An interpreter that is only called ``python3`` gets a small wrapper in the run's folder.
    """
    executable = Path(sys.executable)
    python = executable.parent / "python"
    try:
        if python.samefile(executable):
            return executable.parent
    except OSError:
        pass
    wrapper = run_folder / "bin" / "python"
    wrapper.parent.mkdir(exist_ok=True)
    quoted = str(executable).replace("'", "'\\''")
    wrapper.write_text(f"#!/bin/sh\nexec '{quoted}' \"$@\"\n", encoding="utf-8")
    wrapper.chmod(0o755)
    return wrapper.parent
