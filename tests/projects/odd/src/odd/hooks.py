"""Hooks of this project: all that Kedro calls during a run leave a line in the log."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node
from kedro_datasets.json import JSONDataset

from odd.datasets import StampedJSONDataset

logger = logging.getLogger(__name__)


class ProjectHooks:
    """Some look, some change what they are given."""

    _project = Path()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        logger.info("HOOK after_context_created")
        self._project = context.project_path
        try:
            known = context.config_loader["credentials"]
        except MissingConfigException:
            known = {}
        context.config_loader["credentials"] = {**known, "from_hook": {"token": "hook-token"}}

    @hook_impl
    def after_catalog_created(self, catalog: Any) -> None:
        logger.info("HOOK after_catalog_created %s", type(catalog).__name__)
        made = self._project / "data" / "02_intermediate"
        catalog["hooked"] = StampedJSONDataset(filepath=str(made / "hooked.json"))
        catalog["added_by_hook"] = JSONDataset(filepath=str(made / "added_by_hook.json"))

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        logger.info("HOOK before_pipeline_run %d", len(pipeline.nodes))

    @hook_impl
    def after_pipeline_run(self, pipeline: Any) -> None:
        logger.info("HOOK after_pipeline_run %d", len(pipeline.nodes))

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        logger.error("HOOK on_pipeline_error %s", type(error).__name__)

    @hook_impl
    def before_node_run(self, node: Node) -> dict[str, Any] | None:
        """Kedro takes what this returns in place of the node's inputs of that name."""
        logger.info("HOOK before_node_run %s", node.name)
        return {"params:patched": 41} if "params:patched" in node.inputs else None

    @hook_impl
    def after_node_run(self, node: Node, outputs: dict[str, Any]) -> None:
        logger.info("HOOK after_node_run %s %d", node.name, len(outputs))

    @hook_impl
    def on_node_error(self, node: Node) -> None:
        logger.error("HOOK on_node_error %s", node.name)

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str) -> None:
        logger.info("HOOK before_dataset_loaded %s", dataset_name)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str) -> None:
        logger.info("HOOK after_dataset_loaded %s", dataset_name)

    @hook_impl
    def before_dataset_saved(self, dataset_name: str) -> None:
        logger.info("HOOK before_dataset_saved %s", dataset_name)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        logger.info("HOOK after_dataset_saved %s", dataset_name)
