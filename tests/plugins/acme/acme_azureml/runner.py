"""Runners: one that works, and some that do not."""

from __future__ import annotations

from typing import Any

from kedro.runner import AbstractRunner, SequentialRunner


class LoudRunner(SequentialRunner):
    """Says what it runs."""

    def run(self, pipeline: Any, *args: Any, **kwargs: Any) -> Any:
        print(f"LOUD {' '.join(node.name for node in pipeline.nodes)}", flush=True)
        return super().run(pipeline, *args, **kwargs)


class HalfRunner(AbstractRunner):
    """Lacks what a runner must have."""


class NoRunner:
    """Is none."""
