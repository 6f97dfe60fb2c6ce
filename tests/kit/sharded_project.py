"""A project with sharded nodes, and partitions with names that shells and storage could mistake."""

from __future__ import annotations

from pathlib import Path

from tests.kit.projects import AZUREML_YML, make_project

#: Names that a file system keeps; a storage account does not keep a backslash.
PARTITIONS = (
    "plain",
    "with space",
    'o\'brien $HOME `id` "q"',
    "é 漢 😀",
    "-rf",
    "2024/01",
    "2024/02",
    "${{inputs.x}}",
    "*",
)
_REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from kedro_azureml.distributed import sharded

    def make():
        return {{name: {{"n": number + 1}} for number, name in enumerate({names})}}

    @sharded(by="partitions", {counted}="params:shards")
    def double(parts):
        {double}

    def together(totals):
        return {{"total": sum(each["total"] for each in totals), "of": len(totals)}}

    @sharded({counted}=3, combine=together, balance="size")
    def total(parts):
        return {{"total": sum(load()["n"] for load in parts.values()), "of": 1}}

    def report(parts, total):
        return {{"names": sorted(parts), "sum": sum(load()["n"] for load in parts.values())}}

    def register_pipelines():
        return {{"__default__": Pipeline([
            node(make, None, "raw", name="make"),
            node(double, "raw", "doubled", name="double"),
            node(total, "doubled", "total", name="total"),
            node(report, ["doubled", "total"], "report", name="report"),
        ])}}
"""
DOUBLE = 'return {name: {"n": 2 * load()["n"]} for name, load in parts.items()}'
_CATALOG = """\
    raw: {type: partitions.PartitionedDataset, path: data/raw, dataset: json.JSONDataset}
    doubled:
      type: partitions.PartitionedDataset
      path: data/doubled
      filename_suffix: .json
      dataset: {type: json.JSONDataset}
    total: {type: json.JSONDataset, filepath: data/total.json}
    report: {type: json.JSONDataset, filepath: data/report.json}
"""


def make_sharded_project(
    path: Path,
    *,
    shards: int = 3,
    double: str = DOUBLE,
    azureml: str = AZUREML_YML,
    counted: str = "shards",
) -> Path:
    """Write the project: `double` is a map of partitions, and `total` a reduction that combines.

    Args:
        path: Its folder.
        shards: How many `double` becomes.
        double: What the function `double` does.
        azureml: azureml.yml.
        counted: ``shards``, or ``machines`` of one step.
    """
    return make_project(
        path,
        registry=_REGISTRY.format(double=double, names=PARTITIONS, counted=counted),
        catalog=_CATALOG,
        parameters=f"shards: {shards}\n",
        azureml=azureml,
    )
