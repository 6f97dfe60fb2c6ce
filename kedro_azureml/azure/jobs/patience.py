"""How long a watch bears with a service that says nothing good."""

from __future__ import annotations

import time
from types import TracebackType

from kedro_azureml.azure.jobs.outcome import look_at
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import duration
from kedro_azureml.job.run.model import STALLED, Run
from kedro_azureml.job.run.progress import RunProgress

# How long Azure may be away, or a job stand still, while a job that takes hours is watched.
PATIENCE_SECONDS = 900.0
_UNREACHABLE = "KAZ709"
DEFECT = "KAZ901"


class Patience:
    """Bears what goes wrong in a ``with`` block, until it has gone wrong for too long."""

    def __init__(self, progress: RunProgress, seconds: float = PATIENCE_SECONDS) -> None:
        """Prepare to bear troubles of so many seconds each.

        Args:
            progress: Who is told when a trouble begins and ends.
            seconds: How long each may take.
        """
        self._progress = progress
        self._seconds = seconds
        self._trouble_since: float | None = None
        self._stalled_since: float | None = None

    def __enter__(self) -> Patience:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, DiagnosticError):
            self.bear(error)
            return True
        if error is None and self._trouble_since is not None:
            self._progress.notice("Azure says again how the job stands.")
            self._trouble_since = None
        return False

    def bear(self, error: DiagnosticError) -> None:
        """Note a trouble; raise it when it has lasted for too long, or is a defect of our own."""
        moment = time.monotonic()
        if any(finding.code == DEFECT for finding in error.diagnostics):
            raise error
        if self._trouble_since is None:
            self._trouble_since = moment
            self._progress.notice(f"{_in_words(error)} Trying again.")
        elif moment - self._trouble_since > self._seconds:
            raise error

    def check_progress_of(self, run: Run) -> None:
        """Note whether a job stands still.

        Raises:
            DiagnosticError: KAZ711, it has stood still for too long.
        """
        if run.status not in STALLED:
            self._stalled_since = None
            return
        moment = time.monotonic()
        if self._stalled_since is None:
            self._stalled_since = moment
            self._progress.notice(f"The job is {run.status}; waiting for it to go on.")
        elif moment - self._stalled_since > self._seconds:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ711",
                    f"The job '{run.name}' has been {run.status} for {duration(self._seconds)}.",
                    look_at(run),
                )
            )


def _in_words(error: DiagnosticError) -> str:
    first = error.diagnostics[0]
    if first.code == _UNREACHABLE:
        return "Azure cannot be reached."
    return f"{first.message.rstrip('.')} ({first.code})."
