"""A pipeline that has to be one step: what kedro-mlflow makes a model of."""

from __future__ import annotations

from collections.abc import Iterator

from kedro.pipeline import Pipeline

from kedro_azureml.diagnostics import Diagnostic


def check_pipeline_ml(pipeline: Pipeline, name: str, steps: int) -> Iterator[Diagnostic]:
    """Report KAZ331: a pipeline that becomes an MLflow model, in several steps.

    kedro-mlflow logs the model when the session that ran the whole pipeline ends, from the files of
    its datasets, and refuses a part of the pipeline.

    Args:
        pipeline: What is compiled.
        name: Its name.
        steps: How many steps it has.
    """
    if steps > 1 and is_pipeline_ml(pipeline):
        yield Diagnostic(
            "KAZ331",
            f"The pipeline '{name}' is made by pipeline_ml_factory: kedro-mlflow logs its model "
            f"where the whole pipeline has run, and the job has it in {steps} steps.",
            "Let its nodes share a step: --group-by pipeline.",
            where=f"pipeline {name}",
        )


def is_pipeline_ml(pipeline: Pipeline) -> bool:
    """Tell whether kedro-mlflow's pipeline_ml_factory made it."""
    kind = type(pipeline)
    return kind.__name__ == "PipelineML" and kind.__module__.startswith("kedro_mlflow.")
