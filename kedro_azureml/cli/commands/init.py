"""``kedro azureml init``: write azureml.yml and .amlignore."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.files import replace_file
from kedro_azureml.cli.options.env import target_env_option
from kedro_azureml.cli.options.init import POSITIONALS, collect
from kedro_azureml.config.init import amlignore
from kedro_azureml.config.init.template import render
from kedro_azureml.config.source import find_files
from kedro_azureml.console.findings import friendly, print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

_READ_ONLY = "Make the folder writable, or run init in a writable copy of the project."


@click.command(options_metavar="[OPTIONS]")
@click.argument("arguments", nargs=-1, metavar=" ".join(f"[{n.upper()}]" for n in POSITIONALS))
@click.option("-s", "--subscription-id", help="Azure subscription.")
@click.option("--resource-group", help="Resource group of the workspace.")
@click.option("--workspace-name", help="Azure ML workspace.")
@click.option("--experiment-name", help="Experiment.  [default: the project's name]")
@click.option("--cluster-name", help="Compute cluster of the steps, or 'serverless'.")
@click.option("-a", "--storage-account-name", help="Storage account for temporary data.")
@click.option("-c", "--storage-container", help="Container in that account.")
@click.option(
    "--environment-name",
    "--azureml-environment",
    "--aml-env",
    help="Azure ML environment of the steps: NAME@latest, NAME:VERSION or NAME.",
)
@click.option("-d", "--docker-image", help="Image that holds the code, instead of an environment.")
@click.option(
    "--use-pipeline-data-passing",
    is_flag=True,
    help="Pass data between steps as outputs of the job; no storage is needed then.",
)
@target_env_option
@click.option("--force", is_flag=True, help="Replace azureml.yml and .amlignore if they exist.")
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

    Every value may be an argument or an option. What is missing is asked for on a terminal and
    named in an error elsewhere. The form of kedro-azureml 1.0, with the subscription id as the
    first argument, is understood too.
    """
    project = _Project.of(metadata, env)
    existing = _existing(project, force)

    def text(interactive: bool) -> str:
        values = collect(
            arguments,
            options,
            use_pipeline_data_passing=use_pipeline_data_passing,
            project_name=metadata.project_name,
            interactive=interactive,
        )
        return render(values)

    asked = bool(arguments or use_pipeline_data_passing or any(options.values()))
    if existing is None or force:
        replace_file(project.file, text(sys.stdin.isatty()), _READ_ONLY)
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
    _write_amlignore(project.layout, force)
    after = f" -e {env}" if env else ""
    click.echo("\nNext:")
    click.echo(f"  kedro azureml run --local{after}   rehearse the job on this machine")
    click.echo(f"  kedro azureml compile{after}       write the job for Azure ML")


@dataclass(frozen=True)
class _Project:
    """The file to write and what is around it."""

    file: Path
    layout: amlignore.Layout

    @classmethod
    def of(cls, metadata: ProjectMetadata, env: str | None) -> _Project:
        from kedro.framework.project import settings

        root = Path(metadata.project_path)
        conf = root / settings.CONF_SOURCE
        loader_arguments: dict[str, Any] = settings.CONFIG_LOADER_ARGS
        base = loader_arguments.get("base_env") or "base"
        env = env or base
        if Path(env).name != env or env == "..":
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"'{env}' is not the name of a conf environment.",
                    f"Give the name of a folder in {shown(conf)}.",
                    where="-e/--env",
                )
            )
        source = Path(metadata.source_dir)
        code = source / metadata.package_name if source == root else source
        personal = loader_arguments.get("default_run_env", "local")
        patterns = loader_arguments.get("config_patterns", {}).get("credentials", ())
        return cls(
            file=conf / env / "azureml.yml",
            layout=amlignore.Layout(
                root=root,
                code=_relative(code, root) or metadata.package_name,
                conf=_relative(conf, root),
                credentials=tuple(patterns),
                personal=personal if personal != base else None,
            ),
        )


def _relative(path: Path, root: Path) -> str | None:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def _existing(project: _Project, force: bool) -> Path | None:
    """The file of this environment that already holds the settings, whatever its suffix."""
    found = find_files(project.file.parent)
    others = [path for path in found if path != project.file]
    if others and (force or project.file in found):
        raise DiagnosticError(
            Diagnostic(
                "KAZ109",
                f"{shown(others[0])} holds settings too, and Kedro takes each key from one file "
                "only. Nothing was written.",
                "Remove or rename it first.",
            )
        )
    return found[0] if found else None


def _says_the_same(existing: Path, text: Callable[[bool], str]) -> bool:
    try:
        return existing.read_text(encoding="utf-8") == text(False)
    except (OSError, UnicodeDecodeError, DiagnosticError):
        return False


def _write_amlignore(layout: amlignore.Layout, force: bool) -> None:
    path = layout.root / amlignore.NAME
    if path.exists() and not force:
        click.echo(f"Kept {shown(path)} (--force replaces it)")
        _warn_of_gaps(path, layout)
        return
    made = amlignore.make(layout)
    replace_file(path, made.text, _READ_ONLY)
    click.echo(f"Wrote {shown(path)}")
    if made.carried:
        click.echo(f"  with {len(made.carried)} more patterns from .gitignore")
    for pattern, reason in made.dropped:
        click.echo(f"  without '{pattern}' from .gitignore: {reason}")


def _warn_of_gaps(path: Path, layout: amlignore.Layout) -> None:
    try:
        gaps = amlignore.unprotected(path.read_text("utf-8-sig", "replace"), layout)
    except OSError:
        return
    if gaps:
        print_diagnostics(
            [
                Diagnostic(
                    "KAZ503",
                    f"It lets files such as {', '.join(gaps)} be uploaded.",
                    "Add them to it, or let init write a complete one with --force.",
                    severity="warning",
                    where=shown(path),
                )
            ]
        )
