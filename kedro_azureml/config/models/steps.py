"""``azure.steps`` of azureml.yml: nodes that something else than their function does."""

from __future__ import annotations

from pydantic import Field

from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.job.references import PREFIX


class StepConfig(Section):
    """What does the work of a node on Azure ML."""

    component: Text = Field(
        description="A component that takes the node's place, its inputs and outputs named after "
        "the datasets: a file of the project (`components/score.yml`), which holds a command "
        f"component, or `{PREFIX}NAME:VERSION`, whatever kind that is.",
    )
