"""Which process this is, by the variables of each framework's launcher."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.distributed import is_main, rank, world_size
from kedro_azureml.distributed.ranks import ProcessRank, this_process

CLUSTER = {"worker": ["a:1", "b:1"], "ps": ["c:1"]}
CHIEFED = {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1", "e:1"]}


def tensorflow(cluster: Mapping[str, list[str]], kind: str, index: int) -> dict[str, str]:
    config = {
        "cluster": cluster,
        "task": {"type": kind, "index": index},
        "environment": "cloud",
    }
    return {"TF_CONFIG": json.dumps(config)}


CASES: dict[str, tuple[dict[str, str], ProcessRank]] = {
    "nothing": ({}, ProcessRank(0, 1, True, "rank 0 of 1")),
    "PyTorch's main": ({"RANK": "0", "WORLD_SIZE": "4"}, ProcessRank(0, 4, True, "rank 0 of 4")),
    "PyTorch's last": ({"RANK": "3", "WORLD_SIZE": "4"}, ProcessRank(3, 4, False, "rank 3 of 4")),
    "Open MPI": (
        {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"},
        ProcessRank(1, 2, False, "rank 1 of 2"),
    ),
    "MPICH and Intel MPI": (
        {"PMI_RANK": "0", "PMI_SIZE": "2"},
        ProcessRank(0, 2, True, "rank 0 of 2"),
    ),
    "a rank without a world is none": ({"RANK": "3"}, ProcessRank()),
    "what is set empty": ({"RANK": "", "WORLD_SIZE": "", "TF_CONFIG": " "}, ProcessRank()),
    "worker 0": (tensorflow(CLUSTER, "worker", 0), ProcessRank(0, 2, True, "worker 0 of 2")),
    "worker 1": (tensorflow(CLUSTER, "worker", 1), ProcessRank(1, 2, False, "worker 1 of 2")),
    "ps": (tensorflow(CLUSTER, "ps", 0), ProcessRank(2, 2, False, "ps 0")),
    "chief": (tensorflow(CHIEFED, "chief", 0), ProcessRank(0, 3, True, "chief 0")),
    "worker 0 under a chief": (
        tensorflow(CHIEFED, "worker", 0),
        ProcessRank(1, 3, False, "worker 0 of 2"),
    ),
    "ps under a chief": (tensorflow(CHIEFED, "ps", 1), ProcessRank(4, 3, False, "ps 1")),
    "evaluator": (
        tensorflow(CHIEFED, "evaluator", 0),
        ProcessRank(5, 3, False, "evaluator 0"),
    ),
    "a TensorFlow of one": ({"TF_CONFIG": '{"environment": "cloud"}'}, ProcessRank()),
}


@pytest.mark.parametrize("name", CASES)
def test_each_launcher(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables, expected = CASES[name]
    assert this_process(variables) == expected
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    assert (rank(), world_size(), is_main()) == (
        expected.rank,
        expected.world_size,
        expected.is_main,
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"RANK": "one", "WORLD_SIZE": "2"}, "RANK='one' is not a number"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK=2 is no rank where WORLD_SIZE=2"),
        ({"RANK": "-1", "WORLD_SIZE": "2"}, "no rank"),
        ({"TF_CONFIG": "{"}, "TF_CONFIG cannot be read"),
        ({"TF_CONFIG": "[]"}, "TF_CONFIG cannot be read"),
        (tensorflow(CLUSTER, "worker", 2), "worker 2, which its cluster lacks"),
        (tensorflow(CLUSTER, "chief", 0), "chief 0, which its cluster lacks"),
        (tensorflow(CLUSTER, "boss", 0), "boss 0"),
    ],
)
def test_contradictions_are_errors(variables: dict[str, str], message: str) -> None:
    # Better no result than one that several processes wrote.
    with pytest.raises(RuntimeError, match=message):
        this_process(variables)


@given(st.integers(0, 1), st.integers(1, 5), st.integers(0, 3))
def test_one_task_of_a_cluster_saves_and_ranks_are_distinct(
    chiefs: int, workers: int, servers: int
) -> None:
    sizes = {"chief": chiefs, "worker": workers, "ps": servers}
    cluster: dict[str, Any] = {k: [f"{k}{i}:1" for i in range(n)] for k, n in sizes.items() if n}
    found = [
        this_process(tensorflow(cluster, kind, index))
        for kind, hosts in cluster.items()
        for index in range(len(hosts))
    ]
    assert [p.rank for p in found] == list(range(chiefs + workers + servers))
    assert [p.is_main for p in found] == [p.rank == 0 for p in found]
    assert {p.world_size for p in found} == {chiefs + workers}
