"""What of a document Azure ML registers in the workspace."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.job.expressions import parse_binding
from kedro_azureml.job.model import Output, PipelineJob, Step
from kedro_azureml.job.run.model import RegisteredOutput


def registered_outputs(job: PipelineJob) -> Iterator[RegisteredOutput]:
    """Yield each output of a step that is registered, by itself or as an output of the job."""
    for name, step in job.jobs.items():
        for key, bound in step.outputs.items():
            output = _of_pipeline(job, bound) if isinstance(bound, str) else bound
            if output is not None and output.name is not None:
                dataset = _dataset_of(step, key)
                yield RegisteredOutput(output.name, output.type, name, key, dataset)


def _dataset_of(step: Step, output: str) -> str | None:
    record = step.component.record()
    names = record.published_names if record else {}
    return next((dataset for dataset, name in names.items() if name == output), None)


def _of_pipeline(job: PipelineJob, bound: str) -> Output | None:
    binding = parse_binding(bound)
    return job.outputs.get(binding.name) if binding and binding.kind == "output" else None
