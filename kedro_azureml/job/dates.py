"""A document on the day that it is submitted, or rehearsed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kedro_azureml.job.export import EXPORT_VARIABLE, Export
from kedro_azureml.job.model import Output, PipelineJob, Step
from kedro_azureml.job.output_path import has_date, with_date


def dated(job: PipelineJob, moment: datetime) -> PipelineJob:
    """Return the document with ``{date}`` replaced in the paths of outputs, and what tells them."""
    tags = job.tags
    if export := Export.in_tags(tags):
        tags = {**tags, **Export(with_date(export.path, moment), export.asset).tags}
    return job.model_copy(
        update={
            "tags": tags,
            "outputs": {name: _output(each, moment) for name, each in job.outputs.items()},
            "jobs": {name: _step(step, moment) for name, step in job.jobs.items()},
        }
    )


def dated_paths(job: PipelineJob) -> Iterator[str]:
    """Yield the paths of outputs that wait for a date, each once."""
    outputs = [*job.outputs.values(), *(o for s in job.jobs.values() for o in s.outputs.values())]
    paths = (each.path for each in outputs if isinstance(each, Output) and each.path)
    yield from dict.fromkeys(filter(has_date, paths))


def _step(step: Step, moment: datetime) -> Step:
    variables = step.environment_variables
    if EXPORT_VARIABLE in variables:
        told = with_date(variables[EXPORT_VARIABLE], moment)
        variables = {**variables, EXPORT_VARIABLE: told}
    outputs = {
        name: each if isinstance(each, str) else _output(each, moment)
        for name, each in step.outputs.items()
    }
    return step.model_copy(update={"environment_variables": variables, "outputs": outputs})


def _output(output: Output, moment: datetime) -> Output:
    if output.path is None:
        return output
    return output.model_copy(update={"path": with_date(output.path, moment)})
