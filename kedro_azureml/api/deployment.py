"""Deploying schedules and endpoints from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kedro_azureml.api.job import find_project
from kedro_azureml.api.lines import LineProgress, TellLine
from kedro_azureml.azure.connect.installed import require_azure
from kedro_azureml.azure.connect.target import WorkspaceChoice
from kedro_azureml.azure.deploy.compiled import compile_jobs
from kedro_azureml.azure.deploy.targets import by_target
from kedro_azureml.compiler import compile_project as compile_request
from kedro_azureml.kedro_log import kedro_silenced

if TYPE_CHECKING:
    from kedro_azureml.azure.deploy.plan_json import DeploymentJson


@kedro_silenced()
def deploy(
    project_path: str | Path | None = None,
    *,
    env: str | None = None,
    check: bool = False,
    prune: bool = False,
    strict: bool = False,
    allow_credentials: bool = False,
    create_compute: bool = False,
    workspace: str | None = None,
    subscription_id: str | None = None,
    progress: TellLine | None = None,
) -> list[DeploymentJson]:
    """Make the schedules and endpoints of the workspace what azureml.yml says.

    Args:
        project_path: The project, or a folder in it; the current folder by default.
        env: The conf environment.
        check: Change nothing, and only look at what would change.
        prune: Remove what this project has deployed and azureml.yml has no more.
        strict: Treat warnings as errors.
        allow_credentials: Upload files that look like credentials.
        create_compute: Create computes that do not exist as azureml.yml says, and wait for them.
        workspace: An alias of ``azure.workspaces``; by default each thing goes to the workspace
            that it names.
        subscription_id: The Azure subscription; azureml.yml's or AZURE_SUBSCRIPTION_ID by default.
        progress: Takes each line that is worth telling, such as `print`.

    Returns:
        What was done, or would be, in each workspace; ``in_step`` if that is nothing.

    Raises:
        DiagnosticError: It cannot be deployed, or not all of it was.
    """
    require_azure()
    from kedro_azureml.azure.deploy.apply import apply_plan
    from kedro_azureml.azure.deploy.deployment import plan_deployment
    from kedro_azureml.azure.deploy.plan_json import deployment_json

    project = find_project(project_path, env)
    config = project.required_config({})
    lines = LineProgress(progress)
    planned = {}
    for target, names in by_target(config, WorkspaceChoice(subscription_id, workspace)).items():
        jobs, findings = compile_jobs(
            project,
            config,
            names,
            lambda request: compile_request(request, project),
            strict=strict,
        )
        lines.warn(findings)
        planned[target] = plan_deployment(
            names,
            jobs,
            project,
            config,
            target,
            prune=prune,
            allow_credentials=allow_credentials,
            progress=lines,
        )
    if not check:
        for deployment in planned.values():
            apply_plan(deployment.checked, deployment.stages, create_compute, lines)
    return [
        deployment_json(
            deployment.stages,
            target.workspace,
            target.group,
            applied=deployment.changes and not check,
        )
        for target, deployment in planned.items()
    ]
