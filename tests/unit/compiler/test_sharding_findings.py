"""What cannot be sharded, said when the job is compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from tests.kit.inprocess import compile_here
from tests.kit.tuning import tune
from tests.unit.compiler.test_sharding import NODES, PARTS, project


def errors(path: Path, **request: Any) -> list[Diagnostic]:
    with pytest.raises(DiagnosticError) as caught:
        compile_here(path, **request)
    return [each for each in caught.value.diagnostics if each.severity == "error"]


def one(inputs: str, output: str = '"clean"') -> str:
    make = 'node(plain, None, ["raw", "more", "table"], name="make")'
    return f'Pipeline([{make}, node(work, {inputs}, {output}, name="work")])'


WRONG: dict[str, tuple[str, str, str, str]] = {
    "no partitions": ("sharded(shards=2)", one('"table"'), "KAZ222", "reads no dataset of"),
    "which of two": ("sharded(shards=2)", one('["raw", "more"]'), "KAZ222", "'raw', 'more'"),
    "no such input": ('sharded(by="rav", shards=2)', one('"raw"'), "KAZ222", "has no input 'rav'"),
    "not partitioned": ('sharded(by="table", shards=2)', one('"table"'), "KAZ222", "shares 'tab"),
    "an output that is not": ("sharded(shards=2)", one('"raw"', '"end"'), "KAZ222", "would all"),
    "two outputs": ("sharded(shards=2)", one('"raw"', '["clean", "end"]'), "KAZ222", "2 outputs"),
    "no output": ("sharded(shards=2)", one('"raw"', "None"), "KAZ222", "0 outputs"),
    "a generator": ("work = sharded(shards=2)(chunks)", one('"raw"'), "KAZ222", "generator"),
    "confirms": (
        "sharded(shards=2)",
        one('["raw", "news"]').replace('"clean", ', '"clean", confirms="news", '),
        "KAZ222", "confirms 'news'",
    ),
    "distributed": (
        "work = sharded(shards=2)(distributed_job(Framework.MPI, 2)(plain))",
        one('"raw"'), "KAZ222", "distributed too",
    ),
    "sizes elsewhere": (
        'sharded(by="distant", shards=2, balance="size")',
        one('"distant"'), "KAZ222", "not in the job",
    ),
    "too many": ("sharded(shards=51)", one('"raw"'), "KAZ223", "51 shards; 50"),
    "no such parameter": ('sharded(shards="params:x")', one('"raw"'), "KAZ209", "shards from the"),
    "a parameter that is none": ('sharded(shards="params:a")', one('"raw"'), "KAZ223", "'two'"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sharded(name: str, tmp_path: Path) -> None:
    decorator, nodes, code, text = WRONG[name]
    found = errors(project(tmp_path, decorator, nodes, parameters="a: two\n"))
    assert [(each.code, text in each.message) for each in found] == [(code, True)], found


OUTPUTS = {
    "registered": "metadata: {azureml: {register: clean-data}}",
    "in one place": "metadata: {azureml: {path: azureml://datastores/d/paths/x}}",
    "overwrites elsewhere": "overwrite: true",
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_that_cannot_be_in_parts(name: str, tmp_path: Path) -> None:
    path = "s3://b/clean" if name == "overwrites elsewhere" else "data/clean"
    catalog = PARTS.format("raw") + (
        f"clean: {{type: partitions.PartitionedDataset, path: '{path}', "
        f"dataset: pickle.PickleDataset, {OUTPUTS[name]}}}\n"
    )
    found = errors(project(tmp_path, "sharded(shards=2)", catalog=catalog))
    assert [each.code for each in found] == ["KAZ222"], found


def test_the_remedy_names_one_of_two_ways_to_read_it(tmp_path: Path) -> None:
    transcoded = PARTS.format("raw@a") + PARTS.format("raw@b")
    catalog = PARTS.format("clean") + transcoded.replace("data/raw@a", "data/raw@b")
    nodes = one('["raw@a", "raw@b"]').replace('"raw", "more", "table"', '"raw@a"')
    (wrong,) = errors(project(tmp_path, "sharded(shards=2)", nodes, catalog=catalog))
    assert wrong.remedy == "Name the one that is shared: by='raw@a'."


def test_a_sharded_node_shares_no_step(tmp_path: Path) -> None:
    found = errors(project(tmp_path, "sharded(shards=2)"), group_by="pipeline")
    assert [each.code for each in found] == ["KAZ236"]


@pytest.mark.parametrize("counted", ["shards", "machines"])
def test_a_sharded_node_is_not_tuned(counted: str, tmp_path: Path) -> None:
    """Each shard would have a best trial of its own."""
    nodes = NODES.replace('node(work, "raw"', 'node(work, ["raw", "params:n"]')
    path = project(tmp_path, f'sharded({counted}="params:k")', nodes, parameters="n: 2\nk: 2\n")
    config = tune({"n": {"choice": [1, 2]}}, nodes=["work"])
    (found,) = errors(path, job="tuned", tune=config)
    assert (found.code, "its node is sharded" in found.message) == ("KAZ274", True)
    whole = compile_here(path, job="tuned", tune=config, params={"k": 1}).job.jobs["work"]
    assert whole.type == "sweep"


def test_the_number_is_no_input_of_the_job(tmp_path: Path) -> None:
    nodes = NODES.replace('node(work, "raw"', 'node(work, ["raw", "params:n"]')
    path = project(tmp_path, 'sharded(shards="params:n")', nodes, parameters="n: 2\n")
    assert [each.code for each in errors(path, exposed={"n": "here"})] == ["KAZ211"]


@pytest.mark.parametrize(
    "decorator",
    [
        'sharded(shards="params:n")',
        'sharded(machines="params:n")',
        'distributed_job(Framework.PyTorch, num_nodes="params:n")',
    ],
)
def test_the_number_is_a_parameter_that_something_reads(decorator: str, tmp_path: Path) -> None:
    """No node is given it, and yet `--params` changes it."""
    path = project(tmp_path, decorator, parameters="n: 2\n")
    found = compile_here(path, params={"n": 3, "m": 1}).diagnostics
    assert [each.message for each in found if each.code == "KAZ210"] == [
        "No node of this job reads the parameter 'm'."
    ]
