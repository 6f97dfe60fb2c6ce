"""``kedro azureml deploy``: make what is in the workspace what azureml.yml says."""

from __future__ import annotations

from typing import Any

import click

from kedro_azureml.cli.commands.deploy.shown import apply_shown, confirm_changes, plan_shown
from kedro_azureml.cli.errors import EXIT_DRIFT, EXIT_FAILED, friendly
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.workspace import find_config, open_project, workspace_options


@click.command("deploy")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing; the exit code is 2 if the workspace is not what azureml.yml says.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Remove what this project has deployed and azureml.yml has no more.",
)
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--allow-credentials",
    is_flag=True,
    help="Upload files that look like credentials with the code.",
)
@click.option(
    "--create-compute",
    is_flag=True,
    help="Create computes that do not exist as azureml.yml says, and wait for them.",
)
@json_option
@workspace_options
@click.pass_obj
@friendly
def deploy(
    metadata: Any,
    /,
    yes: bool,
    check: bool,
    prune: bool,
    strict: bool,
    allow_credentials: bool,
    create_compute: bool,
    as_json: bool,
    env: str | None,
    subscription_id: str | None,
) -> None:
    """Make the schedules and endpoints of the workspace what azureml.yml says.

    The difference is shown first, and asked about on a terminal. What is as it should be is left
    alone. A schedule starts the code of the day on which it was deployed.
    """
    from kedro_azureml.azure.deploy.jobs import Named

    project = open_project(metadata, env)
    config, target = find_config(project, {}, subscription_id)
    deployment = plan_shown(
        project,
        config,
        target,
        Named(tuple(config.azure.schedules), tuple(config.azure.endpoints)),
        prune=prune,
        strict=strict,
        allow_credentials=allow_credentials,
    )
    from kedro_azureml.azure.deploy.plan import is_change
    from kedro_azureml.azure.deploy.plan_json import deployment_json
    from kedro_azureml.console.deployment import explain_plan

    stages = deployment.stages
    explain_plan(stages)
    applied = any(map(is_change, stages)) and not check and (yes or confirm_changes())
    if applied:
        apply_shown(deployment, create_compute=create_compute)
    if as_json:
        print_models(
            [deployment_json(stages, target.workspace, target.group, applied=applied)],
            several=True,
        )
    if any(map(is_change, stages)) and not applied:
        raise click.exceptions.Exit(EXIT_DRIFT if check else EXIT_FAILED)
