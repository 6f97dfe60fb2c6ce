"""``azure.steps`` of azureml.yml: nodes that something else than their function does."""

from __future__ import annotations

from pydantic import Field

from kedro_azureml.config.models.section import Section, Text


class StepConfig(Section):
    """What does the work of a node on Azure ML."""

    component: Text = Field(
        description="A component that takes the node's place, its inputs and outputs named after "
        "the datasets: a file of the project (`components/score.yml`), which holds a command "
        "component, or `azureml:NAME:VERSION`, whatever kind that is.",
    )
