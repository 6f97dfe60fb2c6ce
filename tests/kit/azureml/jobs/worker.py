"""Runs one job's document, in a process of its own, and tells what happens in lines of JSON.

Ends the steps, as Ctrl-C does, when its standard input ends: because the job was canceled, or
because the service is gone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.run import Run, RunStep
from kedro_azureml.job.yaml import load_text
from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.rehearse import rehearse
from kedro_azureml.rehearsal.workspace.environment import Workspace


class Events:
    """Tells every change on standard output."""

    def began(self, run: Run) -> None:
        _tell(event="started")

    def step_changed(self, step: RunStep) -> None:
        _tell(
            event="step",
            step=step.name,
            status=step.status,
            reason=step.reason,
            exit_code=step.exit_code,
            log=str(step.log),
            outputs={output.name: str(output.path) for output in step.outputs},
        )

    def logged(self, step: RunStep, text: str) -> None:
        """Nobody here needs it."""

    def notice(self, message: str) -> None:
        """Nobody here needs it."""

    def ended(self, run: Run) -> None:
        _tell(event="ended", status=run.status)


def main() -> None:
    document, subscription, group, workspace = Path(sys.argv[1]), *sys.argv[2:5]
    threading.Thread(target=_interrupt_at_end_of_input, daemon=True).start()
    options = RehearsalOptions(
        runs_home=document.parent / "runs",
        kill_grace=5,
        workspace=Workspace(subscription, group, workspace),
        pass_env=tuple(sys.argv[5:]),
        # The steps find temporary storage as on Azure ML: by what the job says, or by identity.
        storage=None,
    )
    try:
        job = load_text(document.read_text(encoding="utf-8"), "the job")
        options = replace(options, run_id=job.name)
        rehearse(job, document.parent, options, source="the job", progress=Events())
    except DiagnosticError as error:
        _tell(event="refused", reason="; ".join(d.message for d in error.diagnostics))
    except KeyboardInterrupt:
        _tell(event="ended", status="Canceled")


def _tell(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _interrupt_at_end_of_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
