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
_NOT_LOGGED_IN = "KAZ702"
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
        self._is_login_lost = False
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
            self._is_login_lost = False
        return False

    def bear(self, error: DiagnosticError) -> None:
        """Note a trouble; raise it when it has lasted for too long, or is a defect of our own."""
        moment = time.monotonic()
        if any(finding.code == DEFECT for finding in error.diagnostics):
            raise error
        is_login = self.tell_login(error)
        if self._trouble_since is None:
            self._trouble_since = moment
            if not is_login:
                self._progress.notice(f"{_in_words(error)} Trying again.")
        elif moment - self._trouble_since > self._seconds:
            raise error

    def tell_login(self, error: DiagnosticError) -> bool:
        """Tell a person that the login was lost, once until it works again.

        No other trouble ends by what a person types, and only while it is borne.

        Returns:
            Whether that is the trouble.
        """
        finding = error.diagnostics[0]
        if finding.code != _NOT_LOGGED_IN:
            return False
        if not self._is_login_lost:
            self._is_login_lost = True
            self._progress.notice(
                f"The login to Azure was lost ({_NOT_LOGGED_IN}). {finding.remedy} It may be "
                "in another terminal: this watch goes on trying."
            )
        return True

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
