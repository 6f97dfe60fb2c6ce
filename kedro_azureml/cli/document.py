"""The job document that a command is about: a compiled file, or the project compiled now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_azureml.cli.compilation import compile_shown
from kedro_azureml.cli.options.compile import request_from_options
from kedro_azureml.cli.options.schedule import read_moment
from kedro_azureml.cli.options.set_inputs import inputs_of

if TYPE_CHECKING:
    from kedro_azureml.compiler import CompileRequest
    from kedro_azureml.diagnostics import Diagnostic
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project
    from kedro_azureml.project.loaded import LoadedProject


@dataclass(frozen=True)
class JobDocument:
    """A job document and what it comes from.

    Attributes:
        job: The document.
        base: The folder that its paths are relative to.
        source: What to call it.
        request: What the options ask the compiler for.
        warnings: What the compiler has to say.
    """

    job: PipelineJob
    base: Path
    source: str
    request: CompileRequest
    warnings: tuple[Diagnostic, ...] = ()


def read_document(
    project: Project,
    file: Path | None,
    options: dict[str, Any],
    *,
    local: bool = False,
    inputs: tuple[str, ...] = (),
    schedule: str | None = None,
    at: str | None = None,
    on_load: Callable[[LoadedProject], None] | None = None,
) -> JobDocument:
    """Read the compiled file if there is one, or else compile the project.

    Args:
        project: The project.
        file: The compiled file.
        options: The options of `compile_options`, by their click names.
        local: Whether the document is for a rehearsal.
        inputs: The values of ``--set``.
        schedule: A schedule whose values the inputs have where ``--set`` gives none.
        at: The time at which it starts the job.
        on_load: Is told when the project has been loaded, if it is compiled.
    """
    from kedro_azureml.job.set_inputs import with_inputs

    texts = inputs_of(inputs)
    request = request_from_options(project, project.path, local=local, **options)
    if file is not None:
        from kedro_azureml.job.yaml import load_job

        job = with_inputs(load_job(file), texts)
        return JobDocument(job, file.absolute().parent, str(file), request)
    compilation = compile_shown(request, project, on_load=on_load)
    source = f"the job '{request.job}'" if request.job else f"the pipeline '{request.pipeline}'"
    job = compilation.job
    if schedule is not None:
        job = _as_scheduled(job, project, schedule, at)
    job = with_inputs(job, texts)
    return JobDocument(job, project.path, source, request, compilation.diagnostics)


def _as_scheduled(job: PipelineJob, project: Project, name: str, at: str | None) -> PipelineJob:
    from kedro_azureml.compiler.schedules import find_schedule, scheduled_values
    from kedro_azureml.schedules.zones import zone_of

    config = project.required_config({})
    moment = read_moment(at, zone_of(find_schedule(config, name).time_zone)).isoformat()
    values = scheduled_values(name, config, job, moment)
    return job.model_copy(update={"inputs": {**job.inputs, **values}})
