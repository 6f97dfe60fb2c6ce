"""What ``kedro azureml run --local`` shows of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.rehearsal import RunReport


def print_results(report: RunReport, job: PipelineJob) -> None:
    """Print the table of a sweep, and where it is; nothing of another rehearsal."""
    if all(step.combination is None for step in report.steps.values()):
        return
    from kedro_azureml.console.sweep_table import print_sweep
    from kedro_azureml.console.text import echo
    from kedro_azureml.formatting import shown
    from kedro_azureml.job.sweep import PAGE, TABLE
    from kedro_azureml.rehearsal.sweep_results import summary_folder, sweep_results

    if table := sweep_results(report, job):
        print_sweep(table)
    if folder := summary_folder(report):
        echo(f"As files: {shown(folder / TABLE)} and {PAGE}")
