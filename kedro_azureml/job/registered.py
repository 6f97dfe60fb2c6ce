"""What of a document Azure ML registers in the workspace."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.job.expressions import parse_binding
from kedro_azureml.job.model import Output, PipelineJob
from kedro_azureml.job.run.model import RegisteredOutput


def registered_outputs(job: PipelineJob) -> Iterator[RegisteredOutput]:
    """Yield each output of a step that is registered, by itself or as an output of the job."""
    for name, step in job.jobs.items():
        record = step.component.record()
        datasets = {output: d for d, output in record.published_names.items()} if record else {}
        for key, bound in step.outputs.items():
            output = _of_pipeline(job, bound) if isinstance(bound, str) else bound
            if output is not None and output.name is not None:
                yield RegisteredOutput(output.name, output.type, name, key, datasets.get(key))


def _of_pipeline(job: PipelineJob, bound: str) -> Output | None:
    binding = parse_binding(bound)
    return job.outputs.get(binding.name) if binding and binding.kind == "output" else None
