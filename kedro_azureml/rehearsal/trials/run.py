"""Runs the trials of one step."""

from __future__ import annotations

import contextlib
import math
import stat
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from kedro_azureml.formatting import listed
from kedro_azureml.job.run.model import RunOutput, RunTuning, now
from kedro_azureml.rehearsal.mlflow.metrics import logged_metrics
from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.plan.model import PlannedStep, PlannedTuning, Upstream
from kedro_azureml.rehearsal.step_events import Ended, Event, Started, TrialChanged
from kedro_azureml.rehearsal.step_run import RunContext, StepRun
from kedro_azureml.rehearsal.trials.results import best_trial, line_of_trial, tuning_before
from kedro_azureml.rehearsal.workspace.read_only import fingerprint
from kedro_azureml.rehearsal.workspace.step_outputs import Collected

_SHOWN = 4


class TrialsRun:
    """Runs all trials of one step, and posts what happens as a `StepRun` does."""

    def __init__(
        self,
        step: PlannedStep,
        context: RunContext,
        events: SimpleQueue[Event | None],
        options: RehearsalOptions,
        final_outputs: tuple[str, ...],
    ) -> None:
        """Start a thread that runs the trials once `begin` says so.

        Args:
            step: The step.
            context: What it shares with the others.
            events: Where to post.
            options: How to rehearse.
            final_outputs: Its outputs that no other step reads.
        """
        tuning, planned = step.tuning, tuning_before(step, context.folders)
        if tuning is None or planned is None:
            raise ValueError(f"'{step.name}' has no trials")
        self.step = step
        self._tuning: PlannedTuning = tuning
        self._context = context
        self._events = events
        self._options = options
        self._final_outputs = final_outputs
        self._at_once = min(tuning.most_at_once, options.max_parallel)
        self._known = list(planned.trials)
        self._ends: dict[int, Ended] = {}
        self._own: SimpleQueue[Event | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._missing: frozenset[str] = frozenset()
        self._cancel_reason: str | None = None
        self._active: dict[int, StepRun] = {}
        self._over: list[StepRun] = []
        self._thread = threading.Thread(target=self._run, name=f"trials {step.name}", daemon=True)
        self._thread.start()

    def begin(self, missing: frozenset[str] = frozenset()) -> None:
        """Say that the step is due; see `StepRun.begin`."""
        self._missing = missing
        self._due.set()

    def cancel(self, reason: str) -> None:
        """Ask all trials to end, and begin no more."""
        with self._lock:
            self._cancel_reason = self._cancel_reason or reason
            active = list(self._active.values())
        self._due.set()
        for run in active:
            run.cancel(reason)
        self._own.put(None)

    def kill(self) -> None:
        """End all trials at once."""
        with self._lock:
            active = list(self._active.values())
        for run in active:
            run.kill()

    def join(self) -> None:
        """Wait until nothing of a step that has ended is left to be deleted."""
        self._thread.join()
        for run in self._over:
            run.join()

    def _run(self) -> None:
        ended = Ended(self.step.name, "Failed", reason="could not be run")
        try:
            ended = self._execute()
        except BaseException as error:
            # Whatever happened, the others must not wait for ever.
            ended = Ended(self.step.name, "Failed", reason=f"could not be run: {error!r}")
            self.cancel("another trial could not be run")
            self.kill()
        finally:
            self._events.put(replace(ended, tuning=self._view()))

    def _execute(self) -> Ended:
        self._due.wait()
        if self._cancel_reason is not None:
            return Ended(self.step.name, "NotStarted", reason=self._cancel_reason)
        self._events.put(Started(self.step.name))
        waiting = list(range(len(self._known)))[::-1]
        deadlines: dict[int, float] = {}
        while True:
            self._begin_trials(waiting)
            if not self._active:
                break
            self._handle(self._next_event(deadlines), deadlines)
            self._enforce(deadlines)
        return self._outcome()

    def _begin_trials(self, waiting: list[int]) -> None:
        with self._lock:
            while waiting and self._cancel_reason is None and len(self._active) < self._at_once:
                number = waiting.pop()
                planned = self.step.trial(self._tuning.trials[number])
                run = StepRun(planned, self._context, self._own, early=False)
                run.begin(self._missing)
                self._active[number] = run

    def _next_event(self, deadlines: dict[int, float]) -> Event | None:
        soonest = min(deadlines.values(), default=math.inf)
        patience = None if soonest == math.inf else max(0.0, soonest - time.monotonic())
        try:
            return self._own.get(timeout=patience)
        except Empty:
            return None

    def _handle(self, event: Event | None, deadlines: dict[int, float]) -> None:
        if isinstance(event, Started):
            number = self._number(event.step)
            self._known[number] = replace(self._known[number], status="Running", started=now())
            if self._tuning.trial_timeout is not None:
                deadlines[number] = time.monotonic() + self._tuning.trial_timeout
            self._tell(None)
        elif isinstance(event, Ended):
            number = self._number(event.step)
            deadlines.pop(number, None)
            with self._lock:
                self._over.append(self._active.pop(number))
            self._note_end(number, event)

    def _note_end(self, number: int, event: Ended) -> None:
        self._ends[number] = event
        trial, moment = self._known[number], now()
        metric, reason = None, event.reason
        if event.status == "Completed":
            metric = self._logged(number).get(self._tuning.metric)
            if metric is None:
                reason = f"did not log the metric '{self._tuning.metric}'"
            elif math.isnan(metric):
                metric, reason = None, f"logged NaN as the metric '{self._tuning.metric}'"
        self._known[number] = replace(
            trial,
            status=event.status,
            started=trial.started or (None if event.status == "NotStarted" else moment),
            ended=None if event.status == "NotStarted" else moment,
            metric=metric,
            reason=reason,
            log=event.failed_log or trial.log,
        )
        if event.status != "NotStarted":
            self._tell(
                line_of_trial(self.step.name, self._known[number], self._tuning, len(self._ends))
            )

    def _enforce(self, deadlines: dict[int, float]) -> None:
        moment = time.monotonic()
        for number in [n for n, due in deadlines.items() if due <= moment]:
            run = self._active.get(number)
            if run is None or run in self._over:
                del deadlines[number]
            elif run.is_asked_to_end:
                run.kill()
                del deadlines[number]
            else:
                run.cancel(f"ran longer than its limit of {self._tuning.trial_timeout} s")
                deadlines[number] = moment + self._options.kill_grace

    def _number(self, name: str) -> int:
        return int(name.rpartition("/")[2])

    def _logged(self, number: int) -> dict[str, float]:
        name = self.step.trial(self._tuning.trials[number]).name
        return logged_metrics(self._context.store.files, self._context.store.steps[name].id)

    def _view(self) -> RunTuning:
        return RunTuning(self._tuning.metric, self._tuning.goal, tuple(self._known))

    def _tell(self, message: str | None) -> None:
        self._events.put(TrialChanged(self.step.name, self._view(), message))

    # Which trial is best.

    def _outcome(self) -> Ended:
        if self._cancel_reason is not None:
            return Ended(self.step.name, "Canceled", reason=self._cancel_reason)
        best = best_trial(self._view())
        if best is None:
            return self._none_is_best()
        self._known[best] = replace(self._known[best], best=True)
        end = self._ends[best]
        return Ended(
            self.step.name,
            "Completed",
            exit_code=end.exit_code,
            warnings=tuple(dict.fromkeys(w for e in self._ends.values() for w in e.warnings)),
            outputs=tuple(self._adopt(best, end.outputs)),
            failed_log=self._known[best].log,
        )

    def _none_is_best(self) -> Ended:
        metric = self._tuning.metric
        failed = [number for number, end in self._ends.items() if end.status != "Completed"]
        if failed:
            first = min(failed)
            end = self._ends[first]
            others = len(self._known) - len(failed)
            rest = f", and the others logged no number as the metric '{metric}'" if others else ""
            which = "all" if not others else str(len(failed))
            reason = (
                f"has no best trial: {which} of its {len(self._known)} trials did not complete"
                f"{rest}; trial {first} {end.reason or 'failed'}"
            )
            return Ended(
                self.step.name,
                "Failed",
                exit_code=end.exit_code,
                reason=reason,
                failed_log=self._known[first].log,
                failure=end.failure,
            )
        names = dict.fromkeys(name for number in self._ends for name in self._logged(number))
        told = f"they logged {listed(list(names), _SHOWN)}" if names else "they logged none at all"
        reason = f"has no best trial: none of them logged the metric '{metric}'; {told}"
        if metric in names:
            reason = f"has no best trial: none of them logged a number as the metric '{metric}'"
        return Ended(self.step.name, "Failed", reason=reason, failed_log=self._known[0].log)

    def _adopt(self, best: int, described: Iterable[RunOutput]) -> list[RunOutput]:
        """Move the outputs of the best trial to where those of a step are."""
        trial, context = self.step.trial(self._tuning.trials[best]).name, self._context
        folders = context.folders.step(self.step.name)
        moved: dict[Path, Path] = {}
        for name in self.step.outputs:
            collected = context.collected.pop(Upstream(trial, name), None)
            if collected is None:
                continue
            target = folders.output(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(collected.path, target)
            moved[collected.path] = target
            adopted = Collected(target, fingerprint(target))
            context.collected[Upstream(self.step.name, name)] = adopted
        return [
            replace(
                output,
                step=self.step.name,
                path=moved[output.path],
                final=output.name in self._final_outputs,
            )
            for output in described
            if output.path in moved
        ]


def _move(source: Path, target: Path) -> None:
    """Rename what is read-only: a folder's own entry for what is above it changes with that."""
    status = source.stat()
    is_folder = stat.S_ISDIR(status.st_mode)
    if is_folder:
        with contextlib.suppress(PermissionError):
            source.chmod(stat.S_IMODE(status.st_mode) | stat.S_IWUSR)
    source.replace(target)
    if is_folder:
        with contextlib.suppress(PermissionError):
            target.chmod(stat.S_IMODE(status.st_mode))
