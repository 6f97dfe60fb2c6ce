"""One step: its folder, its inputs and outputs, its processes, and how it ended."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kit.azureml.runner.data import (
    DataError,
    Fingerprint,
    copy_files,
    fingerprint,
    make_read_only,
    place_input,
    place_table,
    remove_tree,
)
from tests.kit.azureml.runner.expressions import ExpressionError, command_text
from tests.kit.azureml.runner.processes import Processes
from tests.kit.azureml.runner.ranks import Rank, ranks_of
from tests.kit.azureml.runner.variables import (
    Scope,
    data_variables,
    image_variables,
    run_variables,
    runtime_variables,
)

_TICK_SECONDS = 0.05
ENDED = ("Completed", "Failed", "Canceled")


@dataclass
class StepRun:
    """A step as the document has it, and what became of it.

    Attributes:
        name: Its key in the job.
        definition: What the document says of it.
        folder: Its own folder, where ``user_logs`` and ``stored`` (its outputs) are kept.
        id: What the service calls this run.
        variables: What the service says to this step alone: its identity, its MLflow run.
        addresses: Where the service keeps its outputs, for whoever reads them there.
        refused: Why the service does not even start it.
        status: Azure ML's word.
        exit_code: Of the process that decided, as `subprocess` has it.
        error: Why it failed, apart from an exit code.
        logs: Its logs, in the order of the ranks.
        failed_log: The log of the process that failed.
        artifacts: The folders ``outputs`` and ``logs`` that it left in its working directory.
        outputs: What of its outputs has reached the storage.
        best: Of a sweep: the id of its best trial.
    """

    name: str
    definition: Mapping[str, Any]
    folder: Path
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    variables: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    refused: str | None = None
    status: str = "NotStarted"
    exit_code: int | None = None
    error: str | None = None
    logs: list[Path] = field(default_factory=list)
    failed_log: Path | None = None
    artifacts: dict[str, Path] = field(default_factory=dict)
    outputs: dict[str, Path] = field(default_factory=dict)
    best: str | None = None

    @property
    def component(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.definition["component"]
        return found


@dataclass(frozen=True)
class InputValue:
    """What a step's input is: data, or a literal."""

    text: str | None = None
    source: Path | None = None
    mode: str = "ro_mount"
    uri: str | None = None


