"""``kedro azureml init``: write azureml.yml and .amlignore."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.amlignore import write_amlignore
from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.files import READ_ONLY, replace_file
from kedro_azureml.cli.options.init import collect, init_options
from kedro_azureml.config.init.target import InitTarget
from kedro_azureml.config.init.template import render
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command(options_metavar="[OPTIONS]")
@init_options
@click.pass_obj
@friendly
def init(
    metadata: ProjectMetadata,
    /,
    arguments: tuple[str, ...],
    env: str | None,
    force: bool,
    use_pipeline_data_passing: bool,
    **options: str | None,
) -> None:
    """Write azureml.yml and .amlignore for this project.

    Every value may be an argument or an option. Needed are the resource group, the workspace and
    the compute cluster: what is missing is asked for on a terminal and named in an error elsewhere.
    The form of kedro-azureml 1.0, with the subscription id as the
    first argument, is understood too.
    """
    project = InitTarget.of(metadata, env)
    existing = project.existing(force)

    def text(interactive: bool) -> str:
        values = collect(
            arguments,
            options,
            use_pipeline_data_passing=use_pipeline_data_passing,
            project_name=metadata.project_name,
            requirements=project.requirements,
            interactive=interactive,
        )
        return render(values)

    asked = bool(arguments or use_pipeline_data_passing or any(options.values()))
    if existing is None or force:
        replace_file(project.file, text(sys.stdin.isatty()), READ_ONLY)
        click.echo(f"Wrote {shown(project.file)}")
    elif asked and not _says_the_same(existing, text):
        raise DiagnosticError(
            Diagnostic(
                "KAZ109",
                f"{shown(existing)} exists. It was kept and nothing was written.",
                "Edit it, or replace it with --force.",
            )
        )
    else:
        click.echo(f"Kept {shown(existing)} (--force replaces it)")
    write_amlignore(project.layout, force)
    after = f" -e {env}" if env else ""
    click.echo("\nNext:")
    click.echo(f"  kedro azureml run --local{after}   rehearse the job on this machine")
    click.echo(f"  kedro azureml compile{after}       write the job for Azure ML")


def _says_the_same(existing: Path, text: Callable[[bool], str]) -> bool:
    try:
        return existing.read_text(encoding="utf-8") == text(False)
    except (OSError, UnicodeDecodeError, DiagnosticError):
        return False
