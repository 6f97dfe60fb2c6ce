"""A deployment with what a terminal adds to it: a spinner and a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.compilation import compile_shown
from kedro_azureml.cli.questions import is_interactive, may_create
from kedro_azureml.console.activity import activity
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.azure.deploy.deployment import Deployment
    from kedro_azureml.azure.deploy.jobs import Named
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.project import Project


def plan_shown(
    project: Project,
    config: AzureMLConfig,
    target: Target,
    names: Named,
    *,
    prune: bool,
    strict: bool,
    allow_credentials: bool,
) -> Deployment:
    """Compile what is to be deployed, and compare it with what is; see `plan_deployment`."""
    from kedro_azureml.azure.deploy.compiled import compile_jobs

    def compile_one(request: CompileRequest) -> Compilation:
        return compile_shown(request, project)

    jobs, findings = compile_jobs(project, config, names, compile_one, strict=strict)
    print_diagnostics(findings)
    with activity("Loading the Azure SDK"):
        from kedro_azureml.azure.deploy.deployment import plan_deployment
    from kedro_azureml.console.spinner import SpinnerDisplay

    with SpinnerDisplay() as progress:
        return plan_deployment(
            names,
            jobs,
            project,
            config,
            target,
            prune=prune,
            allow_credentials=allow_credentials,
            progress=progress,
        )


def apply_shown(deployment: Deployment, *, create_compute: bool) -> None:
    """Carry a plan out, and say how it goes; see `apply_plan`."""
    from kedro_azureml.azure.deploy.apply import apply_plan
    from kedro_azureml.console.spinner import SpinnerDisplay

    with SpinnerDisplay() as progress:
        apply_plan(
            deployment.checked,
            deployment.stages,
            create_compute or may_create(progress.stop),
            progress,
        )


def confirm_changes() -> bool:
    """Ask whether a plan is to be carried out.

    Raises:
        DiagnosticError: KAZ108, there is no terminal to ask on.
    """
    if not is_interactive():
        raise DiagnosticError(
            Diagnostic(
                "KAZ108",
                "There are changes, and there is no terminal to confirm them on. Nothing was sent.",
                "Give --yes to make them, or --check to be told by the exit code.",
                where="--yes",
            )
        )
    return click.confirm("Deploy this?", default=False, err=True)
