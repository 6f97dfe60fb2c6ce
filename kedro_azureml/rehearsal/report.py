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
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from kedro_azureml.job.published import Published
from kedro_azureml.job.run.model import Run, RunStep
from kedro_azureml.job.run.run_json import ReportJson, report_json, step_json
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
    # What each step's text was made of, and the text: a step is told anew when it has changed.
    _told: dict[str, tuple[tuple[object, ...], str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def save(self) -> None:
        """Replace ``report.json``.

        A full disk is no reason to lose the rehearsal: the steps have files of their own to fail
        on. The report is then written over the old one, where there is room for it.
        """
        process = os.getpid()
        report = report_json(
            self,
            source=self.source,
            process=process,
            process_started=_start_of(process),
            bytes=self.bytes,
        )
        steps = ",".join(map(self._step_text, self.steps.values()))
        whole = f'"steps": {{{steps}\n }}\n}}\n' if steps else '"steps": {}\n}\n'
        data = (_json(report).removesuffix('"steps": {}\n}') + whole).encode()
        target, partial = self.folder / REPORT_FILE, self.folder / f".{REPORT_FILE}.part"
        try:
            partial.write_bytes(data)
            partial.replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            with contextlib.suppress(OSError):
                _overwrite(target, data)

    def _step_text(self, step: RunStep) -> str:
        facts = (*vars(step).values(), tuple(step.warnings), tuple(step.outputs))
        told = self._told.get(step.name)
        if told is None or told[0] != facts:
            name = _as_text(json.dumps(step.name, ensure_ascii=False))
            text = _json(step_json(step, self.folder)).replace("\n", "\n  ")
            told = self._told[step.name] = (facts, f"\n  {name}: {text}")
        return told[1]


_start_of = lru_cache(maxsize=1)(start_time)


def read_report(folder: Path) -> ReportJson | None:
    """Read the report in a rehearsal's folder; None if there is none, or none that is whole."""
    try:
        return ReportJson.model_validate_json((folder / REPORT_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def _json(model: Published) -> str:
    try:
        return model.model_dump_json(indent=1)
    except ValueError:
        # A name of a file need not be text.
        return _as_text(json.dumps(model.model_dump(mode="json"), indent=1, ensure_ascii=False))


def _as_text(text: str) -> str:
    return _NO_TEXT.sub(lambda part: f"\\\\u{ord(part[0]):04x}", text)


def _overwrite(target: Path, data: bytes) -> None:
    """Write a file anew in the blocks that it has, if they are enough."""
    if target.stat().st_blocks * 512 >= len(data):
        with target.open("r+b") as file:
            file.write(data)
            file.truncate()