class StepExecution:
    """Runs one step to its end."""

    def __init__(
        self,
        step: StepRun,
        base: Path,
        inputs: Mapping[str, InputValue],
        scope: Scope,
        compute_variables: Mapping[str, str],
        grace: float,
    ) -> None:
        self._step = step
        self._base = base
        self._inputs = inputs
        self._compute_variables = compute_variables
        self._scope = scope
        resources = step.definition.get("resources") or step.component.get("resources") or {}
        self._instances = int(resources.get("instance_count") or 1)
        self._machines = [
            step.folder / "machines" / uuid.uuid4().hex for _ in range(self._instances)
        ]
        # All machines see the same inputs and outputs.
        self._data = self._machines[0] / "cap/data-capability/wd"
        self._processes = Processes(("AZUREML_RUN_ID", step.id), grace)
        self._paths: dict[str, str] = {}
        self._literals: dict[str, str] = {}
        self._mounted: dict[str, Fingerprint] = {}
        self._outputs: dict[str, Path] = {}

    def run(self, canceled: Callable[[], bool], changed: Callable[[StepRun], None]) -> None:
        """Run; the status says how it ended, and what it left is in the step's folder."""
        step = self._step
        try:
            if step.refused:
                raise DataError(step.refused)
            self._place_data()
            self._start()
        except (DataError, ExpressionError, OSError) as error:
            self._processes.end(gently=False)
            outcome, step.error = "Failed", str(error)
        else:
            step.status = "Running"
            changed(step)
            outcome = self._follow(canceled, changed)
        step.status = "Finalizing"
        self._collect(outcome)
        changed(step)
        remove_tree(step.folder / "machines")
        step.status = outcome

    def _place_data(self) -> None:
        self._data.mkdir(parents=True)
        for name, value in self._inputs.items():
            if value.source is None:
                if value.text is not None:
                    self._literals[name] = value.text
            elif value.mode == "direct":
                self._paths[name] = value.uri or str(value.source)
            else:
                folder = self._data / f"INPUT_{name}"
                place = place_table if value.mode.startswith("eval_") else place_input
                self._paths[name] = str(place(value.source, folder))
                if not value.mode.endswith("download"):
                    make_read_only(folder)
                    self._mounted[name] = fingerprint(folder)
        for name, output in (self._step.component.get("outputs") or {}).items():
            self._outputs[name] = self._data / name
            if output.get("type") != "uri_file":
                self._outputs[name].mkdir()

    def _start(self) -> None:
        step = self._step
        component = step.component
        ranks = ranks_of(component.get("distribution"), self._instances)
        inputs: dict[str, str | None] = dict.fromkeys(component.get("inputs") or {})
        outputs = {name: str(path) for name, path in self._outputs.items()}
        command = command_text(
            component["command"], {**inputs, **self._literals, **self._paths}, outputs
        )
        home = self._machines[0] / "home"
        for folder in (home, step.folder / "user_logs", step.folder / "logs"):
            folder.mkdir(parents=True)
        for node in range(self._instances):
            self._unpack(node)
        variables = {
            **image_variables(home),
            **self._compute_variables,
            **run_variables(self._scope, step.id),
            **runtime_variables(step.folder, self._data, self._instances),
            **step.variables,
            **data_variables(self._paths, self._literals, outputs),
        }
        for rank in ranks:
            log = step.folder / "user_logs" / rank.log
            step.logs.append(log)
            folder = self._working_directory(rank.node)
            self._processes.start(
                command, folder, {**variables, **self._own(rank)}, log, serves=rank.serves
            )

    def _own(self, rank: Rank) -> dict[str, str]:
        """What differs from rank to rank, and what the document sets for all."""
        document = self._step.definition.get("environment_variables") or {}
        return {
            "AZUREML_CR_EXECUTION_WORKING_DIR_PATH": str(self._working_directory(rank.node)),
            "AZUREML_CR_NODE_RANK": str(rank.node),
            **{str(name): str(value) for name, value in document.items()},
            **rank.variables,
        }

    def _working_directory(self, node: int) -> Path:
        return self._machines[node] / "exe/wd"

    def _unpack(self, node: int) -> None:
        """Give a machine its own fresh copy of the code."""
        folder = self._working_directory(node)
        folder.mkdir(parents=True)
        code = self._step.component.get("code")
        if code:
            copy_files(self._base / str(code), folder)

    def _follow(self, canceled: Callable[[], bool], changed: Callable[[StepRun], None]) -> str:
        step = self._step
        timeout = (step.definition.get("limits") or {}).get("timeout")
        deadline = time.monotonic() + float(timeout) if timeout else None
        while (ended := self._processes.ended()) is None:
            if canceled():
                step.exit_code = self._processes.end(gently=True)
                return "Canceled"
            if deadline is not None and time.monotonic() > deadline:
                step.exit_code = self._processes.end(gently=True)
                step.error = f"The step ran longer than its limit of {timeout} seconds."
                return "Canceled"
            time.sleep(_TICK_SECONDS)
            changed(step)
        # A rank that failed takes the others with it; parameter servers end with the workers.
        self._processes.end(gently=False)
        number, code = ended
        step.exit_code = code
        step.failed_log = step.logs[number] if code else None
        changes = [n for n, before in self._mounted.items() if self._changed(n, before)]
        if changes and code == 0:
            step.error = f"Read-only file system: {', '.join(f'INPUT_{n}' for n in changes)}"
        return "Failed" if code or changes else "Completed"

    def _changed(self, name: str, before: Fingerprint) -> bool:
        return fingerprint(self._data / f"INPUT_{name}") != before

    def _collect(self, outcome: str) -> None:
        """Keep what the service uploads; the rest of the machine goes away."""
        step = self._step
        for name in ("outputs", "logs"):
            source = self._working_directory(0) / name
            if source.is_dir():
                step.artifacts[name] = step.folder / "artifacts" / name
                copy_files(source, step.artifacts[name])
        for name, path in self._outputs.items():
            mode = self._output_mode(name)
            if path.exists() and (mode != "upload" or outcome == "Completed"):
                step.outputs[name] = step.folder / "stored" / name
                copy_files(path, step.outputs[name])

    def _output_mode(self, name: str) -> str:
        bound = (self._step.definition.get("outputs") or {}).get(name)
        declared = self._step.component["outputs"][name]
        mode = bound.get("mode") if isinstance(bound, Mapping) else None
        return str(mode or declared.get("mode") or "rw_mount")
