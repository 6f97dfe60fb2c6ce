"""The step that ends a sweep: it puts what the other steps measured into one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.formatting import count, listed
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import (
    OUTCOME,
    STEP,
    Outcome,
    SummaryPlan,
    SweepError,
    Table,
    joined,
)
from kedro_azureml.step.data.folders import write_manifest
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.log_lines import write_line

_SHOWN = 8


@dataclass(frozen=True)
class PreparedSummary:
    """A summary, of which nothing is done yet."""

    record: StepRecord

    def run(self) -> None:
        """Write the table, as CSV and as a page.

        Raises:
            StepError: What the other steps left cannot be read, or nothing can be written.
        """
        from kedro_azureml.sweep_view.files import write_files

        try:
            plan = SummaryPlan.of_data(self.record.sweep)
            table = self._table(plan)
            folder = Path(str(self.record.summary))
            if not plan.is_whole:
                table.save(folder)
                return
            write_files(table, folder)
            write_manifest(folder, STEP, "object")
        except SweepError as error:
            raise StepError(f"the sweep cannot be summarised: {error}.") from error
        except OSError as error:
            reason = error.strerror or error
            raise StepError(f"the summary cannot be written: {reason}.") from error
        write_line(f"{count(len(table.rows), 'combination')} summarised.")
        if table.failed:
            write_line(f"not completed: {listed(table.failed, _SHOWN)}.")

    def _table(self, plan: SummaryPlan) -> Table:
        if self.record.parts:
            return joined(
                plan.parameters, (Table.load(Path(p)) for p in self.record.parts.values())
            )
        outcomes = {
            step: Outcome.load(Path(folder))
            for step, folder in self.record.outcomes.items()
            # A mount may show a folder for what a step never wrote.
            if Path(folder, OUTCOME).is_file()
        }
        return plan.table(outcomes)
