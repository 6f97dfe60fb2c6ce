"""Azure's clouds, and where their services are."""

from __future__ import annotations

from dataclasses import dataclass

REGION = "eastus"


@dataclass(frozen=True)
class Cloud:
    """Where a cloud's services are."""

    api: str
    storage: str
    studio: str


CLOUDS = {
    "AzureCloud": Cloud(f"{REGION}.api.azureml.ms", "core.windows.net", "ml.azure.com"),
    "AzureUSGovernment": Cloud(
        "usgovarizona.api.ml.azure.us", "core.usgovcloudapi.net", "ml.azure.us"
    ),
    "AzureChinaCloud": Cloud(
        "chinaeast2.api.ml.azure.cn", "core.chinacloudapi.cn", "studio.ml.azure.cn"
    ),
}
