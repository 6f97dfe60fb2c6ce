"""A project whose raw data lies in Azure in every way that a catalog can say, and local copies."""

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
