"""What steps print, shown while they run: ``run --local --follow-logs``."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.job.run.model import ENDED, RunStep
from kedro_azureml.job.run.progress import RunProgress

# How long a line may wait to be seen, in seconds.
SHOWN_EVERY = 0.3
_CHUNK = 1 << 20


class LogFollower:
    """Reads the logs of steps from where it left off.

    Args:
        progress: Who is told of new lines.
    """

    def __init__(self, progress: RunProgress) -> None:
        self._progress = progress
        self._read: dict[Path, int] = {}

    def show(self, step: RunStep) -> None:
        """Tell whole new lines of a step's logs; of a step that has ended, all that is left."""
        if step.status == "NotStarted":
            return
        trials = step.tuning.trials if step.tuning else ()
        for log in step.logs or filter(None, [t.log for t in trials] or [step.log]):
            while data := self._more_of(log, whole=step.status not in ENDED):
                self._progress.logged(step, data.decode("utf-8", "replace"))

    def _more_of(self, log: Path, *, whole: bool) -> bytes:
        """Return the next lines of a log, none of them half written if they are to be whole."""
        start = self._read.get(log, 0)
        try:
            with log.open("rb") as file:
                file.seek(start)
                data = file.read(_CHUNK)
        except OSError:
            return b""
        end = data.rfind(b"\n") + 1
        if end or (whole and len(data) < _CHUNK):
            # A line of more than a chunk is told in parts.
            data = data[:end]
        self._read[log] = start + len(data)
        return data
