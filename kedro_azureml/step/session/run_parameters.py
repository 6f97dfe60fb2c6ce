"""What the project's hooks are told of the run: what they are told by ``kedro run``."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_azureml.job.step_record import DEFAULT_PIPELINE

# What Kedro's command line passes for an option that was not given.
NOTHING_SELECTED: dict[str, Any] = {
    "tags": (),
    "from_nodes": [],
    "to_nodes": [],
    "from_inputs": [],
    "to_outputs": [],
    "namespaces": [],
}


class AskedPipeline:
    """A Kedro hook that names the pipeline that was compiled, not the part of it that is loaded."""

    def __init__(self, pipeline: str) -> None:
        self._pipeline = None if pipeline == DEFAULT_PIPELINE else pipeline

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Kedro gives every later hook the same dictionary."""
        if "pipeline_names" in run_params:
            run_params["pipeline_names"] = [self._pipeline] if self._pipeline else []
        if "pipeline_name" in run_params:
            run_params["pipeline_name"] = self._pipeline
