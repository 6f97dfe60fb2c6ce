"""Running a job of the workspace once more, with other values for its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.creation import create_job, new_job_name
from kedro_azureml.azure.jobs.lookup import get_job
from kedro_azureml.job.export import EXPORT_VARIABLE, Export
from kedro_azureml.job.output_path import another_place
from kedro_azureml.job.run.model import now
from kedro_azureml.job.set_inputs import new_values
from kedro_azureml.job.tags import SCHEDULE_TAG


@quiet()
def rerun(connection: Connection, name: str, texts: Mapping[str, str]) -> Any:
    """Make another job of the same components; nothing is uploaded or registered.

    Args:
        connection: The workspace.
        name: The job.
        texts: What somebody typed, by the name of the parameter or of the input.

    Returns:
        Azure ML's description of the new job.

    Raises:
        DiagnosticError: KAZ710, there is no such job; KAZ107 for what is no input, or no value of
            its type; KAZ715, nobody knows whether the new job exists.
    """
    job = get_job(connection, name)
    with explained(f"reading the job '{name}'"):
        literals = dict(_literals(job))
    # One of an endpoint says in its tags which of its inputs are parameters.
    known = {**(job.tags or {}), **(job.properties or {})}
    for key, value in new_values(literals, known, texts).items():
        # The SDK fails when a key of the mapping is assigned:
        # docs/architecture/azureml-capabilities.md, section 3.
        setattr(job.inputs, key, value)
    # No schedule has started this one.
    job.tags = {key: value for key, value in (job.tags or {}).items() if key != SCHEDULE_TAG}
    _move_outputs(job, now())
    title = job.display_name
    job.name = new_job_name(title)
    # Without one, the Studio would show the old job's name.
    job.display_name = title or job.name
    return create_job(connection, job)


def _move_outputs(job: Any, moment: datetime) -> None:
    """Give what was written to a place of its own another one, which is empty."""
    moved: dict[str, str] = {}
    for node in job.jobs.values():
        for output in (getattr(node, "outputs", None) or {}).values():
            path = getattr(output, "path", None)
            if isinstance(path, str) and (other := another_place(path, moment)) != path:
                output.path = moved[path] = other
    for node in job.jobs.values():
        variables = getattr(node, "environment_variables", None) or {}
        if variables.get(EXPORT_VARIABLE) in moved:
            variables[EXPORT_VARIABLE] = moved[variables[EXPORT_VARIABLE]]
    export = Export.in_tags(job.tags or {})
    if export is not None and export.path in moved:
        job.tags = {**job.tags, **Export(moved[export.path], export.asset).tags}


def _literals(job: Any) -> Iterator[tuple[str, Any]]:
    for name, given in job.inputs.items():
        value = getattr(given, "_data", given)
        if value is None or isinstance(value, str | bool | int | float):
            yield name, value
