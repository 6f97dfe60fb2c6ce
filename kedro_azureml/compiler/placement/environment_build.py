"""The job that has Azure ML build an environment: one step that only starts in it."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.compiler.placement.computes import placed_in
from kedro_azureml.compiler.placement.environments import describe
from kedro_azureml.config import DEFAULT_ALIAS, AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import Component, PipelineJob, Settings, Step
from kedro_azureml.job.tags import step_tags

STEP = "build"
# What the beginning of every step imports.
COMMAND = "python -c 'import kedro_azureml.step.main'"


def build_job(
    config: AzureMLConfig, alias: str, compute_alias: str | None, project: Path
) -> tuple[PipelineJob, list[Diagnostic]]:
    """Make the job for one environment, its paths relative to the project.

    Args:
        config: azureml.yml.
        alias: The environment's name under ``azure.environments``.
        compute_alias: Where to start in it; None for the compute alias of the same name, or else
            the default.
        project: The project's root.

    Returns:
        The job, and what is wrong with the environment's files.
    """
    chosen = compute_alias or (alias if alias in config.azure.compute else DEFAULT_ALIAS)
    environment, findings = describe(alias, config.azure.environments[alias], project, project)
    placed = placed_in(chosen, config)
    # One machine is enough to start in it.
    resources = placed.resources and placed.resources.model_copy(update={"instance_count": None})
    step = Step(
        display_name=STEP,
        compute=placed.compute,
        component=Component(
            display_name=f"Build {alias}",
            command=COMMAND,
            environment=environment,
            is_deterministic=False,
            resources=resources,
        ),
        identity=placed.identity,
        queue_settings=placed.queue_settings,
        tags=step_tags(STEP),
    )
    job = PipelineJob(
        display_name=f"build-{alias.strip('_')}",
        experiment_name=config.azure.experiment_name or "environments",
        settings=Settings(continue_on_step_failure=False),
        jobs={STEP: step},
    )
    return job, findings
