"""What a submission changes in a document, from the command line and from Python."""

from __future__ import annotations

from collections.abc import Mapping

from kedro_azureml.config.models import values
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import PipelineJob


def overridden(
    job: PipelineJob,
    *,
    experiment_name: str | None,
    display_name: str | None,
    tags: Mapping[str, str] | None,
    where: str,
) -> PipelineJob:
    """Give a job another experiment and name, and more tags.

    Args:
        job: The job.
        experiment_name: Replaces its experiment, unless it is empty.
        display_name: Replaces its name, unless it is empty.
        tags: Tags to add.
        where: Where the experiment's name is given, for a finding.

    Raises:
        DiagnosticError: KAZ107 for an experiment's name that Azure ML refuses, also the job's own:
            a document may come from anywhere.
    """
    experiment = experiment_name or job.experiment_name
    try:
        experiment = values.experiment_name(experiment) if experiment else None
    except values.BadValueError as error:
        place = where if experiment_name else "experiment_name"
        raise DiagnosticError(
            Diagnostic("KAZ107", error.message, error.remedy, where=place)
        ) from None
    changes = {
        "experiment_name": experiment,
        "display_name": display_name,
        "tags": {**job.tags, **tags} if tags else None,
    }
    return PipelineJob.model_validate(
        {
            **job.model_dump(by_alias=True, exclude_none=True),
            **{key: value for key, value in changes.items() if value},
        }
    )
