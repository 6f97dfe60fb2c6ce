"""Datasets that the workspace knows: what a catalog entry says becomes an input of the job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.job.model import Input, PipelineJob
from tests.kit.inprocess import compile_here
from tests.kit.projects import make_project
from tests.unit.compiler.test_compile import chain, findings, record

READER = 'node(one, "raw", "table", name="clean"),\n'
ASSET_DATASET = """\
raw:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: sales
  root_dir: data/01_raw
  dataset: {type: text.TextDataset, filepath: sub/raw.txt}
"""


def compiled(path: Path, catalog: str, nodes: str = READER, **request: Any) -> PipelineJob:
    return compile_here(make_project(path, nodes, catalog=catalog), **request).job


def raw(settings: str, entry: str = "type: text.TextDataset, filepath: data/raw.txt") -> str:
    return f"raw: {{{entry}, metadata: {{azureml: {{{settings}}}}}}}\n"


def test_an_asset_is_an_input_of_the_job_and_needs_no_file_here(tmp_path: Path) -> None:
    job = compiled(tmp_path, raw("asset: sales@latest, mode: download"))
    assert job.inputs == {"raw": Input(type="uri_file", path="azureml:sales@latest")}
    assert job.jobs["clean"].component.inputs == {"raw": Input(type="uri_file", mode="download")}
    assert record(job, "clean").raw_inputs == {"data/raw.txt": "${{inputs.raw}}"}


@pytest.mark.parametrize(
    ("entry", "settings", "kind", "mount"),
    [
        ("type: text.TextDataset, filepath: data/raw", "asset: s", "uri_folder", "data/raw"),
        (
            "type: partitions.PartitionedDataset, path: data/p.d, dataset: text.TextDataset",
            "asset: s",
            "uri_folder",
            "data/p.d",
        ),
        (
            "type: text.TextDataset, filepath: data/raw.txt, versioned: true",
            "asset: s",
            "uri_folder",
            "data/raw.txt",
        ),
        (
            "type: text.TextDataset, filepath: data/raw.txt",
            "asset: s, type: mltable",
            "mltable",
            "data/raw.txt",
        ),
        (
            "type: text.TextDataset, filepath: /srv/raw.txt",
            "asset: s",
            "uri_file",
            "_external/absolute/srv/raw.txt",
        ),
    ],
)
def test_the_type_is_the_datasets_unless_the_entry_says_it(
    tmp_path: Path, entry: str, settings: str, kind: str, mount: str
) -> None:
    job = compiled(tmp_path, raw(settings, entry))
    assert job.inputs == {"raw": Input(type=kind, path="azureml:s@latest")}  # type: ignore[arg-type]
    assert list(record(job, "clean").raw_inputs) == [mount]


def test_two_forms_of_one_dataset_share_an_input_and_two_datasets_may_share_an_asset(
    tmp_path: Path,
) -> None:
    catalog = """\
raw@a: {type: text.TextDataset, filepath: data/raw.txt}
raw@b: {type: text.TextDataset, filepath: data/raw.txt, metadata: {azureml: {asset: "s:1"}}}
"{space}_in":
  type: text.TextDataset
  filepath: data/{space}/in.txt
  metadata: {azureml: {asset: "s:1"}}
"""
    nodes = """\
