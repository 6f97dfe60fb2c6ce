"""The table that the last step of a sweep has written."""

from __future__ import annotations

from contextlib import suppress

from kedro_azureml.job.run.model import Run
from kedro_azureml.job.sweep import STEP, SweepError, Table


def sweep_results(run: Run) -> Table | None:
    """Return the results of a sweep; None of another rehearsal, and where they are not there."""
    table: Table | None = None
    for output in run.outputs:
        # The last one holds all combinations.
        if output.dataset == STEP and output.combination is None:
            with suppress(SweepError):
                table = Table.load(output.path)
    return table
