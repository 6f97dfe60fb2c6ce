"""Datasets that lie in Azure: `kedro run` and a rehearsal read their local copies, each alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

REGISTRY = """\
    from kedro.pipeline import Pipeline, node

    def gather(text, parts, history, wrapped, whole):
        loaded = ",".join(f"{k}={v()}" for k, v in sorted(parts.items()))
        return f"{text}|{loaded}|{history}|{wrapped}|{whole}"

    def again(middle):
        return middle + "!"

    def register_pipelines():
        return {"__default__": Pipeline([
            node(gather, ["text", "parts", "history", "wrapped", "whole"], "middle", name="gather"),
            node(again, "middle", "result", name="again"),
        ])}
    """
CATALOG = """\
text:
  type: text.TextDataset
  filepath: data/01_raw/text.txt
  metadata: {azureml: {asset: text@latest}}
parts:
  type: partitions.PartitionedDataset
  path: data/01_raw/parts
  dataset: text.TextDataset
  filename_suffix: .txt
  metadata: {azureml: {asset: "parts:1"}}
history:
  type: text.TextDataset
  filepath: data/01_raw/history.txt
  versioned: true
  metadata: {azureml: {asset: azureml://datastores/blob/paths/history/}}
wrapped:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: wrapped
  root_dir: data/01_raw
  versioned: true
  dataset: {type: text.TextDataset, filepath: sub/w.txt}
whole:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: whole
  azureml_type: uri_file
  azureml_version: 3
  root_dir: data/01_raw
  dataset: {type: text.TextDataset, filepath: f.txt}
middle:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: middle
  root_dir: data/02_middle
  dataset: {type: text.TextDataset, filepath: m.txt}
result: {type: text.TextDataset, filepath: data/08/result.txt}
"""
FILES = {
    "data/01_raw/text.txt": "t",
    "data/01_raw/parts/a.txt": "1",
    "data/01_raw/parts/b.txt": "2",
    "data/01_raw/history.txt/2025-01-01T00.00.00.000Z/history.txt": "old",
    "data/01_raw/history.txt/2026-01-01T00.00.00.000Z/history.txt": "new",
    "data/01_raw/wrapped/9/sub/w.txt": "w9",
    "data/01_raw/wrapped/10/sub/w.txt": "w10",
    "data/01_raw/whole/3/f.txt": "f3",
}
EXPECTED = "t|a=1,b=2|new|w10|f3!"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "p", registry=REGISTRY, catalog=CATALOG, files=FILES)


def result(project: Path) -> str:
    file = project / "data/08/result.txt"
    text = file.read_text()
    file.unlink()
    return text


def test_kedro_run_a_rehearsal_and_a_rehearsed_document_read_the_copies(project: Path) -> None:
    run_kedro(project, "run")
    assert result(project) == EXPECTED
    assert (project / "data/02_middle/middle/local/m.txt").is_file()
    run_kedro(project, "azureml", "run", "--local", "--into-catalog")
    assert result(project) == EXPECTED
    run_kedro(project, "azureml", "compile", "-o", "job.yml")
    run_kedro(project, "azureml", "run", "--local", "-f", "job.yml", "--into-catalog")
    assert result(project) == EXPECTED


def test_a_version_is_chosen_by_one_rule(project: Path) -> None:
    run_kedro(project, "run", "--load-versions", "wrapped:9")
    assert result(project) == EXPECTED.replace("w10", "w9")
    run_kedro(
        *(project, "azureml", "run", "--local", "--into-catalog", "--load-versions", "wrapped:9")
    )
    assert result(project) == EXPECTED.replace("w10", "w9")


def test_what_is_not_here_is_said_with_the_command_that_fetches_it(project: Path) -> None:
    run_kedro(project, "azureml", "compile", "-o", "job.yml")
    (project / "data/01_raw/text.txt").unlink()
    (project / "data/01_raw/whole/3/f.txt").unlink()
    said = run_kedro(project, "azureml", "run", "--local", check=False)
    assert said.returncode == 1
    assert "KAZ313" in said.stderr
    assert "kedro azureml data pull text" in said.stderr
    assert "kedro azureml data pull whole" in said.stderr
    said = run_kedro(project, "azureml", "run", "--local", "-f", "job.yml", check=False)
    assert "KAZ313" in said.stderr
    assert "kedro azureml data pull" in said.stderr
    said = run_kedro(project, "run", "--to-nodes", "gather", check=False)
    assert "kedro azureml data pull" in said.stdout + said.stderr
