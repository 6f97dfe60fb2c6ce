from __future__ import annotations

import logging

from kedro.pipeline import Pipeline, node

logger = logging.getLogger(__name__)


def no_inputs() -> tuple[int, str]:
    return 42, "made from nothing"


def no_outputs(seed: int) -> None:
    logger.info("the seed is %d", seed)


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(no_inputs, None, ["seed", "greeting"], name="no_inputs", tags="deterministic"),
            node(no_outputs, "seed", None, name="no_outputs", tags=["chunky", "étiquette-1.a"]),
        ]
    )
