"""The ``data_science`` pipeline: one split, and the same two nodes for each candidate model."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node

from .nodes import evaluate_model, split_table, train_model


def _candidate(namespace: str, train_tags: set[str]) -> Pipeline:
    """Train and evaluate with the options found at ``<namespace>.model_options``."""
    return Pipeline(
        [
            node(
                train_model,
                ["train_set", "params:model_options"],
                "model",
                name="train_model",
                tags=train_tags,
            ),
            node(
                evaluate_model,
                ["model", "test_set"],
                ["predictions", "metrics"],
                name="evaluate_model",
            ),
        ],
        namespace=namespace,
        inputs={"train_set", "test_set"},
        outputs={"predictions": f"{namespace}_predictions"},
    )


def create_pipeline(**kwargs) -> Pipeline:
    split = node(
        split_table, ["model_input", "params:split"], ["train_set", "test_set"], name="split_table"
    )
    return (
        Pipeline([split])
        + _candidate("baseline", train_tags=set())
        + _candidate("challenger", train_tags={"chunky"})
    )
