"""``kedro azureml deploy``: make what is in the workspace what azureml.yml says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.commands.deploy.shown import apply_shown, confirm_changes, plan_shown
from kedro_azureml.cli.commands.deploy.targets import targets_shown
from kedro_azureml.cli.errors import EXIT_DRIFT, EXIT_FAILED, friendly
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.submit import create_compute_option
from kedro_azureml.cli.options.workspace import open_project, workspace_options
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


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
@create_compute_option
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
    workspace: WorkspaceChoice,
) -> None:
    """Make the schedules and endpoints of the workspace what azureml.yml says.

    The difference is shown first, and asked about on a terminal. What is as it should be is left
    alone. A schedule starts the code of the day on which it was deployed.
    """
    project = open_project(metadata, env)
    config = project.required_config({})
    deployments = {
        target: plan_shown(
            project,
            config,
            target,
            names,
            prune=prune,
            strict=strict,
            allow_credentials=allow_credentials,
        )
        for target, names in targets_shown(config, workspace).items()
    }
    from kedro_azureml.azure.deploy.plan_json import deployment_json
    from kedro_azureml.console.deployment import explain_plan

    for target, deployment in deployments.items():
        if len(deployments) > 1:
            echo(f"{target.workspace}:")
        explain_plan(deployment.stages)
    changed = any(deployment.changes for deployment in deployments.values())
    applied = changed and not check and (yes or confirm_changes())
    if applied:
        for deployment in deployments.values():
            apply_shown(deployment, create_compute=create_compute)
    if as_json:
        shown = [
            deployment_json(deployment.stages, target.workspace, target.group, applied=applied)
            for target, deployment in deployments.items()
        ]
        print_models(shown, several=True)
    if changed and not applied:
        raise click.exceptions.Exit(EXIT_DRIFT if check else EXIT_FAILED)
