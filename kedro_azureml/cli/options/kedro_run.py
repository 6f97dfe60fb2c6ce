"""Options of ``kedro run`` that say how a project is read and its nodes are run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from kedro.framework.cli.utils import split_string

from kedro_azureml.diagnostics import Diagnostic, nearest

# The names that a configuration file has for what `kedro run` takes, to ours.
_KEYS = {
    **{
        name: name
        for name in (
            *("tags", "env", "runner", "is_async", "runner_params", "load_versions", "params"),
            *("from_nodes", "to_nodes", "from_inputs", "to_outputs", "namespaces"),
            *("pipeline", "pipelines", "conf_source", "only_missing_outputs"),
        )
    },
    "node_names": "nodes",
}
_SECTION = "run"
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _read_config(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Take the defaults of the other options from a file, as ``kedro run --config`` does."""
    if value is None:
        return None
    from omegaconf import OmegaConf

    try:
        content = OmegaConf.to_container(OmegaConf.load(value), resolve=True)
    except Exception as error:
        first = str(error).splitlines()[0]
        raise click.BadParameter(f"'{value}' cannot be read: {first}", context, parameter) from None
    section = content.get(_SECTION) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise click.BadParameter(f"'{value}' has no section '{_SECTION}'.", context, parameter)
    for key in section:
        if key not in _KEYS:
            message = f"'{value}' has the key '{key}'. {nearest(str(key), _KEYS)}"
            raise click.BadParameter(message, context, parameter)
    defaults = {_KEYS[str(key)]: _as_typed(setting) for key, setting in section.items()}
    context.default_map = {**(context.default_map or {}), **defaults}
    return value


def _as_typed(setting: Any) -> Any:
    """Return a value of the file as somebody would type it."""
    if isinstance(setting, dict):
        return json.dumps(setting)
    if isinstance(setting, list):
        return ",".join(map(str, setting))
    return setting


def _use_conf_source(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Read the configuration from another folder of the project; return it relative to that."""
    if value is None:
        return None
    from kedro.framework.project import settings

    project, folder = Path(context.obj.project_path).resolve(), Path(value).resolve()
    if not folder.is_dir():
        raise click.BadParameter(f"There is no folder '{value}'.", context, parameter)
    if not folder.is_relative_to(project):
        raise click.BadParameter(
            f"'{value}' lies outside of the project, and a step gets files of the project only. "
            "Move it into the project.",
            context,
            parameter,
        )
    relative = folder.relative_to(project).as_posix()
    settings.set("CONF_SOURCE", relative)
    return relative


KEDRO_RUN_OPTIONS: tuple[Callable[..., Any], ...] = (
    click.option(
        "--pipelines",
        default="",
        callback=split_string,
        help="Registered pipelines, together as one job.",
    ),
    click.option(
        "-r",
        "--runner",
        metavar="NAME",
        help="What runs the nodes of a step: a runner of Kedro's, or the path of a class.  "
        "[default: azure.grouping.runner]",
    ),
    click.option(
        "--async", "is_async", is_flag=True, help="Load and save a node's data in threads."
    ),
    click.option(
        "--runner-params", default="", help="What the runner is made with, in the form of --params."
    ),
    click.option(
        "--only-missing-outputs",
        is_flag=True,
        help="Leave out nodes whose outputs exist where the catalog has them.",
    ),
    click.option(
        "-c",
        "--config",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True),
        callback=_read_config,
        is_eager=True,
        help="File with a section 'run' that holds values for these options, as for 'kedro run'.",
    ),
    click.option(
        "--conf-source",
        callback=_use_conf_source,
        help="Folder of the project that holds the configuration.  [default: CONF_SOURCE]",
    ),
)


def load_versions_option(function: _Function) -> _Function:
    """Add ``-lv/--load-versions``."""
    return click.option(
        "-lv",
        "--load-versions",
        default="",
        metavar="DATASET:VERSION,...",
        help="Versions of datasets to load.",
    )(function)


def versions_of(text: str, problems: list[Diagnostic]) -> dict[str, str]:
    """Read the value of ``--load-versions``; note KAZ107 for what is none."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    return pairs("--load-versions", items, ":", problems)


def pairs(
    option: str, items: list[str] | tuple[str, ...], separator: str, problems: list[Diagnostic]
) -> dict[str, str]:
    """Read values of the form ``NAME=VALUE``; note KAZ107 for what is none."""
    found: dict[str, str] = {}
    for item in items:
        key, separated, value = item.partition(separator)
        if not separated or not key.strip():
            # The value may be a secret; the key never is.
            shown = key if separated else item.split("=")[0]
            message = f"'{shown}' is not of the form NAME{separator}VALUE."
            remedy = f"Write {option} NAME{separator}VALUE."
            problems.append(Diagnostic("KAZ107", message, remedy, where=option))
        else:
            found[key.strip()] = value
    return found
