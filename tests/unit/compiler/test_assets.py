"""Datasets that the workspace knows: what a catalog entry says becomes an input of the job."""

from __future__ import annotations

from pathlib import Path

from tests.unit.compiler.test_compile import chain, findings


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