node(one, ["raw@a", "raw@b"], "x", name="first"),
node(one, ["eu_in", "us_in"], "y", name="second"),
"""
    job = compiled(tmp_path, catalog, nodes)
    assert {value.path for value in job.inputs.values() if isinstance(value, Input)} == {
        "azureml:s:1"
    }
    assert list(record(job, "first").raw_inputs) == ["data/raw.txt"]
    assert list(record(job, "second").raw_inputs) == ["data/eu/in.txt", "data/us/in.txt"]


def test_an_asset_that_the_job_itself_makes_is_not_read(tmp_path: Path) -> None:
    catalog = (
        raw("asset: sales:1").replace("raw", "table", 1) + "raw: {type: MemoryDataset, data: 1}\n"
    )
    nodes = READER + 'node(nothing, ["table", "raw"], None, name="report"),\n'
    job = compiled(tmp_path, catalog, nodes)
    assert job.inputs == {}


@pytest.mark.parametrize(
    ("extra", "version", "path", "folder"),
    [
        ("", None, "azureml:sales@latest", "latest"),
        ('azureml_version: "100"', None, "azureml:sales:100", "100"),
        ("azureml_version: 100", "latest", "azureml:sales@latest", "latest"),
        ("azureml_version: 100\n  versioned: true", "5", "azureml:sales:5", "5"),
    ],
)
def test_an_asset_dataset_has_one_rule_for_its_version(
    tmp_path: Path, extra: str, version: str | None, path: str, folder: str
) -> None:
    catalog = f"{ASSET_DATASET}  {extra}\n"
    versions = {"raw": version} if version else {}
    job = compiled(tmp_path, catalog, load_versions=versions)
    assert job.inputs == {"raw": Input(type="uri_folder", path=path)}
    assert list(record(job, "clean").raw_inputs) == [f"data/01_raw/sales/{folder}"]


def test_an_asset_dataset_of_a_file(tmp_path: Path) -> None:
    job = compiled(tmp_path, ASSET_DATASET + "  azureml_type: uri_file\n")
    assert job.inputs == {"raw": Input(type="uri_file", path="azureml:sales@latest")}
    assert list(record(job, "clean").raw_inputs) == ["data/01_raw/sales/latest/sub/raw.txt"]


@pytest.mark.parametrize(
    ("catalog", "request_", "message"),
    [
        (raw("asset: s", "type: MemoryDataset"), {}, "KAZ312 conf/base/catalog.yml:1 raw.metadata"),
        (
            raw("asset: s", "type: pandas.SQLTableDataset, table_name: t, credentials: {con: x}"),
            {},
            "KAZ312",
        ),
        (
            raw(
                "asset: s, type: uri_file",
                "type: text.TextDataset, filepath: a.txt, versioned: true",
            ),
            {},
            "KAZ312",
        ),
        (raw("asset: s"), {"load_versions": {"raw": "3"}}, "KAZ107 --load-versions"),
        (raw("asset: s"), {"local": True}, "kedro azureml data pull raw"),
        (
            ASSET_DATASET + "  azureml_type: mltable\n",
            {},
            "KAZ311 conf/base/catalog.yml:6 raw.azur",
        ),
        (
            ASSET_DATASET.replace("sales", "sal/es"),
            {},
            "KAZ311 conf/base/catalog.yml:3 raw.azureml_dataset",
        ),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, catalog: str, request_: dict[str, Any], message: str
) -> None:
    found = findings(make_project(tmp_path, READER, catalog=catalog), **request_)
    assert any(message in text for text in found), found


def test_two_assets_at_one_path_are_refused(tmp_path: Path) -> None:
    catalog = raw("asset: s:1") + raw("asset: s:2").replace("raw", "other", 1)
    project = make_project(tmp_path, 'node(one, ["raw", "other"], "x"),\n', catalog=catalog)
    assert any(text.startswith("KAZ314 catalog other") for text in findings(project))


def test_a_mistake_in_metadata_is_named_with_its_line(tmp_path: Path) -> None:
    catalog = """\
table: {type: text.TextDataset, filepath: data/02/table.txt}
"{name}":
  type: text.TextDataset
  filepath: data/01_raw/{name}.txt
  metadata:
    azureml:
      aset: sales:1
"""
    [found] = [f for f in findings(chain(tmp_path, catalog=catalog)) if f.startswith("KAZ311")]
    assert found == (
        "KAZ311 conf/base/catalog.yml:7 {name}.metadata.azureml.aset: The dataset 'raw': 'aset' is "
        "not a key of 'metadata.azureml'. Did you mean 'asset'?"
    )
