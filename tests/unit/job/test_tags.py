"""Tags of a step: what Azure ML holds of it is read back."""

from __future__ import annotations

from kedro_azureml.job.tags import (
    LONGEST_TAG,
    nodes_in,
    run_tags,
    source_tags,
    step_in,
    step_tags,
)


def test_a_step_is_known_again() -> None:
    tags = step_tags("train", ["split", "fit"])
    assert tags == {"kedro_step": "train", "kedro_nodes": "split, fit"}
    assert (step_in(tags), nodes_in(tags)) == ("train", ("split", "fit"))
    assert step_tags("build") == {"kedro_step": "build"}


def test_no_name_is_cut_in_two() -> None:
    nodes = [f"a_node_with_a_long_name_{number}" for number in range(100)]
    tags = step_tags("all", nodes)
    assert len(tags["kedro_nodes"]) <= LONGEST_TAG
    assert list(nodes_in(tags)) == nodes[: len(nodes_in(tags))]
    assert len(nodes_in(tags)) > 30


def test_other_tags() -> None:
    assert step_in({"kind": "x"}) is None
    assert nodes_in({}) == ()


def test_a_run_says_what_its_step_says() -> None:
    known = {**step_tags("train", ["fit"]), **source_tags("abc", dirty=True)}
    assert run_tags("__default__", ["fit"], known, "a name") == {
        "kedro.pipeline": "__default__",
        "kedro.node": "fit",
        "kedro.step": "train",
        "mlflow.source.git.commit": "abc",
        "mlflow.source.git.dirty": "true",
    }
    assert run_tags("p", ["a", "b"], {}, "both") == {
        "kedro.pipeline": "p",
        "kedro.node": "a, b",
        "kedro.step": "both",
    }
