"""The results of a sweep: what its last step has written, or as much as is there without it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.run.model import Run
from kedro_azureml.job.sweep import (
    OUTCOME,
    ROWS,
    STEP,
    Outcome,
    SummaryPlan,
    SweepError,
    SweepRow,
    Table,
    joined,
)

# What explains best why a combination is not there.
_REASONS = ("Failed", "Canceled", "NotStarted")


def sweep_results(run: Run, job: PipelineJob) -> Table | None:
    """Return the results of a sweep; None of another rehearsal, and where nothing completed.

    Args:
        run: The rehearsal.
        job: Its document.
    """
    folder = summary_folder(run)
    if folder is not None:
        with suppress(SweepError):
            return Table.load(folder)
    return _without_summary(run, job)


def summary_folder(run: Run) -> Path | None:
    """Return where the last step of a sweep has put the results, if it has."""
    written = [o.path for o in run.outputs if o.dataset == STEP and o.combination is None]
    # The last one holds all combinations.
    return written[-1] if written and (written[-1] / ROWS).is_file() else None


def _without_summary(run: Run, job: PipelineJob) -> Table | None:
    """Return the results of a sweep that was interrupted, or whose summary failed."""
    outcomes: dict[str, Outcome] = {}
    for output in run.outputs:
        is_outcome = output.dataset is None and output.combination is not None
        if is_outcome and (output.path / OUTCOME).is_file():
            with suppress(SweepError):
                outcomes[output.step] = Outcome.load(output.path)
    records = (step.component.record() for step in job.jobs.values())
    try:
        plans = [SummaryPlan.of_data(r.sweep) for r in records if r is not None and r.outcomes]
    except SweepError:
        return None
    if not outcomes or not plans:
        return None
    table = joined(plans[0].parameters, (plan.table(outcomes) for plan in plans))
    return replace(table, rows=[_explained(row, run) for row in table.rows])


def _explained(row: SweepRow, run: Run) -> SweepRow:
    statuses = {run.steps[name].status for name in row.missing if name in run.steps}
    return replace(row, status=next((r for r in _REASONS if r in statuses), row.status))
