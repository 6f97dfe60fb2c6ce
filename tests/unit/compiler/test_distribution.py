"""Distributed nodes in the document: the keys of each framework, and where the numbers are from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.compiler.placement.distribution import describe
from kedro_azureml.job.model import Distribution, Resources
from kedro_azureml.job.yaml import dump_job
from kedro_azureml.plan_view.graph import make_graph
from kedro_azureml.plan_view.tree import PLAIN, draw_tree
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project
from tests.unit.compiler.test_compile import findings

REGISTRY = """\
    from functools import partial
    from kedro.pipeline import Pipeline, node, pipeline
    from kedro_azureml.distributed import Framework, distributed_job

    def plain(*args): return 1
    {functions}

    def register_pipelines():
        return {{"__default__": {pipeline}}}
"""


def project(path: Path, decorator: str, nodes: str | None = None, **options: Any) -> Path:
    """A project whose function `train` has the decorator."""
    registry = REGISTRY.format(
        functions=f"train = distributed_job({decorator})(plain)",
        pipeline=nodes or 'Pipeline([node(train, None, "model", name="train")])',
    )
    return make_project(path, registry=registry, **options)


def compiled(path: Path, decorator: str, nodes: str | None = None, **options: Any) -> Any:
    request = options.pop("request", {})
    return compile_here(project(path, decorator, nodes, **options), **request).job.jobs


CASES = {
    "pytorch": (
        "Framework.PyTorch, num_nodes=4",
        {"type": "pytorch", "process_count_per_instance": 1},
        4,
    ),
    "pytorch, several a node": (
        "Framework.PyTorch, num_nodes=2, processes_per_node=8",
        {"type": "pytorch", "process_count_per_instance": 8},
        2,
    ),
    "mpi": (
        "Framework.MPI, num_nodes=1, processes_per_node=2",
        {"type": "mpi", "process_count_per_instance": 2},
        1,
    ),
    "tensorflow": (
        "Framework.TensorFlow, num_nodes=2",
        {"type": "tensorflow", "worker_count": 2, "parameter_server_count": 0},
        2,
    ),
    "tensorflow, several a node and parameter servers": (
        "Framework.TensorFlow, num_nodes=2, processes_per_node=3, parameter_servers=1",
        {"type": "tensorflow", "worker_count": 6, "parameter_server_count": 1},
        2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_framework(name: str, tmp_path: Path) -> None:
    """field-defects: TensorFlow ignores processes per node and knows no parameter servers."""
    decorator, distribution, nodes = CASES[name]
    component = compiled(tmp_path, decorator)["train"].component
    assert component.distribution.model_dump(exclude_none=True) == distribution
    assert component.resources.model_dump(exclude_none=True) == {"instance_count": nodes}


def test_a_step_of_its_own_on_the_compute_of_its_tag(tmp_path: Path) -> None:
    nodes = """Pipeline([
        node(plain, None, "a", name="before"),
        node(partial(train, 2), "a", "b", name="train", tags="gpu"),
        node(plain, "b", "c", name="after"),
    ])"""
    made = compile_here(project(tmp_path, "Framework.PyTorch, 2", nodes))
    steps = made.job.jobs
    assert list(steps) == ["before", "train", "after"]
    assert steps["train"].compute == "azureml:v100"
    assert steps["train"].component.distribution is not None
    for name in ("before", "after"):
        assert steps[name].component.distribution is None
        assert steps[name].component.resources is None
    assert "distribution:\n        type: pytorch" in dump_job(made.job)
    assert [s.processes for s in made.steps] == ["", "2 nodes x 1 pytorch", ""]
    lines = [line.plain for line in draw_tree(make_graph(made), PLAIN)]
    assert lines == ["before  cpu", "> train  v100, 2 nodes x 1 pytorch", "> after  cpu"]


def test_another_node_of_the_same_function_is_ordinary(tmp_path: Path) -> None:
    """field-defects: the decorator marks the original function."""
    nodes = """Pipeline([
        node(train, None, "a", name="big"), node(plain, None, "b", name="small"),
    ])"""
    steps = compiled(tmp_path, "Framework.MPI, 2", nodes)
    assert steps["big"].component.distribution.type == "mpi"
    assert steps["small"].component.distribution is None


PARAMETERS = """\
nodes: 2
processes: 3
train: {deep: {nodes: 4}}
eu: {nodes: 5, west: {nodes: 6}}
bad: {zero: 0, half: 2.5, text: "2", sure: true, none: null, list: [2]}
"""
TRAIN = 'node(train, None, "model", name="train")'
WITH_INPUT = 'node(train, "params:nodes", "model", name="train")'
NUMBERS = {
    "top level": (f"Pipeline([{TRAIN}])", "params:nodes", 2),
    "nested": (f"Pipeline([{TRAIN}])", "params:train.deep.nodes", 4),
    "in a namespace": (f'pipeline([{TRAIN}], namespace="eu")', "params:nodes", 5),
    "in an inner namespace": (f'pipeline([{TRAIN}], namespace="eu.west")', "params:nodes", 6),
    "in an inner one without its own": (
        f'pipeline([{TRAIN}], namespace="eu.east")',
        "params:nodes",
        5,
    ),
    "in a namespace without its own": (
        f'pipeline([{TRAIN}], namespace="us")',
        "params:nodes",
        2,
    ),
    "shared although the namespace has its own": (
        f'pipeline([{WITH_INPUT}], namespace="eu", parameters={{"params:nodes"}})',
        "params:nodes",
        2,
    ),
    "the namespace's own, an input too": (
        f'pipeline([{WITH_INPUT}], namespace="eu")',
        "params:nodes",
        5,
    ),
    "nested, in a namespace without its own": (
        f'pipeline([{TRAIN}], namespace="eu")',
        "params:train.deep.nodes",
        4,
    ),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_parameters_resolve_as_the_node_s_inputs_do(name: str, tmp_path: Path) -> None:
    """field-defects: num_nodes="params:x" in a namespace with a shared parameter: KeyError."""
    nodes, parameter, expected = NUMBERS[name]
    decorator = f'Framework.PyTorch, "{parameter}", "params:processes"'
    (step,) = compiled(tmp_path, decorator, nodes, parameters=PARAMETERS).values()
    assert step.component.resources.instance_count == expected
    assert step.component.distribution.process_count_per_instance == 3


def test_runtime_parameters_come_first(tmp_path: Path) -> None:
    steps = compiled(
        tmp_path,
        'Framework.PyTorch, "params:train.deep.nodes", "params:processes"',
        parameters=PARAMETERS,
        request={"params": {"train": {"deep": {"nodes": 7}}, "processes": 1}},
    )
    assert steps["train"].component.resources.instance_count == 7
    assert steps["train"].component.distribution.process_count_per_instance == 1


@pytest.mark.parametrize("key", ["zero", "half", "text", "sure", "none", "list"])
def test_a_number_that_is_none(key: str, tmp_path: Path) -> None:
    """KAZ220."""
    here = project(tmp_path, f'Framework.MPI, "params:bad.{key}"', parameters=PARAMETERS)
    (found,) = findings(here)
    assert found.startswith(f"KAZ220 parameters bad.{key}: The distributed node 'train' takes ")
    assert "must be a positive whole number." in found


def test_a_parameter_that_does_not_exist(tmp_path: Path) -> None:
    here = project(
        tmp_path,
        'Framework.MPI, "params:node"',
        f'pipeline([{TRAIN}], namespace="eu")',
        parameters=PARAMETERS,
    )
    (found,) = findings(here)
    assert found.startswith("KAZ209 parameters node: ")
    assert "takes num_nodes from the parameter 'eu.node' or 'node', which does not exist" in found
    assert "Did you mean 'nodes'?" in found


def test_more_parameter_servers_than_nodes(tmp_path: Path) -> None:
    """KAZ220."""
    decorator = "Framework.TensorFlow, 2, parameter_servers=3"
    (found,) = findings(project(tmp_path, decorator))
    assert found.startswith("KAZ220 node train: ")
    assert "3 parameter servers on 2 nodes" in found


def test_a_wrong_decorator_is_told_with_its_place(tmp_path: Path) -> None:
    (found,) = findings(project(tmp_path, "Framework.MPI, num_node=2"))
    assert found.startswith("KAZ207 src/minimal/pipeline_registry.py:6: ")
    assert "num_node" in found


AZUREML = (
    AZUREML_YML
    + """\
    many:
      cluster_name: many
      instance_count: 3
      shm_size: 8g
