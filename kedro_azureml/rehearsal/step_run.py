"""One step from its fresh copy of the snapshot to its collected outputs, in a thread of its own."""

from __future__ import annotations

import contextlib
import shutil
import signal
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.formatting import listed
from kedro_azureml.job.expressions import render_command
from kedro_azureml.job.run.failure import failure_in
from kedro_azureml.job.run.model import RunStatus
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.rehearsal.launch.launcher import Exit, Launch, Launcher, LaunchRequest
from kedro_azureml.rehearsal.mlflow.store import MlflowStore
from kedro_azureml.rehearsal.plan.model import PlannedStep, Upstream
from kedro_azureml.rehearsal.processes.group import describe_exit
from kedro_azureml.rehearsal.step_events import Ended, Event, Started
from kedro_azureml.rehearsal.workspace.environment import StepPlaces, step_environment
from kedro_azureml.rehearsal.workspace.leavings import discard_warning, take_leavings
from kedro_azureml.rehearsal.workspace.read_only import Fingerprint
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.rehearsal.workspace.secrets import secret_variables
from kedro_azureml.rehearsal.workspace.staging import (
    RunFolders,
    StepFolders,
    stage_outputs,
    stage_working_copies,
)
from kedro_azureml.rehearsal.workspace.step_inputs import StepInputError, StepInputs
from kedro_azureml.rehearsal.workspace.step_outputs import (
    Collected,
    collect_outputs,
    describe_outputs,
    output_warnings,
    says_what_it_wrote,
)

_SHOWN = 8
# Bytes below which a disk is as good as full.
_FULL = 64 << 10


@dataclass(frozen=True)
class RunContext:
    """What all steps of a rehearsal share.

    Attributes:
        folders: The run's folders.
        snapshots: Each code folder's frozen copy.
        environment: The variables that are the same for all steps.
        storage_variables: What leads steps to temporary storage; for those alone that use it.
        secrets: The values of the steps' secrets.
        store: Where MLflow writes.
        launcher: How steps are started.
        collected: The outputs of the steps that completed.
    """

    folders: RunFolders
    snapshots: Mapping[Path, Snapshot]
    environment: Mapping[str, str]
    storage_variables: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    store: MlflowStore
    launcher: Launcher
    collected: dict[Upstream, Collected] = field(default_factory=dict)


