"""Options that `compile` and `run` share, with Kedro's own names and forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from kedro.framework.cli.utils import split_node_names, split_string

from kedro_azureml import extensions
from kedro_azureml.cli.options.env import env_option
from kedro_azureml.cli.options.kedro_run import (
    KEDRO_RUN_OPTIONS,
    load_versions_option,
    pairs,
    versions_of,
)
from kedro_azureml.cli.options.sweep import SWEEP_OPTIONS, sweep_of
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.step_record import DEFAULT_PIPELINE

if TYPE_CHECKING:
    from kedro_azureml.compiler import CompileRequest
    from kedro_azureml.project import Project

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compile_options(function: _Function) -> _Function:
    """Add every option of a compilation; `request_from_options` reads them."""
    options = (
        env_option,
        click.option(
            "-j",
            "--job",
            multiple=True,
            metavar="NAME",
            help="Job of azureml.yml, under azure.jobs; may be repeated.",
        ),
        click.option(
            "-p",
            "--pipeline",
            help=f"Registered pipeline.  [default: the job's, else {DEFAULT_PIPELINE}]",
        ),
        click.option(
            "--params",
            default="",
            help="Runtime parameters, as Kedro's key=value,... or as a JSON object.",
        ),
        click.option(
            "--expose",
            default="",
            callback=split_string,
            metavar="PARAMETER,...",
            help="Parameters that become inputs of the job, to be changed without compiling.",
        ),
        *SWEEP_OPTIONS,
        click.option("-i", "--image", help="Docker image that replaces the environment."),
        click.option("--aml-env", help="Azure ML environment: NAME@latest or NAME:VERSION."),
        click.option(
            "--env-var", multiple=True, metavar="K=V", help="Environment variable of every step."
        ),
        load_versions_option,
        click.option(
            "--group-by",
            metavar=f"[{'|'.join(extensions.BUILT_IN_GROUPINGS)}|NAME]",
            callback=_way_of_grouping,
            help="Which nodes share a step; other packages add a NAME.  "
            "[default: azure.grouping.by]",
        ),
        click.option("--strict", is_flag=True, help="Treat warnings as errors."),
        click.option("-t", "--tags", default="", callback=split_string, help="Nodes with a tag."),
        click.option(
            "-n", "--nodes", default="", callback=split_node_names, help="Nodes by their names."
        ),
        click.option(
            "--from-nodes", default="", callback=split_node_names, help="Start at these nodes."
        ),
        click.option(
            "--to-nodes", default="", callback=split_node_names, help="End at these nodes."
        ),
        click.option(
            "--from-inputs", default="", callback=split_string, help="Start at these datasets."
        ),
        click.option(
            "--to-outputs", default="", callback=split_string, help="End at these datasets."
        ),
        click.option(
            "-ns", "--namespaces", default="", callback=split_node_names, help="Nodes by namespace."
        ),
        *KEDRO_RUN_OPTIONS,
    )
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def _way_of_grouping(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Refuse a name that neither this package nor another one has."""
    if value is None or value in extensions.BUILT_IN_GROUPINGS:
        return value
    known = [*extensions.BUILT_IN_GROUPINGS, *extensions.names(extensions.GROUPINGS)]
    if value not in known:
        choices = ", ".join(f"'{name}'" for name in known)
        raise click.BadParameter(f"{value!r} is not one of {choices}.", context, parameter)
    return value


def jobs_of(options: dict[str, Any]) -> list[str | None]:
    """Return the jobs that the options name, each once; None alone, when they name none."""
    return list(dict.fromkeys(options["job"])) or [None]


