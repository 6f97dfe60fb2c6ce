"""Which step runs when: data dependencies alone decide, as on Azure ML.

One thread, the caller's, decides everything; each step has a thread that only reports back. What is
late, what is canceled and what is next is looked at after every event.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from kedro_azureml.job.run.model import ENDED, RunStatus, now
from kedro_azureml.job.run.progress import RunProgress
from kedro_azureml.rehearsal.follow import SHOWN_EVERY, LogFollower
from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.plan.model import Plan, PlannedStep
from kedro_azureml.rehearsal.processes.signals import Interrupts
from kedro_azureml.rehearsal.report import RunReport
from kedro_azureml.rehearsal.step_events import Ended, Event, Started, TrialChanged
from kedro_azureml.rehearsal.step_run import RunContext, StepRun

if TYPE_CHECKING:
    from kedro_azureml.rehearsal.trials.run import TrialsRun

_INTERRUPTED = "interrupted"
_STEP_FAILED = "canceled because another step failed (continue_on_step_failure: false)"


@dataclass
class _Active:
    """A step that has a process or is about to have one.

    Attributes:
        run: The step.
        due: Whether it may run; otherwise it was only started early.
        times_out_at: When it is canceled.
        killed_at: When it is killed, once it was asked to end.
    """

    run: StepRun | TrialsRun
    due: bool
    times_out_at: float = math.inf
    killed_at: float = math.inf
    asked: bool = False


class Scheduler:
    """Runs the steps of a plan."""

    def __init__(
        self,
        plan: Plan,
        context: RunContext,
        report: RunReport,
        options: RehearsalOptions,
        progress: RunProgress,
        interrupts: Interrupts,
    ) -> None:
        """Prepare; nothing is started before `run`."""
        self._plan = plan
        self._context = context
        self._report = report
        self._options = options
        self._progress = progress
        self._interrupts = interrupts
        self._heeded = 0
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._active: dict[str, _Active] = {}
        self._ended: list[StepRun | TrialsRun] = []
        self._waiting = dict.fromkeys(plan.steps)
        self._stopping = False
        self._final = plan.final_outputs()
        self._logs = LogFollower(progress) if options.follow_logs else None

    def run(self) -> None:
        """Run until every step has ended or never will."""
        self._interrupts.count_from_now_on(lambda: self._events.put(None))
        try:
            self._start_what_can_be()
            while self._active:
                self._handle_events()
                self._show_logs()
                self._heed_interrupts()
                self._enforce_times()
                self._start_what_can_be()
                self._report.save()
        finally:
            # Only an error of ours leaves any.
            for active in self._active.values():
                active.run.cancel(_INTERRUPTED)
                active.run.kill()
            for run in self._ended:
                run.join()
        self._report.status = self._outcome()
        self._report.ended = now()
        self._report.save()

    def _outcome(self) -> RunStatus:
        if self._report.count("Completed") == len(self._plan.steps):
            return "Completed"
        return "Canceled" if self._interrupts.count else "Failed"

    # What has happened.

    def _handle_events(self) -> None:
        """Wait for one event, or for the next moment that matters, and handle all there are."""
        moments = (min(a.times_out_at, a.killed_at) for a in self._active.values())
        soonest = min(moments, default=math.inf)
        patience = None if soonest == math.inf else max(0.0, soonest - time.monotonic())
        if self._logs is not None:
            patience = SHOWN_EVERY if patience is None else min(patience, SHOWN_EVERY)
        try:
            self._handle(self._events.get(timeout=patience))
            while not self._events.empty():
                self._handle(self._events.get())
        except Empty:
            return

    def _handle(self, event: Event | None) -> None:
        if isinstance(event, Started):
            self._handle_start(event)
        elif isinstance(event, Ended):
            self._handle_end(event)
        elif isinstance(event, TrialChanged):
            self._report.steps[event.step].tuning = event.tuning
            if event.message:
                self._progress.notice(event.message)

    def _handle_start(self, event: Started) -> None:
        step, active = self._report.steps[event.step], self._active[event.step]
        step.started = now()
        if not active.asked:
            step.status = "Running"
        limit = self._plan.steps[event.step].timeout
        if limit is not None:
            active.times_out_at = time.monotonic() + limit
        self._progress.step_changed(step)

    def _handle_end(self, event: Ended) -> None:
        self._ended.append(self._active.pop(event.step).run)
        # One that was started early may have failed before it was due.
        self._waiting.pop(event.step, None)
        step = self._report.steps[event.step]
        step.status = event.status
        step.reason = event.reason
        if event.status == "NotStarted":
            return
        step.ended = now()
        step.started = step.started or step.ended
        step.exit_code = event.exit_code
        step.warnings = list(event.warnings)
        step.outputs = list(event.outputs)
        step.log = event.failed_log or step.log
        step.failure = event.failure
        step.tuning = event.tuning or step.tuning
        if self._logs is not None:
            self._logs.show(step)
        self._progress.step_changed(step)
        if event.status != "Completed" and not self._plan.continue_on_step_failure:
            self._stop(_STEP_FAILED)

    def _show_logs(self) -> None:
        if self._logs is not None:
            for name in self._active:
                self._logs.show(self._report.steps[name])

    def _heed_interrupts(self) -> None:
        if self._interrupts.count > self._heeded:
            if self._heeded == 0:
                if self._running():
                    self._progress.notice("Ending the running steps. Ctrl-C again kills them.")
                self._stop(_INTERRUPTED)
            else:
                for active in self._active.values():
                    active.run.kill()
            self._heeded = self._interrupts.count

    def _enforce_times(self) -> None:
        moment = time.monotonic()
        for name, active in self._active.items():
            if active.times_out_at <= moment:
                limit = self._plan.steps[name].timeout
                self._report.steps[name].timed_out = not active.asked
                self._ask_to_end(name, active, f"ran longer than its limit of {limit} s")
            if active.killed_at <= moment:
                active.killed_at = math.inf
                active.run.kill()

    def _stop(self, reason: str) -> None:
        """End what runs, and start nothing more."""
        self._stopping = True
        for name, active in self._active.items():
            self._ask_to_end(name, active, reason)
        for name in self._waiting:
            self._report.steps[name].reason = reason
        self._waiting.clear()

    def _ask_to_end(self, name: str, active: _Active, reason: str) -> None:
        active.times_out_at = math.inf
        if active.asked:
            return
        active.asked = True
        active.killed_at = time.monotonic() + self._options.kill_grace
        step = self._report.steps[name]
        if step.status == "Running":
            step.status = "CancelRequested"
            self._progress.step_changed(step)
        active.run.cancel(reason)

    # What happens next.

    def _running(self) -> int:
        most = self._options.max_parallel
        steps = (self._plan.steps[name] for name, a in self._active.items() if a.due)
        return sum(min(most, step.tuning.most_at_once if step.tuning else 1) for step in steps)

    def _has_room_for(self, step: PlannedStep) -> bool:
        running = self._running()
        if running == 0:
            return True
        if running >= self._options.max_parallel:
            return False
        due = (self._plan.steps[name] for name, active in self._active.items() if active.due)
        several = [other.processes for other in due if other.distribution]
        if step.distribution:
            several.append(step.processes)
        return sum(several) <= self._options.max_processes

    def _start_what_can_be(self) -> None:
        if self._stopping:
            return
        blocked: list[PlannedStep] = []
        for name in list(self._waiting):
            step = self._plan.steps[name]
            missing, waits, lost = self._look_upstream(step)
            if lost:
                self._give_up(name, lost)
            elif waits or not self._has_room_for(step):
                blocked.append(step)
            else:
                self._begin(step, frozenset(missing))
        for step in blocked:
            if sum(not a.due for a in self._active.values()) >= self._options.early_steps:
                break
            if step.name not in self._active and self._can_start_early(step):
                self._active[step.name] = self._make_run(step, due=False)

    def _look_upstream(self, step: PlannedStep) -> tuple[set[str], bool, str | None]:
        """Return optional inputs without a value, whether to wait, and why it can never run."""
        missing: set[str] = set()
        waits = False
        for planned, source in step.upstream():
            status = self._report.steps[source.step].status
            if status == "Completed":
                continue
            pending = source.step in self._active or source.step in self._waiting
            if pending and status not in ENDED:
                waits = True
            elif planned.optional:
                missing.add(planned.name)
            else:
                outcome = "did not complete" if status in ENDED else "was not started"
                return missing, waits, f"needs the step '{source.step}', which {outcome}"
        return missing, waits, None

    def _give_up(self, name: str, reason: str) -> None:
        del self._waiting[name]
        self._report.steps[name].reason = reason
        if name in self._active:
            self._ask_to_end(name, self._active[name], reason)

    def _begin(self, step: PlannedStep, missing: frozenset[str]) -> None:
        del self._waiting[step.name]
        active = self._active.get(step.name) or self._make_run(step, due=True)
        self._active[step.name] = active
        active.due = True
        active.run.begin(missing)

    def _can_start_early(self, step: PlannedStep) -> bool:
        # The command's text must be known: it depends on optional inputs that may yet fail.
        return (
            step.distribution is None
            and step.tuning is None
            and not any(planned.optional for planned, _ in step.upstream())
            and self._context.launcher.starts_early(step)
        )

    def _make_run(self, step: PlannedStep, *, due: bool) -> _Active:
        final = self._final.get(step.name, ())
        if step.tuning:
            from kedro_azureml.rehearsal.trials.run import TrialsRun

            return _Active(TrialsRun(step, self._context, self._events, self._options, final), due)
        run = StepRun(step, self._context, self._events, early=not due, final_outputs=final)
        return _Active(run, due)