class StepRun:
    """Runs one step and posts what happens as events."""

    def __init__(
        self,
        step: PlannedStep,
        context: RunContext,
        events: SimpleQueue[Event | None],
        *,
        early: bool,
        final_outputs: tuple[str, ...] = (),
    ) -> None:
        """Start a thread that runs the step.

        Args:
            step: The step.
            context: What it shares with the others.
            events: Where to post.
            early: Whether to start its process and wait for `begin`.
            final_outputs: Its outputs that no other step reads.
        """
        self.step = step
        self._context = context
        self._events = events
        self._early = early
        self._final_outputs = final_outputs
        self._folders: StepFolders = context.folders.step(step.name)
        self._machines = step.distribution.nodes if step.distribution else 1
        self._inputs = StepInputs(step, context.folders, context.collected)
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._missing: frozenset[str] = frozenset()
        self._launch: Launch | None = None
        self._begun = False
        self._cancel_reason: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"step {step.name}", daemon=True)
        self._thread.start()

    def begin(self, missing: frozenset[str] = frozenset()) -> None:
        """Say that the step is due.

        Args:
            missing: Optional inputs whose steps failed.
        """
        self._missing = missing
        self._due.set()

    def cancel(self, reason: str) -> None:
        """Ask the step to end (SIGTERM); one that has not begun never will."""
        with self._lock:
            if self._cancel_reason is None:
                self._cancel_reason = reason
            self._due.set()
            if self._launch:
                self._launch.signal(signal.SIGTERM if self._begun else signal.SIGKILL)

    def kill(self) -> None:
        """End the step at once (SIGKILL)."""
        with self._lock:
            if self._launch:
                self._launch.signal(signal.SIGKILL)

    @property
    def is_asked_to_end(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel_reason is not None

    def join(self) -> None:
        """Wait until nothing of a step that has ended is left to be deleted."""
        self._thread.join()

    def _run(self) -> None:
        name = self.step.name
        ended = Ended(name, "Failed", reason="could not be run")
        try:
            ended = self._execute()
        except StepInputError as error:
            ended = Ended(name, "Failed", reason=str(error))
        except DiagnosticError as error:
            reason = "; ".join(d.message for d in error.diagnostics)
            ended = Ended(name, "Failed", reason=f"could not be run: {reason}")
        except OSError as error:
            ended = Ended(name, "Failed", reason=f"could not be run: {error}")
        except BaseException as error:  # a launcher of another package may raise SystemExit
            ended = Ended(name, "Failed", reason=f"could not be run: {error!r}")
            with contextlib.suppress(OSError):
                self._log(traceback.format_exc())
        finally:
            # Whatever happened, the others must not wait for ever.
            self._events.put(ended)
        if ended.status == "Completed":
            # The next step runs already: deleting folders is slow on some disks.
            for number in range(self._machines):
                delete_tree(self._folders.on_node(number).while_running)

    def _execute(self) -> Ended:
        step, folders, context = self.step, self._folders, self._context
        snapshot = context.snapshots[step.code] if step.code else None
        before = stage_working_copies(folders, snapshot, self._machines)
        outputs = stage_outputs(folders, step.outputs.values())
        step_id = context.store.steps[step.name].id
        if self._early:
            self._start(self._order(step_id, outputs))
        self._due.wait()
        if self._cancel_reason is not None:
            return self._never_begun()
        self._inputs.stage(self._missing)
        if not self._begin(step_id, outputs):
            return self._never_begun()
        self._events.put(Started(step.name))
        assert self._launch is not None  # noqa: S101 - `_begin` has just seen to it
        return self._finish(self._launch.wait(), before)

    def _start(self, order: LaunchRequest) -> bool:
        with self._lock:
            if self._cancel_reason is None:
                self._launch = self._context.launcher.launch(order, early=self._early)
                # Nothing holds its command back any more: an interrupt from now on cancels it.
                self._begun = not self._early
            return self._launch is not None

    def _begin(self, step_id: str, outputs: Mapping[str, str]) -> bool:
        if self._launch is None and not self._start(self._order(step_id, outputs)):
            return False
        with self._lock:
            if self._cancel_reason is None and self._launch is not None:
                self._begun = True
                self._launch.go()
        return self._begun

    def _never_begun(self) -> Ended:
        if self._launch is not None:
            self._launch.signal(signal.SIGKILL)
            self._launch.wait()
        delete_tree(self._folders.root)
        return Ended(self.step.name, "NotStarted", reason=self._cancel_reason)

    def _order(self, step_id: str, outputs: Mapping[str, str]) -> LaunchRequest:
        step, folders = self.step, self._folders
        values = self._inputs.values(self._missing)
        command = render_command(step.command, values, outputs, step.optional_inputs)
        data = {n: v for n, v in values.items() if v is not None and step.inputs[n].type}
        literals = {n: v for n, v in values.items() if v is not None and not step.inputs[n].type}
        places = StepPlaces(folders.working_copy, folders.data, folders.logs, folders.user_logs)
        stores = step.record is not None and step.record.storage is not None
        environment = {
            **self._context.environment,
            **(self._context.storage_variables if stores else {}),
            **step_environment(step_id, places, literals, data, outputs),
            **step.environment,
            **secret_variables(step, self._context.secrets),
        }
        return LaunchRequest(
            step.name,
            command,
            folders.working_copy,
            environment,
            folders.log,
            step.distribution,
            tuple(folders.on_node(number).working_copy for number in range(self._machines)),
            folders.scratch,
        )

    def _finish(self, end: Exit, before: list[Fingerprint]) -> Ended:
        step, folders, code = self.step, self._folders, end.code
        problems = [] if code == 0 else [describe_exit(code)]
        if problems and end.process:
            problems = [f"ended with its {end.process}, which {problems[0]}"]
        if problems and shutil.disk_usage(folders.log.parent).free < _FULL:
            problems.append("no space is left on the disk of the run")
        problems += self._inputs.changes()
        silent = step.record is not None and not says_what_it_wrote(
            folders, step.record.manifest_outputs
        )
        if code == 0 and silent:
            problems.append(
                "ended before it said what it wrote: code of the project ended the process"
            )
        status: RunStatus = "Failed" if problems else "Completed"
        if self._cancel_reason is not None:
            status, problems = "Canceled", [self._cancel_reason + _while_running(end)]
        succeeded = status == "Completed"
        collected = collect_outputs(folders, step.outputs, succeeded=succeeded)
        warnings: list[str] = []
        if succeeded:
            for name, output in collected.items():
                self._context.collected[Upstream(step.name, name)] = output
            warnings += output_warnings(step.outputs, collected)
            snapshot = self._context.snapshots[step.code] if step.code else None
            warnings += discard_warning(take_leavings(folders, before), snapshot)
        return Ended(
            step.name,
            status,
            exit_code=code,
            reason="; ".join(problems) or None,
            warnings=tuple(warnings),
            outputs=tuple(describe_outputs(step, collected, self._final_outputs)),
            failed_log=end.log,
            failure=failure_in(folders.user_logs, end.rank) if status == "Failed" else None,
        )

    def _log(self, text: str) -> None:
        """Write into the step's log what went wrong with running it."""
        self._folders.user_logs.mkdir(parents=True, exist_ok=True)
        with self._folders.log.open("a", encoding="utf-8") as log:
            log.write(text)


def _while_running(end: Exit) -> str:
    """Name the processes of a distributed step for which the others may have waited."""
    if not end.unended:
        return ""
    return f"; still running then: {listed(end.unended, _SHOWN, quoted=False)}"
