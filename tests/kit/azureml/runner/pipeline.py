"""A pipeline job: its steps in the order of their data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tests.kit.azureml.runner.expressions import literal, pipeline_input, step_output
from tests.kit.azureml.runner.step import ENDED, InputValue, StepExecution, StepRun
from tests.kit.azureml.runner.sweep import Sweep
from tests.kit.azureml.runner.variables import Scope

#: As many steps at a time as the stand-in's clusters have machines.
MACHINES = 4
#: Types of inputs and outputs that are data; the others are literals.
DATA = ("uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model")
_TICK_SECONDS = 0.1


class JobRefusedError(Exception):
    """The job cannot be run: it names something that it does not have."""


class PipelineRun:
    """Runs a document, given as plain data.

    Attributes:
        steps: The steps by name, and how they stand.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        base: Path,
        folder: Path,
        scope: Scope,
        *,
        compute_variables: Mapping[str, str] | None = None,
        changed: Callable[[StepRun], None] = lambda step: None,
        canceled: Callable[[], bool] = lambda: False,
        begin_trial: Callable[[StepRun, StepRun], None] = lambda step, trial: None,
        metric: Callable[[StepRun, str], float | None] = lambda step, name: None,
        grace: float = 5.0,
    ) -> None:
        """Prepare to run.

        Args:
            document: The pipeline job.
            base: The folder from which its paths count.
            folder: A folder for the steps.
            scope: What the job is called, and where it runs.
            compute_variables: What the computes have beside Azure ML's own variables.
            changed: Called at every change of a step and again and again while it runs, perhaps
                by several threads at a time.
            canceled: Whether the job is to end.
            begin_trial: Told of each trial of a sweep step, before it runs.
            metric: The value of a metric that a trial has logged, if it has.
            grace: Seconds that a canceled step has for its end.
        """
        self._document = document
        self._base = base
        self._scope = scope
        self._compute_variables = compute_variables or {}
        self._changed = changed
        self._canceled = canceled
        self._begin_trial = begin_trial
        self._metric = metric
        self._grace = grace
        self._stopping = threading.Event()
        self._ended: SimpleQueue[str] = SimpleQueue()
        self.steps = {
            name: StepRun(name, definition, folder / name)
            for name, definition in document["jobs"].items()
        }
        self._upstream = {name: self._bindings(step) for name, step in self.steps.items()}
        self._refuse_cycles()

    def run(self) -> str:
        """Run to the end; the job's status."""
        settings = self._document.get("settings") or {}
        go_on = settings.get("continue_on_step_failure", True)
        running: set[str] = set()
        while True:
            if not self._over():
                self._start_what_is_ready(running)
            if not running:
                break
            try:
                name = self._ended.get(timeout=_TICK_SECONDS)
            except Empty:
                continue
            running.discard(name)
            if self.steps[name].status == "Failed" and not go_on:
                self._stopping.set()
        return self._outcome()

    def _over(self) -> bool:
        return self._stopping.is_set() or self._canceled()

    def _outcome(self) -> str:
        if all(step.status == "Completed" for step in self.steps.values()):
            return "Completed"
        # A step that failed, or that ran longer than it may, fails the job (an open point of ours).
        return "Canceled" if self._canceled() and not self._stopping.is_set() else "Failed"

    def _start_what_is_ready(self, running: set[str]) -> None:
        for name, step in self.steps.items():
            if step.status in ("NotStarted", "Queued") and self._is_ready(name):
                if len(running) < MACHINES:
                    running.add(name)
                    self._set(step, "Preparing")
                    threading.Thread(target=self._run_step, args=(step,), daemon=True).start()
                elif step.status == "NotStarted":
                    self._set(step, "Queued")

    def _run_step(self, step: StepRun) -> None:
        try:
            values = self._values(step)
            if "sweep" in step.definition:
                how = (self._execute, self._begin_trial, self._metric)
                Sweep(step, values, MACHINES, *how).run(self._over, self._changed)
            else:
                self._execute(step, values, self._over)
        except Exception as error:
            step.status, step.error = "Failed", f"The test service has failed: {error!r}"
            raise
        finally:
            self._changed(step)
            self._ended.put(step.name)

    def _execute(
        self, step: StepRun, values: Mapping[str, InputValue], over: Callable[[], bool]
    ) -> None:
        """Run a step, or a trial of one, in processes."""
        execution = StepExecution(
            step, self._base, values, self._scope, self._compute_variables, self._grace
        )
        execution.run(over, self._changed)
        if step.name not in self.steps:
            self._changed(step)

    def _set(self, step: StepRun, status: str) -> None:
        step.status = status
        self._changed(step)

    def _is_ready(self, name: str) -> bool:
        """Whether all required inputs are there, and nothing optional is still to come."""
        for upstream, required in self._upstream[name].items():
            done = self.steps[upstream].status == "Completed"
            if not done and (required or not self._never_comes(upstream)):
                return False
        return True

    def _never_comes(self, name: str) -> bool:
        """Whether a step has ended without success, or waits for one that has."""
        status = self.steps[name].status
        if status in ENDED:
            return status != "Completed"
        needed = (n for n, required in self._upstream[name].items() if required)
        return any(map(self._never_comes, needed))

    # Bindings

    def _bindings(self, step: StepRun) -> dict[str, bool]:
        """The steps whose outputs a step reads, and whether it needs them."""
        found: dict[str, bool] = {}
        for name, bound in (step.definition.get("inputs") or {}).items():
            path = bound.get("path") if isinstance(bound, Mapping) else bound
            of_pipeline, source = pipeline_input(path), step_output(path)
            if of_pipeline is not None:
                self._pipeline_value(of_pipeline)
            if source is not None:
                upstream, output = source
                if upstream not in self.steps:
                    raise JobRefusedError(f"There is no step '{upstream}'.")
                if output not in (self.steps[upstream].component.get("outputs") or {}):
                    raise JobRefusedError(f"Step '{upstream}' has no output '{output}'.")
                required = not _is_optional(step, name)
                found[upstream] = found.get(upstream, False) or required
        return found

    def _refuse_cycles(self) -> None:
        left = {name: set(upstream) for name, upstream in self._upstream.items()}
        while left:
            free = [name for name, upstream in left.items() if not upstream & left.keys()]
            if not free:
                raise JobRefusedError(f"The steps wait for one another: {', '.join(left)}.")
            for name in free:
                del left[name]

    def _values(self, step: StepRun) -> dict[str, InputValue]:
        declared: Mapping[str, Any] = step.component.get("inputs") or {}
        bound: Mapping[str, Any] = step.definition.get("inputs") or {}
        found = {name: self._value(step, name, value) for name, value in bound.items()}
        for name, declaration in declared.items():
            if name not in found and declaration.get("default") is not None:
                found[name] = InputValue(literal(declaration["default"], self._pipeline_value))
        return found

    def _value(self, step: StepRun, name: str, bound: Any) -> InputValue:
        declaration = (step.component.get("inputs") or {}).get(name) or {}
        is_data = str(declaration.get("type")) in DATA
        path, mode = (
            (bound.get("path"), bound.get("mode")) if isinstance(bound, Mapping) else (bound, None)
        )
        uri = bound.get("uri") if isinstance(bound, Mapping) else None
        mode = str(mode or declaration.get("mode") or "ro_mount")
        if not is_data:
            return InputValue(literal(path, self._pipeline_value))
        upstream, of_pipeline = step_output(path), pipeline_input(path)
        if of_pipeline is not None:
            value = self._pipeline_value(of_pipeline)
            if value is None:
                return InputValue()
            path = value.get("path") if isinstance(value, Mapping) else value
            uri = value.get("uri") if isinstance(value, Mapping) else None
        if upstream is None:
            return InputValue(source=self._base / str(path), mode=mode, uri=uri)
        producer = self.steps[upstream[0]]
        if producer.status != "Completed" and _is_optional(step, name):
            return InputValue()
        stored = producer.folder / "stored" / upstream[1]
        return InputValue(source=stored, mode=mode, uri=producer.addresses.get(upstream[1]))

    def _pipeline_value(self, name: str) -> Any:
        inputs: Mapping[str, Any] = self._document.get("inputs") or {}
        if name not in inputs:
            raise JobRefusedError(f"The pipeline has no input '{name}'.")
        value = inputs[name]
        if isinstance(value, Mapping) and "path" not in value:
            return value.get("default")
        return value


def _is_optional(step: StepRun, name: str) -> bool:
    declaration = (step.component.get("inputs") or {}).get(name) or {}
    return str(declaration.get("optional")).lower() == "true"
