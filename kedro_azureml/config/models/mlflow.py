"""``azure.mlflow`` of azureml.yml: what becomes of a step's MLflow run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from kedro_azureml.config.models.section import Section, Text


class MlflowConfig(Section):
    """What steps do with the MLflow runs that Azure ML makes for them."""

    join: bool = Field(
        default=True,
        description="Whether a step logs into the run that Azure ML has made for it, whatever "
        "mlflow.yml names. `false`: kedro-mlflow makes a run of its own where mlflow.yml says.",
    )
    parent_metrics: Literal["all"] | list[Text] = Field(
        default="all",
        description="Metrics of the steps that the run of the job gets as well: `all`, or names, "
        "in which `*` stands for any letters. `[]`: none.",
    )

    def for_steps(self) -> dict[str, Any]:
        """Return what a step is told: what differs from the default."""
        told: dict[str, Any] = {} if self.join else {"join": False}
        if self.parent_metrics != "all":
            told["parent_metrics"] = list(self.parent_metrics)
        return told
