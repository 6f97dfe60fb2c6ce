"""What Azure Resource Manager shows of a new compute."""

from __future__ import annotations

from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.workspace.clouds import REGION


def compute_properties(name: str, kind: str, provisioning: str, state: str, group: str) -> Json:
    """The properties of a cluster, an instance or an attached Kubernetes cluster.

    Args:
        name: The compute's name.
        kind: ``AmlCompute``, ``ComputeInstance`` or ``Kubernetes``.
        provisioning: How far its provisioning is.
        state: The state of an instance.
        group: The id of the resource group.
    """
    inner: Json = {
        "vmSize": "STANDARD_DS3_V2",
        "vmPriority": "Dedicated",
        "osType": "Linux",
        "scaleSettings": {
            "minNodeCount": 0,
            "maxNodeCount": 4,
            "nodeIdleTimeBeforeScaleDown": "PT120S",
        },
        "allocationState": "Steady",
        "currentNodeCount": 0,
        "targetNodeCount": 0,
        "remoteLoginPortPublicAccess": "Disabled",
        "enableNodePublicIp": True,
    }
    outer: Json = {"computeLocation": REGION}
    if kind == "ComputeInstance":
        inner = {"vmSize": "STANDARD_DS3_V2", "state": state, "sshSettings": {}}
    if kind == "Kubernetes":
        inner = {"namespace": "default", "instanceTypes": {}, "defaultInstanceType": "default"}
        outer["resourceId"] = f"{group}/providers/k8s/{name}"
    return {
        **outer,
        "computeType": kind,
        "provisioningState": provisioning,
        "provisioningErrors": None,
        "isAttachedCompute": kind == "Kubernetes",
        "disableLocalAuth": True,
        "properties": inner,
    }
