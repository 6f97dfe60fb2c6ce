"""A sweep step: its trials, at most so many at a time, and the best one's outputs as its own.

Undocumented, and so a choice: of trials that are equally good the first is the best; one without
the metric is none; those that fail do no harm as long as one has succeeded; the step's own
``environment_variables`` do not reach the trials. Of the policies that end trials early, `bandit`
alone does so here, without regard to intervals (how-to-tune-hyperparameters, Bandit policy).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from tests.kit.azureml.runner.data import copy_files
from tests.kit.azureml.runner.expressions import spelling
from tests.kit.azureml.runner.sampling import samples
from tests.kit.azureml.runner.step import InputValue, StepRun

_POLICY_SECONDS = 0.5
# Runs one step, given its inputs, to its end.
Execute = Callable[[StepRun, Mapping[str, InputValue], Callable[[], bool]], None]


class Sweep:
    """Runs the trials of one step."""

    def __init__(
        self,
        step: StepRun,
        inputs: Mapping[str, InputValue],
        machines: int,
        execute: Execute,
        begin_trial: Callable[[StepRun, StepRun], None],
        metric: Callable[[StepRun, str], float | None],
    ) -> None:
        """Prepare to run.

        Args:
            step: The sweep step.
            inputs: What all trials are given.
            machines: How many trials may run at a time, if the step does not say fewer.
            execute: Runs a trial.
            begin_trial: Told of each trial before it runs: the step and the trial.
            metric: The value of a metric that a trial has logged.
        """
        self._step = step
        self._inputs = inputs
        self._execute = execute
        self._begin_trial = begin_trial
        self._metric = metric
        self._sweep: Mapping[str, Any] = step.definition["sweep"]
        limits: Mapping[str, Any] = self._sweep["limits"]
        self._most = min(machines, int(limits.get("max_concurrent_trials") or machines))
        self._timeout = limits.get("timeout")
        self._trial_timeout = limits.get("trial_timeout")
        self.trials: list[StepRun] = []

    def run(self, canceled: Callable[[], bool], changed: Callable[[StepRun], None]) -> None:
        """Run all trials to their ends; the step's status says how it went."""
        step = self._step
        if step.refused:
            step.status, step.error = "Failed", step.refused
            return
        step.status = "Running"
        changed(step)
        deadline = time.monotonic() + float(self._timeout) if self._timeout else None

        def over() -> bool:
            return canceled() or (deadline is not None and time.monotonic() > deadline)

        waiting: SimpleQueue[tuple[int, dict[str, Any]]] = SimpleQueue()
        drawn = samples(self._sweep)
        for numbered in enumerate(drawn):
            waiting.put(numbered)
        workers = [
            threading.Thread(target=self._work, args=(waiting, over), daemon=True)
            for _ in range(min(self._most, len(drawn)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        outcome = "Canceled" if canceled() else self._choose()
        step.status = "Finalizing"
        changed(step)
        step.status = outcome

    def _work(
        self, waiting: SimpleQueue[tuple[int, dict[str, Any]]], over: Callable[[], bool]
    ) -> None:
        while not over():
            try:
                number, values = waiting.get_nowait()
            except Empty:
                return
            trial = StepRun(
                f"{self._step.name}_{number}",
                {
                    **{k: v for k, v in self._step.definition.items() if k != "outputs"},
                    "environment_variables": {},
                    "limits": {"timeout": self._trial_timeout},
                },
                self._step.folder / "trials" / str(number),
            )
            self.trials.append(trial)
            self._begin_trial(self._step, trial)
            given = {name: InputValue(spelling(value)) for name, value in values.items()}
            ended = partial(_any, over, self._poor(trial))
            self._execute(trial, {**self._inputs, **given}, ended)

    def _poor(self, trial: StepRun) -> Callable[[], bool]:
        """Tell, whenever it is asked, whether a trial is too far from the best one so far."""
        policy = self._sweep.get("early_termination") or {}
        is_bandit = "bandit" in str(policy.get("policy_type") or policy.get("type")).lower()
        objective = self._sweep["objective"]
        sign = 1.0 if str(objective["goal"]).lower() == "maximize" else -1.0
        asked = time.monotonic()

        def is_poor() -> bool:
            nonlocal asked
            if not is_bandit or time.monotonic() < asked + _POLICY_SECONDS:
                return False
            asked = time.monotonic()
            values = {t.id: self._metric(t, objective["primary_metric"]) for t in self.trials}
            own, known = values[trial.id], [v for v in values.values() if v is not None]
            if own is None:
                return False
            best = max(known, key=lambda value: sign * value)
            if policy.get("slack_factor"):
                slack = abs(best) - abs(best) / (1 + float(policy["slack_factor"]))
            else:
                slack = float(policy.get("slack_amount") or 0)
            return sign * own < sign * best - slack

        return is_poor

    def _choose(self) -> str:
        """Take the best trial's outputs as the step's own."""
        step, objective = self._step, self._sweep["objective"]
        name, goal = objective["primary_metric"], str(objective["goal"]).lower()
        found = [
            (value if goal == "maximize" else -value, -int(trial.name.rpartition("_")[2]), trial)
            for trial in self.trials
            if trial.status == "Completed"
            for value in [self._metric(trial, name)]
            if value is not None
        ]
        if not found:
            step.error = f"No trial has completed and logged the metric '{name}'."
            return "Failed"
        best = max(found, key=lambda each: each[:2])[2]
        step.best = best.id
        for output, source in best.outputs.items():
            step.outputs[output] = step.folder / "stored" / output
            copy_files(source, step.outputs[output])
        return "Completed"


def _any(*reasons: Callable[[], bool]) -> bool:
    return any(reason() for reason in reasons)
