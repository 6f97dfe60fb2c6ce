"""``report.json``: what happened in a rehearsal, in its folder.

The file is rewritten whole, and atomically, whenever something changes, so that it is true at every
moment, also after this process was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from kedro_azureml.job.run.model import Run
from kedro_azureml.job.run.run_json import ReportJson, report_json
from kedro_azureml.rehearsal.processes.identity import start_time

REPORT_FILE = "report.json"
_NO_TEXT = re.compile(r"[\ud800-\udfff]")


@dataclass(kw_only=True)
class RunReport(Run):
    """A rehearsal: a run with a folder of its own, in which its report is kept.

    Attributes:
        folder: Its folder.
        source: The document or project that was rehearsed.
        bytes: How much its folder held when it was over.
    """

    folder: Path = field()
    source: str
    bytes: int | None = None

    def save(self) -> None:
        """Replace ``report.json``.

        A full disk is no reason to lose the rehearsal: the steps have files of their own to fail
        on. The report is then written over the old one, where there is room for it.
        """
        report = report_json(
            self,
            source=self.source,
            process=os.getpid(),
            process_started=start_time(os.getpid()),
            bytes=self.bytes,
        )
        data = _json(report)
        target, partial = self.folder / REPORT_FILE, self.folder / f".{REPORT_FILE}.part"
        try:
            partial.write_bytes(data)
            partial.replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            with contextlib.suppress(OSError):
                _overwrite(target, data)


def read_report(folder: Path) -> ReportJson | None:
    """Read the report in a rehearsal's folder; None if there is none, or none that is whole."""
    try:
        return ReportJson.model_validate_json((folder / REPORT_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def _json(report: ReportJson) -> bytes:
    try:
        return f"{report.model_dump_json(indent=1)}\n".encode()
    except ValueError:
        # A name of a file need not be text.
        text = json.dumps(report.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
        return _NO_TEXT.sub(lambda part: f"\\\\u{ord(part[0]):04x}", text).encode()


def _overwrite(target: Path, data: bytes) -> None:
    """Write a file anew in the blocks that it has, if they are enough."""
    if target.stat().st_blocks * 512 >= len(data):
        with target.open("r+b") as file:
            file.write(data)
            file.truncate()
