"""``metadata.azureml`` of a catalog entry: what it may say, and what is said of a mistake."""

from __future__ import annotations

from typing import Any

import pytest

from kedro_azureml.config.models.dataset import NO_SETTINGS, keys, read_settings
from kedro_azureml.job.data_address import BadAddressError, data_path, is_version
from tests.house.repository import ROOT

ARM = (
    "/subscriptions/0/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    "/data/sales/versions/1"
)


def place(name: str, keys: tuple[str, ...]) -> str:
    return ".".join([name, *keys])


def problems(settings: Any) -> list[str]:
    read, found = read_settings("sales", {"metadata": {"azureml": settings}}, place)
    assert read is NO_SETTINGS
    return [str(each) for each in found]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("sales", "azureml:sales@latest"),
        ("sales@latest", "azureml:sales@latest"),
        ("azureml:sales@latest", "azureml:sales@latest"),
        ("sales:3", "azureml:sales:3"),
        ("azureml:sales.csv:2024-01", "azureml:sales.csv:2024-01"),
        (ARM, f"azureml:{ARM}"),
        (f"azureml:{ARM}", f"azureml:{ARM}"),
    ],
)
def test_an_asset_is_written_as_a_document_has_it(written: str, path: str) -> None:
    assert data_path(written) == path


@pytest.mark.parametrize(
    "address",
    [
        "azureml://datastores/blob/paths/a b/ü.csv",
        "azureml://subscriptions/0/resourcegroups/g/workspaces/w/datastores/d/paths/x/",
        "azureml://registries/r/data/d/versions/1",
        "azureml://registries/azureml/models/m/labels/latest",
        "azureml://jobs/tender_kite/outputs/model/paths/sub/",
        "https://example.com/a.csv?x=1",
        "wasbs://c@a.blob.core.windows.net/x",
        "abfss://c@a.dfs.core.windows.net/x",
    ],
)
def test_an_address_is_kept_as_it_is(address: str) -> None:
    assert data_path(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "data/sales.csv",
        "a b:1",
        "-sales:1",
        "sales@newest",
        "sales:",
        f"{'n' * 256}:1",
        f"sales:{'1' * 31}",
        "azureml://datastores/blob",
        "azureml://datastore/blob/paths/x",
        "azureml://datastores/blob/paths/../../x",
        "runs:/1/model",
        "s3://bucket/x",
        "https://",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddressError):
        data_path(text)


@pytest.mark.parametrize("secret", ["https://a.blob.x/c/f?sv=1&sig=abc", "https://u:abc@x/f"])
def test_a_secret_in_an_address_is_refused_and_not_repeated(secret: str) -> None:
    (said,) = problems({"asset": secret})
    assert "holds a signature or a password" in said
    assert "abc" not in said


def test_what_an_asset_dataset_says_already() -> None:
    config = {
        "type": "kedro_azureml.datasets.AzureMLAssetDataset",
        "azureml_dataset": "sales",
        "dataset": {"type": "text.TextDataset", "filepath": "a"},
    }
    read, found = read_settings("d", config, place)
    assert (read.asset, read.type, found) == ("azureml:sales@latest", "uri_folder", [])
    read, found = read_settings(
        "d", {**config, "metadata": {"azureml": {"mode": "download"}}}, place
    )
    assert (read.asset, read.mode) == ("azureml:sales@latest", "download")
    config["metadata"] = {"azureml": {"asset": "other:1"}}
    read, (problem,) = read_settings("d", config, place)
    assert "'azureml_dataset' of an AzureMLAssetDataset says what 'asset' says" in str(problem)


def test_an_entry_without_settings() -> None:
    nothing: list[Any] = [None, {}, [], {"azureml": None}, {"kedro-viz": {"layer": "raw"}}]
    for metadata in nothing:
        assert read_settings("sales", {"metadata": metadata}, place) == (NO_SETTINGS, [])
    assert read_settings("sales", {}, place) == (NO_SETTINGS, [])


def test_mistakes_name_the_entry_the_key_and_what_was_meant() -> None:
    where = "KAZ311 sales.metadata.azureml"
    assert problems({"aset": "sales:1"})[0] == (
        f"{where}.aset: The dataset 'sales': 'aset' is not a key of 'metadata.azureml'. "
        "Did you mean 'asset'?"
    )
    assert problems({"type": "uri_fil"})[0] == (
        f"{where}.type: The dataset 'sales': 'uri_fil' is not a value for 'type'. "
        "Did you mean 'uri_file'?"
    )
    assert "Expected text" in problems({"asset": 3})[0]
    assert "Expected a section with keys: asset, type, mode" in problems("sales:1")[0]
    assert "no label but 'latest'" in problems({"asset": "sales@best"})[0]
    assert len(problems({"asset": "", "mode": "mount"})) == 2


def test_every_key_is_documented() -> None:
    pages = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md"))
    assert [key for key in keys() if f"| `{key}` |" not in pages] == []


def test_what_a_service_calls_a_version_may_be_none() -> None:
    assert is_version("2026-01.b_1")
    assert not any(map(is_version, ["", "..", "../up", "a/b", "a b"]))
