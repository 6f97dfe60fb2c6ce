"""Sharded nodes in the document: several steps of one component, and readers that read them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.yaml import dump_job
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project

REGISTRY = """\
    from kedro.pipeline import Pipeline, node, pipeline
    from kedro_azureml.distributed import Framework, distributed_job, sharded

    def plain(*args): return {{}}
    def chunks(*args):
        yield {{}}
    {functions}

    def register_pipelines():
        return {{"__default__": {pipeline}}}
"""
PARTS = """\
{0}: {{type: partitions.PartitionedDataset, path: data/{0}, dataset: pickle.PickleDataset}}
"""
CATALOG = "".join(PARTS.format(name) for name in ("raw", "clean", "more")) + (
    "table: {type: json.JSONDataset, filepath: data/table.json}\n"
    'distant: {type: partitions.PartitionedDataset, path: "s3://b/x", dataset: json.JSONDataset}\n'
    'news: {type: partitions.IncrementalDataset, path: "s3://b/news", dataset: json.JSONDataset}\n'
)
NODES = (
    'Pipeline([node(plain, None, "raw", name="make"), node(work, "raw", "clean", name="work"), '
    'node(plain, ["clean", "raw"], "table", name="read")])'
)


def project(path: Path, decorator: str, nodes: str = NODES, **options: Any) -> Path:
    """A project whose function `work` has the decorator, of the function `plain` unless it says."""
    functions = decorator if "=" in decorator.partition("(")[0] else f"work = {decorator}(plain)"
    registry = REGISTRY.format(functions=functions, pipeline=nodes)
    return make_project(path, registry=registry, **{"catalog": CATALOG, **options})


def compiled(path: Path, decorator: str, nodes: str = NODES, **options: Any) -> PipelineJob:
    request = options.pop("request", {})
    return compile_here(project(path, decorator, nodes, **options), **request).job


def record(job: PipelineJob, step: str) -> StepRecord:
    found = job.jobs[step].component.record()
    assert found is not None
    return found


def test_a_node_becomes_steps_of_one_component(tmp_path: Path) -> None:
    job = compiled(tmp_path, "sharded(shards=3)")
    shards = [f"work_{number}_of_3" for number in (1, 2, 3)]
    assert list(job.jobs) == ["make", *shards, "read"]
    assert len({job.jobs[name].component.model_dump_json() for name in shards}) == 1
    assert [job.jobs[name].inputs["shard"] for name in shards] == ["1/3", "2/3", "3/3"]
    assert [job.jobs[name].display_name for name in shards] == shards
    assert [job.jobs[name].tags["kedro_step"] for name in shards] == shards
    assert {job.jobs[name].tags["kedro_nodes"] for name in shards} == {"work"}
    assert record(job, shards[0]).shards == {"raw": "${{inputs.shard}}"}
    read = job.jobs["read"]
    assert read.inputs == {
        **{
            f"clean_{number}_of_3": f"${{{{parent.jobs.work_{number}_of_3.outputs.clean}}}}"
            for number in (1, 2, 3)
        },
        "raw": "${{parent.jobs.make.outputs.raw}}",
    }
    assert list(read.component.inputs) == list(read.inputs)
    assert record(job, "read").merged == {
        "clean": tuple(f"${{{{inputs.clean_{number}_of_3}}}}" for number in (1, 2, 3))
    }
    assert record(job, "read").inputs == {"raw": "${{inputs.raw}}"}


def test_one_shard_is_the_node_as_it_stands(tmp_path: Path) -> None:
    assert dump_job(compiled(tmp_path / "a", "sharded(shards=1)")) == dump_job(
        compiled(tmp_path / "b", "work = plain")
    )


def test_a_combiner_ends_with_a_step_of_the_nodes_own_name(tmp_path: Path) -> None:
    nodes = (
        'Pipeline([node(work, ["raw", "params:a"], "table", name="work"), '
        'node(plain, "table", "end", name="read")])'
    )
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/x").touch()
    options = {"parameters": "a: 1\n", "request": {"exposed": {"a": ""}}}
    job = compiled(tmp_path, "sharded(shards=2, combine=plain)", nodes, **options)
    assert list(job.jobs) == ["work_1_of_2", "work_2_of_2", "work", "read"]
    shard = record(job, "work_1_of_2")
    assert shard.partials == {"table": "${{outputs.table}}"}
    assert shard.outputs == {}
    assert job.jobs["work_1_of_2"].component.outputs.keys() == {"table"}
    last = job.jobs["work"]
    assert last.inputs == {
        "a": "${{parent.inputs.a}}",
        "table_1_of_2": "${{parent.jobs.work_1_of_2.outputs.table}}",
        "table_2_of_2": "${{parent.jobs.work_2_of_2.outputs.table}}",
    }
    assert record(job, "work").combined == {
        "table": ("${{inputs.table_1_of_2}}", "${{inputs.table_2_of_2}}")
    }
    assert record(job, "work").raw_inputs == record(job, "work").inputs == {}
    assert job.jobs["read"].inputs == {"table": "${{parent.jobs.work.outputs.table}}"}


def test_one_step_on_several_machines(tmp_path: Path) -> None:
    job = compiled(tmp_path, "sharded(machines=3)")
    assert list(job.jobs) == ["make", "work", "read"]
    component = job.jobs["work"].component
    assert component.resources is not None
    assert component.resources.instance_count == 3
    assert component.distribution is not None
    assert component.distribution.process_count_per_instance == 1
    assert job.jobs["work"].inputs.keys() == {"raw"}
    assert record(job, "work").shards == {"raw": "rank"}
    assert job.jobs["read"].inputs.keys() == {"clean", "raw"}
    folders = tuple(f"${{{{inputs.clean}}}}/{number}_of_3" for number in (1, 2, 3))
    assert record(job, "read").merged == {"clean": folders}


def test_what_several_machines_return_is_combined_behind_them(tmp_path: Path) -> None:
    nodes = NODES.replace('"clean", name="work"', '"table", name="work"').replace(
        '["clean", "raw"], "table"', '["table", "raw"], "end"'
    )
    job = compiled(
        tmp_path, 'sharded(machines="params:n", combine=plain)', nodes, parameters="n: 2\n"
    )
    assert list(job.jobs) == ["make", "work_on_2_machines", "work", "read"]
    folders = ("${{inputs.table}}/1_of_2", "${{inputs.table}}/2_of_2")
    assert record(job, "work").combined == {"table": folders}
    assert job.jobs["work"].component.distribution is None
    assert job.jobs["work"].inputs == {"table": "${{parent.jobs.work_on_2_machines.outputs.table}}"}


def test_a_sharded_node_reads_what_another_one_wrote(tmp_path: Path) -> None:
    nodes = NODES.replace('"table", name="read"', '"table", name="read"), '
        'node(work, "clean", "more", name="again"')  # fmt: skip
    job = compiled(tmp_path, "sharded(shards=2)", nodes)
    again = ["again_1_of_2", "again_2_of_2"]
    assert len({job.jobs[name].component.model_dump_json() for name in again}) == 1
    assert set(job.jobs[again[0]].inputs) == {"clean_1_of_2", "clean_2_of_2", "shard"}
    assert record(job, again[1]).merged.keys() == {"clean"}


def test_names_stay_legal_and_apart(tmp_path: Path) -> None:
    long = "x" * 70
    nodes = (
        'Pipeline([node(work, ["raw", "shard"], "clean", name="work"), '
        'node(plain, None, ["clean_1_of_2", "shard"], name="work_1_of_2"), '
        'node(plain, ["clean", "clean_1_of_2"], None, name="read"), '
        f'node(work, "more", "{long}", name="{long}")])'
    )
    for name in ("raw", "more"):
        (tmp_path / f"data/{name}").mkdir(parents=True)
        (tmp_path / f"data/{name}/x").touch()
    job = compiled(tmp_path, "sharded(shards=2, combine=plain)", nodes)
    assert len(job.jobs) == 8
    assert all(len(name) <= 63 for name in job.jobs)
    for step in job.jobs.values():
        assert step.inputs.keys() == step.component.inputs.keys()
        names = [name.lower() for name in step.component.inputs]
        assert len(set(names)) == len(names)
    assert job.jobs["work_1_of_2"].tags["kedro_nodes"] == "work_1_of_2"


def test_the_number_may_be_a_parameter(tmp_path: Path) -> None:
    options = {"parameters": "shards: 2\n"}
    job = compiled(tmp_path / "a", 'sharded(shards="params:shards")', **options)
    assert len(job.jobs) == 4
    request = {"params": {"shards": 5}}
    job = compiled(tmp_path / "b", 'sharded(shards="params:shards")', **options, request=request)
    assert len(job.jobs) == 7


def test_in_a_namespace(tmp_path: Path) -> None:
    nodes = (
        'pipeline([node(plain, None, ["raw", "more"], name="make"), '
        'node(work, ["raw", "more"], "clean", name="work")], namespace="eu")'
    )
    catalog = '"{any}": {type: partitions.PartitionedDataset, path: "data/{any}", dataset: x.Y}\n'
    decorator = 'sharded(by="more", shards="params:n")'
    parameters = "eu: {n: 2}\nn: 3\n"
    job = compiled(tmp_path, decorator, nodes, catalog=catalog, parameters=parameters)
    assert record(job, "eu_work_1_of_2").shards == {"eu.more": "${{inputs.shard}}"}


def test_with_temporary_storage_the_parts_stay_in_the_job(tmp_path: Path) -> None:
    azureml = AZUREML_YML + "  temporary_storage: {account_name: acc, container: box}\n"
    job = compiled(tmp_path, "sharded(shards=2)", azureml=azureml)
    assert record(job, "make").stored.keys() == {"raw"}
    shard = record(job, "work_1_of_2")
    assert shard.stored == {}
    assert shard.outputs.keys() == {"clean"}
    assert shard.storage is not None


def test_the_export_reads_all_parts(tmp_path: Path) -> None:
    azureml = AZUREML_YML + "  export: {path: results, datasets: [clean]}\n"
    job = compiled(tmp_path, "sharded(shards=2)", azureml=azureml)
    export = record(job, "export")
    assert export.merged.keys() == {"clean"}
    assert export.inputs == {}
    assert job.jobs["export"].inputs.keys() == {"clean_1_of_2", "clean_2_of_2"}


def test_what_elsewhere_is_written_and_read_is_a_marker(tmp_path: Path) -> None:
    nodes = NODES.replace('"clean"', '"distant"')
    job = compiled(tmp_path, "sharded(shards=2)", nodes)
    assert record(job, "read").merged.keys() == {"distant"}


def test_a_reader_of_very_many_parts(tmp_path: Path) -> None:
    names = [f"part{number}" for number in range(5)]
    made = ", ".join(f'node(work, "raw", "{name}", name="make_{name}")' for name in names)
    nodes = f"Pipeline([{made}, node(plain, {names!r}, None, name='read')])"
    catalog = "".join(PARTS.format(name) for name in ("raw", *names))
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/x").touch()
    compilation = compile_here(project(tmp_path, "sharded(shards=50)", nodes, catalog=catalog))
    assert [each.code for each in compilation.diagnostics] == ["KAZ405"]
    assert len(compilation.job.jobs) == 251
