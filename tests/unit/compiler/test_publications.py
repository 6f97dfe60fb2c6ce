"""What a catalog entry says of a dataset that the job writes, as the document has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.compiler import Compilation, CompileRequest, compile_project
from kedro_azureml.job.command_words import Publication
from kedro_azureml.job.model import Input, Output, PipelineJob
from tests.kit.inprocess import compile_here, enter
from tests.kit.projects import make_project
from tests.unit.compiler.test_compile import record

NODES = """
    node(one, "params:n", "table", name="make"),
    node(one, "table", "report", name="read"),
"""
STORE = "azureml://datastores/store/paths"


def entry(settings: str, dataset: str = "type: text.TextDataset, filepath: data/table.txt") -> str:
    return (
        f"table:\n  {{{dataset}, metadata: {{azureml: {{{settings}}}}}}}\n"
        "report: {type: text.TextDataset, filepath: data/report.txt}\n"
    )


def compiled(path: Path, catalog: str, nodes: str = NODES, **request: Any) -> PipelineJob:
    project = make_project(path, nodes, catalog=catalog, parameters="n: 1\n")
    return compile_here(project, **request).job


def compiled_anyway(path: Path, catalog: str) -> Compilation:
    """What the compiler makes of it in spite of errors."""
    project = make_project(path, NODES, catalog=catalog, parameters="n: 1\n")
    enter(project)
    return compile_project(CompileRequest(project_path=project, base=project), with_errors=True)


def problems(path: Path, catalog: str) -> list[str]:
    return [f"{d.severity} {d}" for d in compiled_anyway(path, catalog).diagnostics]


def test_a_registered_dataset_has_an_output_of_its_own(tmp_path: Path) -> None:
    job = compiled(tmp_path, entry("register: the-table"))
    make, read = job.jobs["make"], job.jobs["read"]
    assert make.component.outputs == {
        "manifest_of_table": Output(type="uri_folder"),
        "table": Output(type="uri_folder"),
    }
    assert make.outputs == {"table": Output(type="uri_folder", name="the-table")}
    assert record(job, "make").outputs == {"table": "${{outputs.manifest_of_table}}"}
    assert record(job, "make").publish == {"table": Publication("uri_folder", "${{outputs.table}}")}
    assert record(job, "read").inputs == {"table": "${{inputs.manifest_of_table}}"}
    assert record(job, "read").published == {"table": "${{inputs.table}}"}
    assert read.inputs == {
        "manifest_of_table": "${{parent.jobs.make.outputs.manifest_of_table}}",
        "table": "${{parent.jobs.make.outputs.table}}",
    }


@pytest.mark.parametrize(
    ("settings", "dataset", "kind"),
    [
        ("register: m", "type: text.TextDataset, filepath: data/t.txt", "uri_folder"),
        ("type: uri_file", "type: text.TextDataset, filepath: data/t.txt", "uri_file"),
        (
            "register: m, type: custom_model",
            "type: pickle.PickleDataset, filepath: data/m.pkl",
            "custom_model",
        ),
        (
            "register: m",
            "type: kedro_mlflow.io.models.MlflowModelLocalFileSystemDataset, filepath: data/m",
            "mlflow_model",
        ),
        (
            "register: m",
            "type: partitions.PartitionedDataset, path: data/p, dataset: text.TextDataset",
            "uri_folder",
        ),
    ],
)
def test_the_type_is_the_datasets(tmp_path: Path, settings: str, dataset: str, kind: str) -> None:
    job = compiled_anyway(tmp_path, entry(settings, dataset)).job
    assert job.jobs["make"].component.outputs["table"].type == kind
    assert job.jobs["read"].component.inputs["table"] == Input(type=kind)


def test_placeholders_of_the_compiler_are_filled(tmp_path: Path) -> None:
    settings = f'register: "{{pipeline}}_t", path: "{STORE}/{{job}}/{{date}}/\\\\${{{{name}}}}"'
    job = compiled(tmp_path, entry(settings))
    assert job.jobs["make"].outputs["table"] == Output(
        name="__default___t", path=f"{STORE}/minimal/{{date}}/${{{{name}}}}"
    )


def test_a_factory_registers_each_dataset_under_a_name(tmp_path: Path) -> None:
    """Kedro fills the braces of a factory itself, and takes no others there."""
    catalog = (
        '"{name}_model": {type: text.TextDataset, filepath: "data/{name}.txt", metadata: '
        '{azureml: {register: "{name}"}}}\n'
    )
    nodes = 'node(two, "params:n", ["big_model", "small_model"], name="make"),'
    outputs = compiled(tmp_path, catalog, nodes).jobs["make"].outputs
    assert outputs == {
        "big_model": Output(name="big"),
        "small_model": Output(name="small"),
    }


def test_names_beside_do_not_collide(tmp_path: Path) -> None:
    catalog = (
        entry("register: t") + "manifest_of_table: {type: text.TextDataset, filepath: a.txt}\n"
    )
    nodes = """
        node(two, "params:n", ["table", "manifest_of_table"], name="make"),
        node(one, ["table", "manifest_of_table"], "report", name="read"),
    """
    job = compiled(tmp_path, catalog, nodes)
    outputs = list(job.jobs["make"].component.outputs)
    assert len({name.lower() for name in outputs}) == 3
    assert {"table", "manifest_of_table"} < set(outputs)
    assert record(job, "make").output_names["manifest_of_table"] == "manifest_of_table"


def test_what_an_asset_dataset_writes_is_registered(tmp_path: Path) -> None:
    catalog = """\
table:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: my_table
  root_dir: data/02
  dataset: {type: text.TextDataset, filepath: table.txt}
report: {type: text.TextDataset, filepath: data/report.txt}
"""
    job = compiled(tmp_path, catalog)
    assert job.jobs["make"].outputs == {"table": Output(type="uri_folder", name="my_table")}


def test_temporary_storage_holds_nothing_that_is_published(tmp_path: Path) -> None:
    azureml = (
        "azure:\n  experiment_name: e\n  environment_name: env@latest\n"
        "  temporary_storage: {account_name: account, container: data}\n"
        "  compute: {__default__: {cluster_name: cpu}}\n"
    )
    project = make_project(
        tmp_path, NODES, catalog=entry("register: t"), parameters="n: 1\n", azureml=azureml
    )
    make = record(compile_here(project).job, "make")
    assert make.stored == {}
    assert set(make.publish) == {"table"}


@pytest.mark.parametrize(
    ("settings", "dataset", "said"),
    [
        ("register: t", "type: kedro.io.MemoryDataset", "error KAZ325"),
        ("register: t", "type: text.TextDataset, filepath: 's3://b/t.txt'", "error KAZ325"),
        ("type: mltable", "type: text.TextDataset, filepath: data/t.txt", "error KAZ323"),
        (
            "type: uri_file",
            "type: partitions.PartitionedDataset, path: data/p, dataset: text.TextDataset",
            "error KAZ323",
        ),
        ("register: a b", "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        ('register: "{date}"', "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        ('register: "{nobody}"', "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        ("path: data/out", "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        ("path: 'azureml:t:1'", "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        ("path: 'https://a/b'", "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        (f"path: '{STORE}/../x'", "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
        (
            f"path: '{STORE}/{{date:%Q}}'",
            "type: text.TextDataset, filepath: data/t.txt",
            "error KAZ311",
        ),
        (f"path: '{STORE}/x'", "type: text.TextDataset, filepath: data/t.txt", "warning KAZ326"),
        ("register: t, version: 3", "type: text.TextDataset, filepath: data/t.txt", "error KAZ311"),
    ],
)
def test_what_the_sdk_leaves_unchecked_is_said(
    tmp_path: Path, settings: str, dataset: str, said: str
) -> None:
    found = [text for text in problems(tmp_path, entry(settings, dataset)) if "KAZ304" not in text]
    assert len(found) == 1, found
    assert found[0].startswith(said)
    assert "conf/base/catalog.yml:2" in found[0]


def test_two_datasets_under_one_name(tmp_path: Path) -> None:
    catalog = entry("register: t").replace(
        "data/report.txt}", "data/report.txt, metadata: {azureml: {register: t}}}"
    )
    (found,) = problems(tmp_path, catalog)
    assert found.startswith("error KAZ324")
    assert "Both 'table' and 'report' are registered as 't'" in found


def test_a_dataset_that_no_node_writes(tmp_path: Path) -> None:
    catalog = entry("register: t", "type: text.TextDataset, filepath: data/t.txt")
    nodes = 'node(one, "table", "report", name="read"),'
    project = make_project(
        tmp_path, nodes, catalog=catalog, parameters="n: 1\n", files={"data/t.txt": "x"}
    )
    (found,) = [str(d) for d in compile_here(project).diagnostics if d.code != "KAZ508"]
    assert "'table' is to be registered, and no node writes it" in found


def test_a_part_that_only_reads_it_says_nothing(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        NODES,
        catalog=entry("register: t"),
        parameters="n: 1\n",
        files={"data/table.txt": "x"},
    )
    assert compile_here(project, selection={"from_nodes": ("read",)}).diagnostics == ()
