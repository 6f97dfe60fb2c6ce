"""The ``distributed_training`` pipeline: one of its nodes is run by several processes."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node

from .. import data_processing
from .nodes import train_network


def create_pipeline(**kwargs) -> Pipeline:
    train = node(
        train_network,
        ["model_input", "params:options"],
        ["model", "metrics"],
        name="train_network",
        tags={"gpu"},
    )
    return data_processing.create_pipeline() + Pipeline(
        [train], namespace="network", inputs={"model_input"}
    )
