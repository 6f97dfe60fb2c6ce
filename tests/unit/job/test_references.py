"""References of a document: written, read, and told from paths of this machine."""

from __future__ import annotations

import pytest

from kedro_azureml.job.references import (
    AssetReference,
    compute_name,
    compute_reference,
    environment_reference,
    id_reference,
    is_local,
    is_resource_id,
)

RESOURCE_ID = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    "/environments/env/versions/3"
)
CURATED = "azureml://registries/azureml/environments/env/versions/3"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("azureml:env:3", AssetReference("env", version="3")),
        ("azureml:env@latest", AssetReference("env", label="latest")),
        ("azureml:env", None),
        ("env:3", None),
        ("azureml:env:3:4", None),
        ("azureml:env@la test", None),
        (CURATED, None),
        (f"azureml:{RESOURCE_ID}", None),
        ("", None),
    ],
)
def test_assets(text: str, reference: AssetReference | None) -> None:
    assert AssetReference.parse(text) == reference
    if reference is not None:
        assert str(reference) == text


@pytest.mark.parametrize("identifier", [RESOURCE_ID, f"{RESOURCE_ID}/", "azureml:env:3", "env:3"])
def test_what_azure_ml_calls_an_asset(identifier: str) -> None:
    assert AssetReference.of_id(identifier) == AssetReference("env", version="3")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("env", "azureml:env@latest"),
        ("env@latest", "azureml:env@latest"),
        ("env:3", "azureml:env:3"),
        ("azureml:env:3", "azureml:env:3"),
        (CURATED, CURATED),
        (RESOURCE_ID, f"azureml:{RESOURCE_ID}"),
        (f"azureml:{RESOURCE_ID}", f"azureml:{RESOURCE_ID}"),
    ],
)
def test_environments(name: str, reference: str) -> None:
    assert environment_reference(name) == reference


def test_computes() -> None:
    assert compute_reference("cpu") == "azureml:cpu"
    assert compute_reference(None) == "serverless"
    assert compute_name("azureml:cpu") == "cpu"
    for reference in (None, "", "serverless", "azureml:serverless", "cpu", "azureml:a:1"):
        assert compute_name(reference) is None


def test_ids() -> None:
    assert id_reference(RESOURCE_ID) == id_reference(f"azureml:{RESOURCE_ID}")
    assert is_resource_id(RESOURCE_ID)
    assert is_resource_id(CURATED)
    assert not is_resource_id("azureml:env:3")


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("data/a.csv", True),
        ("../x", True),
        (".", True),
        ("azureml:data:1", False),
        ("azureml://datastores/d/paths/x", False),
        ("https://host/x", False),
        ("git+https://host/x", False),
        ("C:/data", True),
    ],
)
def test_places(path: str, local: bool) -> None:
    assert is_local(path) is local
