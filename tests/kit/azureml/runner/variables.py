"""The environment variables of a step's process, group by group as the contract lists them."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scope:
    """Where a job runs: the workspace, the experiment, the pipeline job."""

    run: str
    experiment: str = "Default"
    subscription: str = "00000000-0000-0000-0000-000000000000"
    group: str = "group"
    workspace: str = "workspace"
    region: str = "eastus"

    @property
    def workspace_id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"
        )


def run_variables(scope: Scope, step_run: str) -> dict[str, str]:
    """Which run, experiment and workspace this is.

    There is no service that takes a run's token, so there is none.
    """
    workspace = scope.workspace_id
    experiment = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{workspace}/{scope.experiment}"))
    return {
        "AZUREML_RUN_ID": step_run,
        "AZUREML_ROOT_RUN_ID": scope.run,
        "AZUREML_EXPERIMENT_ID": experiment,
        "AZUREML_EXPERIMENT_SCOPE": f"{workspace}/experiments/{scope.experiment}",
        "AZUREML_ARM_PROJECT_NAME": scope.experiment,
        "AZUREML_ARM_SUBSCRIPTION": scope.subscription,
        "AZUREML_ARM_RESOURCEGROUP": scope.group,
        "AZUREML_ARM_WORKSPACE_NAME": scope.workspace,
        "AZUREML_WORKSPACE_ID": str(uuid.uuid5(uuid.NAMESPACE_URL, workspace)),
        "AZUREML_WORKSPACE_SCOPE": workspace,
        "MLFLOW_TRACKING_URI": f"azureml://{scope.region}.api.azureml.ms/mlflow/v1.0{workspace}",
        "MLFLOW_RUN_ID": step_run,
        "MLFLOW_EXPERIMENT_NAME": scope.experiment,
        "MLFLOW_EXPERIMENT_ID": experiment,
    }


def runtime_variables(folder: Path, data: Path, instances: int) -> dict[str, str]:
    """What the compute's runtime says of itself."""
    context = {"cluster_name": "cpu-cluster", "run_attempt_count": 1, "gpu_count": 0}
    return {
        "AZUREML_CR_DATA_CAPABILITY_PATH": str(data),
        "AZUREML_NODE_COUNT": str(instances),
        "AZUREML_CR_COMPUTE_CONTEXT": json.dumps(context),
        "AZUREML_CR_HT_CAP_logs_PATH": str(folder / "logs"),
        "AZUREML_CR_HT_CAP_user_logs_PATH": str(folder / "user_logs"),
    }


def data_variables(
    paths: Mapping[str, str], literals: Mapping[str, str], outputs: Mapping[str, str]
) -> dict[str, str]:
    """Where inputs and outputs lie, and what the literals are.

    An output's own name is a variable too: one called ``home`` moves HOME.
    """
    found: dict[str, str] = {}
    for name, path in paths.items():
        found |= {f"AZURE_ML_INPUT_{name}": path, f"AZUREML_DATAREFERENCE_{name}": path}
    for name, value in literals.items():
        found[f"AZUREML_PARAMETER_{name}"] = value
    for name, path in outputs.items():
        found |= {f"AZURE_ML_OUTPUT_{name}": path, name: path}
    if outputs:
        found["AZUREML_DATASET_FILE_OUTPUTS"] = ",".join(outputs)
    return found


def image_variables(home: Path) -> dict[str, str]:
    """What the image of the environment would say; ``python`` is the tests' own."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}
