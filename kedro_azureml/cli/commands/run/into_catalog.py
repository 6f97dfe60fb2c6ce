"""``kedro azureml run --local --into-catalog``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project
    from kedro_azureml.rehearsal import RehearsalOptions, RunReport


def copy_results(
    project: Project, job: PipelineJob, report: RunReport, options: RehearsalOptions
) -> None:
    """Copy what a rehearsal made to where the catalog has it, and say what was copied."""
    from kedro_azureml.console.run.catalog_copies import print_copies
    from kedro_azureml.project.catalog_places import places_of_record
    from kedro_azureml.rehearsal.catalog_outputs import copy_into_catalog

    places = places_of_record(project, job.first_record())
    print_copies(copy_into_catalog(report, project.path, places, options.storage))
