"""Distributed steps on the wire, and run by the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from kedro_azureml.distributed import Framework, distributed_job, rank, world_size

    def ranked(*args):
        print(f"here is {rank()} of {world_size()}")
        if "fail" in args and rank() == 3:
            raise ValueError("rank 3 is lost")
        return f"by {rank()} of {world_size()}"

    torch = distributed_job(Framework.PyTorch, "params:nodes", processes_per_node=2)(ranked)
    mpi = distributed_job(Framework.MPI, 3)(ranked)
    tensorflow = distributed_job(Framework.TensorFlow, 2, 2, parameter_servers=1)(ranked)

    def register_pipelines():
        chain = Pipeline([node(torch, "params:how", "a", name="torch", tags="chunky")])
        others = Pipeline([
            node(mpi, "a", "b", name="mpi"),
            node(tensorflow, "b", "c", name="tensorflow"),
            node(ranked, "c", "d", name="plain"),
        ])
        return {"__default__": chain + others, "one": chain}
"""
#: Machines, the type in a component, the type in a job's node, and the other keys.
DISTRIBUTIONS: dict[str, tuple[int, str, str, dict[str, int]]] = {
    "torch": (2, "pytorch", "PyTorch", {"process_count_per_instance": 2}),
    "mpi": (3, "mpi", "Mpi", {"process_count_per_instance": 1}),
    "tensorflow": (
        2,
        "tensorflow",
        "TensorFlow",
        {"worker_count": 4, "parameter_server_count": 1},
    ),
}


@pytest.fixture
def kedro(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Kedro:
    """A project with distributed nodes."""
    azure_service.workspace.add_compute("big-cluster")
    project = make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog="a: {type: text.TextDataset, filepath: data/a.txt}\n",
        parameters="{nodes: 2, how: well}",
        azureml=azureml_yml(azure_service),
    )
    return Kedro(azure_service, project, fork_server)


def check_wire(service: AzureService, job: dict[str, Any]) -> None:
    """The job's nodes and their components say how each step is distributed."""
    components = service.workspace.assets["components"]["azureml_anonymous"]
    for name, node in job["jobs"].items():
        spec = components[node["componentId"].partition("/versions/")[2]]["componentSpec"]
        found = [(side.get("resources"), side.get("distribution")) for side in (spec, node)]
        if name == "plain":
            assert found == [(None, None), (None, None)]
            continue
        nodes, in_component, in_node, numbers = DISTRIBUTIONS[name]
        assert found == [
            ({"instance_count": nodes}, {"type": in_component, **numbers}),
            ({"instance_count": nodes}, {"distribution_type": in_node, **numbers}),
        ]


def test_resources_and_distribution_reach_the_service(kedro: Kedro) -> None:
    kedro.service.execution.mode = "instant"
    kedro("run")
    (run,) = (r for r in kedro.service.jobs.runs.values() if "jobs" in r.definition)
    job = run.definition
    check_wire(kedro.service, job)
    assert job["jobs"]["torch"]["computeId"].endswith("big-cluster")


def test_the_sdk_takes_the_compiled_document(kedro: Kedro, sdk: Sdk) -> None:
    kedro.service.execution.mode = "instant"
    kedro("compile")
    sdk.run(
        f"""
        job = load_job({str(kedro.project / "pipeline.yml")!r})
        job.name = "the-job"
        result = ml.jobs.create_or_update(job).name
        """
    )
    job = kedro.service.jobs.runs["the-job"].definition
    check_wire(kedro.service, job)


def test_the_job_runs_and_each_process_has_a_log(kedro: Kedro) -> None:
    kedro("run", "--pipeline=one", "--wait-for-completion")
    (name,) = kedro.service.jobs.runs
    kedro("job", "download", name, "--output=out")
    (made,) = (kedro.project / "out").rglob("a.txt")
    assert made.read_text() == "by 0 of 4"
    logs = kedro("job", "logs", name, "torch").stdout
    for rank in range(4):
        assert f"user_logs/std_log_process_{rank}.txt" in logs
        assert f"here is {rank} of 4" in logs


def test_the_rank_that_failed_is_shown(kedro: Kedro) -> None:
    done = kedro("run", "-p", "one", "--wait-for-completion", "--params=how=fail", check=False)
    assert done.returncode == 1
    assert "rank 3 is lost" in done.stdout + done.stderr
