"""What a step printed: all of it, its last lines, or as it grows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from azure.core.rest import HttpRequest

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.job.run.model import ENDED, RunStep
from kedro_azureml.scratch import scratch_folder

# azure-ai-ml, JobLogPattern; a distributed step has a log a process. The other one is there while
# the image of a step is built: learn.microsoft.com, how-to-troubleshoot-environments.
_LOG = re.compile(
    r"^user_logs/(?:retry_\d+/)?std_log.*\.txt$|^azureml-logs/20_image_build_log\.txt$"
)
_ARTIFACTS = "artifacts"
_MISSING = 404
_NOTHING_NEW = 416
_PARTIAL = 206


class LogReader:
    """Reads a step's logs from where it left off."""

    def __init__(self, connection: Connection, step: RunStep) -> None:
        """Begin at the start of each log."""
        self._connection = connection
        self._step = step
        self._read: dict[str, int] = {}

    def new_text(self) -> Iterator[tuple[str, str]]:
        """Return what each log has got since the last call: its name and the text.

        Raises:
            DiagnosticError: Azure cannot be asked.
        """
        with explained(f"reading the log of '{self._step.name}'"):
            details = sdk_private.run_details(self._connection.ml, self._step.run or "")
            if details is None:
                yield from self._whole_logs()
                return
            logs = {n: a for n, a in (details.log_files or {}).items() if _LOG.match(n)}
            for name, address in sorted(logs.items()):
                text = self._more_of(name, address)
                if text:
                    yield name, text

    def _more_of(self, name: str, address: str) -> str:
        start = self._read.get(name, 0)
        request = HttpRequest("GET", address, headers={"Range": f"bytes={start}-"})
        response = self._connection.transport.send(request)
        data: bytes = response.read()
        if response.status_code in (_MISSING, _NOTHING_NEW):
            return ""
        response.raise_for_status()
        if response.status_code != _PARTIAL:
            data = data[start:]
        # The last line may still be being written, in the middle of a character too.
        whole = data if self._step.status in ENDED else data[: data.rfind(b"\n") + 1]
        self._read[name] = start + len(whole)
        return whole.decode("utf-8", errors="replace")

    def _whole_logs(self) -> Iterator[tuple[str, str]]:
        """Read the log the public way, which has nothing before the step has ended."""
        if self._step.status not in ENDED or self._read:
            return
        with scratch_folder() as folder:
            self._connection.ml.jobs.download(self._step.run, download_path=folder)
            root = Path(folder, _ARTIFACTS)
            for file in sorted(root.rglob("*")):
                name = file.relative_to(root).as_posix()
                if file.is_file() and _LOG.match(name):
                    data = file.read_bytes()
                    self._read[name] = len(data)
                    yield name, data.decode("utf-8", errors="replace")

    def update(self, step: RunStep) -> None:
        """Take note of the step's new status."""
        self._step = step


@quiet()
def log_text(connection: Connection, step: RunStep) -> str:
    """Return the whole log of a step; several, each under its name, if it has several."""
    step = run_with_log(step)
    if not step.run:
        return ""
    parts = list(LogReader(connection, step).new_text())
    if len(parts) == 1:
        return parts[0][1]
    return "".join(f"==> {name} <==\n{text.rstrip()}\n" for name, text in parts)


def run_with_log(step: RunStep) -> RunStep:
    """Return a sweep step as that of its trials which tells most: it has no log of its own."""
    trial = step.tuning.telling if step.tuning else None
    return step if trial is None else replace(step, run=trial.run, status=trial.status)


def last_lines(text: str, most: int) -> list[str]:
    """Return the end of a log, without empty lines at its end."""
    return [line.rstrip() for line in text.rstrip().splitlines()][-most:]