def request_from_options(
    project: Project, base: Path, *, job: str | None = None, local: bool = False, **options: Any
) -> CompileRequest:
    """Make a request of the options of `compile_options`.

    Args:
        project: The Kedro project, in the conf environment of the options.
        base: The folder that paths in the document are relative to.
        job: A job of azureml.yml, whose values stand where the options give none.
        local: Whether the document is for a rehearsal.
        options: The options, by their click names.

    Raises:
        DiagnosticError: KAZ107, for every value that cannot be read; KAZ131 for an unknown job.
    """
    from kedro_azureml.compiler import CompileRequest, Selection

    problems: list[Diagnostic] = []
    if options["image"] and options["aml_env"]:
        problems.append(
            _bad(
                "--image",
                "--image and --aml-env both name the environment.",
                "Give only one of them.",
            )
        )
    named = _pipeline(options, problems)
    request = CompileRequest(
        project_path=project.path,
        base=base.resolve(),
        pipeline=named or DEFAULT_PIPELINE,
        env=options["env"],
        conf_source=options["conf_source"],
        params=_params("--params", options["params"], problems),
        exposed=dict.fromkeys(options["expose"], "--expose"),
        selection=Selection(
            tags=tuple(options["tags"]),
            nodes=tuple(options["nodes"]),
            from_nodes=tuple(options["from_nodes"]),
            to_nodes=tuple(options["to_nodes"]),
            from_inputs=tuple(options["from_inputs"]),
            to_outputs=tuple(options["to_outputs"]),
            namespaces=tuple(options["namespaces"]),
        ),
        image=options["image"],
        environment=options["aml_env"],
        env_vars=pairs("--env-var", options["env_var"], "=", problems),
        load_versions=versions_of(options["load_versions"], problems),
        group_by=options["group_by"],
        runner=_runner(options["runner"], problems),
        runner_params={
            **({"is_async": True} if options["is_async"] else {}),
            **_params("--runner-params", options["runner_params"], problems),
        },
        only_missing_outputs=options["only_missing_outputs"],
        strict=options["strict"],
        local=local,
    )
    if problems:
        raise DiagnosticError(problems)
    from dataclasses import replace

    if job is None:
        return replace(request, sweep=sweep_of(options, None))
    from kedro_azureml.compiler import with_job

    of_job = with_job(request, job, project.required_config(request.params))
    sweep = sweep_of(options, of_job.sweep)
    place = "--sweep" if options["sweep"] else of_job.sweep_place
    return replace(of_job, pipeline=named or of_job.pipeline, sweep=sweep, sweep_place=place)


def _pipeline(options: dict[str, Any], problems: list[Diagnostic]) -> str | None:
    """Return the name of the pipeline, or of several that are one job; None if none is named."""
    if options["pipeline"] and options["pipelines"]:
        problems.append(
            _bad("--pipelines", "--pipeline and --pipelines both name pipelines.", "Give one.")
        )
    return options["pipeline"] or ",".join(options["pipelines"]) or None


def _runner(name: str | None, problems: list[Diagnostic]) -> str | None:
    """Check the form of a runner's name."""
    if name is None:
        return None
    from kedro_azureml.config.models.grouping import name_of_runner
    from kedro_azureml.config.models.values import BadValueError

    try:
        return name_of_runner(name)
    except BadValueError as error:
        problems.append(_bad("--runner", error.message, error.remedy))
        return None


def _params(option: str, text: str, problems: list[Diagnostic]) -> dict[str, Any]:
    """Read JSON if it starts with a brace, else Kedro's ``key=value,key.inner=value``."""
    stripped = text.strip()
    if not stripped:
        return {}
    if stripped.startswith(("{", "[")):
        try:
            value = json.loads(stripped, parse_constant=_refuse_constant)
        except ValueError as error:
            problems.append(_bad(option, f"The value is not valid JSON: {error}.", _PARAMS_HINT))
            return {}
        if not isinstance(value, dict):
            problems.append(_bad(option, "The JSON value is not an object.", _PARAMS_HINT))
            return {}
        return _finite(option, value, problems)
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    items = [item.strip() for item in stripped.split(",") if item.strip()]
    for item in items:
        key, equals, _ = item.partition("=")
        if not equals or not key.strip():
            problems.append(_bad(option, f"'{item}' is not of the form key=value.", _PARAMS_HINT))
            return {}
    try:
        loaded = OmegaConf.to_container(OmegaConf.from_dotlist(items))
    except (OmegaConfBaseException, YAMLError, ValueError) as error:
        first = str(error).splitlines()[0]
        remedy = (
            "Write '\\${' where '${' is meant as it stands."
            if "${" in stripped
            else """Quote the value, as YAML does: --params "name='the value'"."""
        )
        problems.append(_bad(option, f"The value cannot be read: {first}.", remedy))
        return {}
    params = {str(key): value for key, value in loaded.items()} if isinstance(loaded, dict) else {}
    return _finite(option, params, problems)


def _finite(option: str, params: dict[str, Any], problems: list[Diagnostic]) -> dict[str, Any]:
    """Refuse what no JSON document, and so no command line of a step, can hold."""
    passed: dict[str, Any] = {}
    for key, value in params.items():
        try:
            json.dumps(value, allow_nan=False)
        except (ValueError, TypeError) as error:
            message = f"The value of '{key}' cannot be passed on: {error}."
            problems.append(_bad(option, message, "Put it into the project's parameters."))
        else:
            passed[key] = value
    return passed


_PARAMS_HINT = """Write --params alpha=0.1,model.depth=3 or --params '{"alpha": 0.1}'."""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _bad(option: str, message: str, remedy: str) -> Diagnostic:
    return Diagnostic("KAZ107", message, remedy, where=option)