"""
)


def test_the_decorator_s_machines_come_first(tmp_path: Path) -> None:
    nodes = 'Pipeline([node(train, None, "model", name="train", tags="many")])'
    made = compile_here(project(tmp_path, "Framework.MPI, 2", nodes, azureml=AZUREML))
    resources = made.job.jobs["train"].component.resources
    assert resources is not None
    assert (resources.instance_count, resources.shm_size) == (2, "8g")
    assert not made.diagnostics


def test_several_machines_for_an_ordinary_node(tmp_path: Path) -> None:
    """KAZ221."""
    nodes = 'Pipeline([node(plain, None, "model", name="train", tags="many")])'
    made = compile_here(project(tmp_path, "Framework.MPI, 2", nodes, azureml=AZUREML))
    (found,) = made.diagnostics
    assert (found.code, found.severity) == ("KAZ221", "warning")
    assert found.where == "azureml.yml azure.compute.many.instance_count"
    assert "The step 'train' takes 3 nodes" in found.message


def test_a_wrong_decorator_in_a_found_pipeline_is_told_with_its_place(tmp_path: Path) -> None:
    here = make_project(
        tmp_path,
        registry="""\
            from kedro.framework.project import find_pipelines

            def register_pipelines():
                return {**find_pipelines(raise_errors=True)}
            """,
        files={
            "src/minimal/pipelines/__init__.py": "",
            "src/minimal/pipelines/train/__init__.py": """\
                from kedro_azureml.distributed import Framework, distributed_job

                @distributed_job(Framework.MPI, num_node=2)
                def train(): ...
                """,
        },
    )
    (found,) = findings(here)
    assert found.startswith("KAZ207 src/minimal/pipelines/train/__init__.py:3: ")
    assert "TypeError: distributed_job() got an unexpected keyword argument 'num_node'" in found


@pytest.mark.parametrize(
    ("nodes", "distribution", "expected"),
    [
        (None, None, ""),
        (None, Distribution(type="mpi"), "1 node x 1 mpi"),
        (
            Resources(instance_count=2),
            Distribution(type="tensorflow", parameter_server_count=1),
            "2 nodes, 2 + 1 ps tensorflow",
        ),
    ],
)
def test_in_words(
    nodes: Resources | None, distribution: Distribution | None, expected: str
) -> None:
    assert describe(nodes, distribution) == expected
