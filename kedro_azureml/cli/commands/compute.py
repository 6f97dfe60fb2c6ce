"""``kedro azureml compute``: the computes that azureml.yml names, as the workspace has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.create_computes import create_missing, is_interactive
from kedro_azureml.cli.options.group_env import group_env_option
from kedro_azureml.cli.options.workspace import connect_with_config, quietly, workspace_options
from kedro_azureml.console.findings import EXIT_FAILED, friendly, print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.references import SERVERLESS

if TYPE_CHECKING:
    from kedro_azureml.azure.computes import Wanted
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.config import AzureMLConfig, ComputeConfig

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("compute")
@group_env_option
def compute(env: str | None) -> None:
    """List, show, create and delete the computes that azureml.yml names."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


@compute.command("list")
@_json_option
@workspace_options
@click.pass_obj
@friendly
def list_(metadata: Any, /, as_json: bool, env: str | None, subscription_id: str | None) -> None:
    """List the aliases and the other computes."""
    config, connection = connect_with_config(metadata, env, subscription_id)
    from kedro_azureml.azure.computes import describe, wanted_of
    from kedro_azureml.azure.connect.errors import explained

    with quietly(), explained("listing the computes"):
        connection.check()
        found = {str(item.name): item for item in connection.ml.compute.list()}
    rows: list[tuple[str | None, str, str, bool]] = []
    for alias in config.azure.compute:
        settings = _settings(config, alias)
        name = settings.target
        if name is None:
            kind = f", {settings.instance_type}" if settings.instance_type else ""
            rows.append((alias, SERVERLESS, f"machines that Azure ML finds{kind}", True))
        elif name in found:
            rows.append((alias, name, describe(found[name]), True))
        else:
            hint = f": 'kedro azureml compute create {alias}' creates it"
            rows.append((alias, name, f"missing{hint if settings.create else ''}", False))
    others = sorted(found.keys() - wanted_of(config).keys())
    rows += [(None, name, describe(found[name]), True) for name in others]
    if as_json:
        keys = ("alias", "name", "is", "exists")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1))
        return
    first = max((len(row[0] or "-") for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    for alias_, name, text, _ in rows:
        click.echo(f"{alias_ or '-':<{first}}  {name:<{second}}  {text}")
    if not rows:
        click.echo("There are no computes.")


@compute.command("show")
@click.argument("alias")
@_json_option
@workspace_options
@click.pass_obj
@friendly
def show(
    metadata: Any, /, alias: str, as_json: bool, env: str | None, subscription_id: str | None
) -> None:
    """Show an alias: its settings, and what the compute is."""
    config, connection = connect_with_config(metadata, env, subscription_id)
    from kedro_azureml.azure.computes import describe

    settings = _settings(config, alias)
    stated = settings.model_dump(exclude_none=True, exclude_defaults=True)
    if settings.target is None:
        name, state, found = SERVERLESS, "machines that Azure ML finds", None
    else:
        name = settings.target
        found = _find(connection, name)
        state = describe(found) if found is not None else "missing"
    if as_json:
        exists = found is not None or settings.target is None
        data = {"alias": alias, "name": name, "is": state, "exists": exists, **stated}
        click.echo(json.dumps(data, indent=1))
        return
    click.echo(f"{name}: {state}")
    for key, value in _lines(stated):
        click.echo(f"  {key}: {value}")
    if found is not None:
        _say_differences(found, config, name)


@compute.command("create")
@click.argument("alias")
@workspace_options
@click.pass_obj
@friendly
def create(metadata: Any, /, alias: str, env: str | None, subscription_id: str | None) -> None:
    """Create an alias's compute as azureml.yml says, and wait for it."""
    config, connection = connect_with_config(metadata, env, subscription_id)
    wanted = _wanted(config, alias)
    found = _find(connection, wanted.name)
    if found is not None:
        from kedro_azureml.azure.computes import describe

        _refuse_unusable(found, wanted)
        click.echo(f"'{wanted.name}' exists already: {describe(found)}.")
        _say_differences(found, config, wanted.name)
        return
    if wanted.settings.create is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ705",
                f"azureml.yml does not say what '{wanted.name}' is to be created as.",
                "Write 'create' with at least a 'size' beside its name.",
                where=f"azureml.yml azure.compute.{alias}",
            )
        )
    create_missing(connection, [wanted], allowed=True, for_job=False)


@compute.command("delete")
@click.argument("alias")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@workspace_options
@click.pass_obj
@friendly
def delete(
    metadata: Any, /, alias: str, yes: bool, env: str | None, subscription_id: str | None
) -> None:
    """Delete an alias's compute; an attached one is detached."""
    config, connection = connect_with_config(metadata, env, subscription_id)
    from kedro_azureml.azure.computes import CLUSTER, INSTANCE, describe
    from kedro_azureml.azure.computes import delete as delete_compute
    from kedro_azureml.azure.progress import Shown

    wanted = _wanted(config, alias)
    found = _find(connection, wanted.name)
    if found is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ705",
                f"The workspace has no compute '{wanted.name}'.",
                "There is nothing to delete.",
            )
        )
    owned = str(found.type).lower() in (CLUSTER, INSTANCE)
    if not yes and not _agreed(f"{'Delete' if owned else 'Detach'} {describe(found)}", wanted.name):
        click.echo("Nothing was deleted.", err=True)
        raise click.exceptions.Exit(EXIT_FAILED)
    with Shown() as progress, quietly():
        delete_compute(connection, found, progress)
    click.echo(f"{'Deleted' if owned else 'Detached'} '{wanted.name}'.")


def _lines(stated: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings, those of a section behind its name: ``create.size``."""
    for key, value in stated.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def _agreed(what: str, name: str) -> bool:
    if not is_interactive():
        raise DiagnosticError(
            Diagnostic(
                "KAZ108",
                f"Nobody is there to say whether '{name}' may go, for everyone who uses it.",
                "Give --yes.",
                where="--yes",
            )
        )
    return click.confirm(f"{what}, '{name}', for everyone who uses it?")


def _settings(config: AzureMLConfig, alias: str) -> ComputeConfig:
    settings = config.azure.compute_settings(alias)
    if settings is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                f"azureml.yml has no compute alias '{alias}'.",
                nearest(alias, config.azure.compute) or "It names no compute at all.",
                where="ALIAS",
            )
        )
    return settings


def _wanted(config: AzureMLConfig, alias: str) -> Wanted:
    from kedro_azureml.azure.computes import Wanted

    settings = _settings(config, alias)
    if settings.target is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                f"The alias '{alias}' is serverless, and has no compute of its own.",
                "Name an alias with a cluster_name or instance_name.",
                where="ALIAS",
            )
        )
    return Wanted(alias, settings.target, settings)


def _find(connection: Connection, name: str) -> Any | None:
    from kedro_azureml.azure.computes import find

    with quietly():
        found = find(connection, name)
        if found is None:
            # A missing workspace has no computes either.
            connection.check()
    return found


def _refuse_unusable(found: Any, wanted: Wanted) -> None:
    from kedro_azureml.azure.computes import problem_with

    problem = problem_with(found, wanted)
    if problem:
        raise DiagnosticError(
            Diagnostic("KAZ705", f"The compute '{wanted.name}' {problem[0]}.", problem[1])
        )


def _say_differences(found: Any, config: AzureMLConfig, name: str) -> None:
    from kedro_azureml.azure.computes import differences, wanted_of

    print_diagnostics(differences(found, wanted_of(config)[name]))
