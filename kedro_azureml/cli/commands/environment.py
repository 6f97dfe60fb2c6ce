"""``kedro azureml environment``: have Azure ML build an environment before a job needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.env import group_env_option
from kedro_azureml.cli.options.submit import create_compute_option
from kedro_azureml.cli.options.workspace import find_config, open_project, workspace_options
from kedro_azureml.cli.wait import wait
from kedro_azureml.config.models.values import DEFAULT_ALIAS
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.group("environment")
@group_env_option
def environment(env: str | None) -> None:
    """Build the environments that azureml.yml names."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


@environment.command("build")
@click.argument("alias")
@click.option(
    "--compute",
    "compute_alias",
    metavar="ALIAS",
    help=f"Compute alias to build for.  [default: the one of the same name, else {DEFAULT_ALIAS}]",
)
@create_compute_option
@click.option("--no-wait", is_flag=True, help="Submit the build, and do not follow it.")
@click.option(
    "--allow-credentials",
    is_flag=True,
    help="Upload files that look like credentials with the build context.",
)
@workspace_options
@click.pass_obj
@friendly
def build(
    metadata: Any,
    /,
    alias: str,
    compute_alias: str | None,
    create_compute: bool,
    no_wait: bool,
    allow_credentials: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Have Azure ML build an environment, and follow the build.

    Azure ML builds an image when a job first needs it. So this submits a job of one small step,
    which also tries whether kedro-azureml can be imported there.
    """
    from kedro_azureml.cli.submission import submit_shown
    from kedro_azureml.compiler.placement.environment_build import build_job

    project = open_project(metadata, env)
    config, target = find_config(project, {}, workspace)
    _check_alias(alias, config.azure.environments, "environment", "ALIAS")
    if compute_alias is not None:
        _check_alias(compute_alias, config.azure.compute, "compute", "--compute")
    job, findings = build_job(config, alias, compute_alias, project.path)
    if any(finding.severity == "error" for finding in findings):
        raise DiagnosticError(findings)
    print_diagnostics(findings)
    (made,) = submit_shown(
        [job],
        project.path,
        config,
        target,
        allow_credentials=allow_credentials,
        create_compute=create_compute,
    )
    if isinstance(made, DiagnosticError):
        raise made
    echo(f"Studio: {made.studio_url}")
    if no_wait:
        echo(f"Watch it: kedro azureml job watch {made.name}")
        return
    wait(made.connection, made.name, follow_logs=True, exists=True)
    echo(f"The environment '{alias}' is built.")


def _check_alias(alias: str, known: Any, kind: str, where: str) -> None:
    if alias not in known:
        hint = nearest(alias, known) or f"It names no {kind} by an alias."
        raise DiagnosticError(
            Diagnostic("KAZ107", f"azureml.yml has no {kind} alias '{alias}'.", hint, where=where)
        )
