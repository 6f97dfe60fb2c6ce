"""Runs submitted jobs on this machine: their steps are real processes."""

from __future__ import annotations

import threading
import traceback
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from tests.kit.azureml.blobs.storage import Storage
from tests.kit.azureml.jobs.addresses import NotThereError
from tests.kit.azureml.jobs.document import DocumentWriter
from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.jobs.outputs import Outputs, RegistrationError
from tests.kit.azureml.jobs.step_variables import StepVariables
from tests.kit.azureml.runner.data import remove_tree
from tests.kit.azureml.runner.pipeline import JobRefusedError, PipelineRun
from tests.kit.azureml.runner.step import StepRun
from tests.kit.azureml.runner.variables import Scope
from tests.kit.azureml.tracking.tracking import Tracking
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER, Workspace

PIPELINE_LOG = "logs/azureml/executionlogs.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"
_STOP_SECONDS = 30.0


class Execution:
    """Runs each job in a thread of its own.

    Attributes:
        mode: ``real`` runs the steps; ``instant`` completes them without; ``held`` leaves a job as
            it is, for a test to move with `Run.set`.
        failing: Steps that are to fail, and what they are to say in their logs.
        variables: What the computes have: the way to the network, perhaps an identity.
    """

    def __init__(
        self,
        workspace: Workspace,
        assets: Assets,
        folder: Path,
        step_variables: StepVariables,
        tracking: Tracking,
    ) -> None:
        self.mode: Literal["real", "instant", "held"] = "real"
        self.failing: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self._workspace = workspace
        self._assets = assets
        self._folder = folder
        self._step_variables = step_variables
        self._tracking = tracking
        self._started: list[tuple[threading.Thread, Run]] = []

    def start(self, run: Run) -> None:
        """Begin to run a job."""
        if self.mode == "held":
            return
        thread = threading.Thread(target=self._run, args=(run,), name=f"job {run.id}", daemon=True)
        self._started.append((thread, run))
        thread.start()

    def stop(self) -> None:
        """Cancel what runs, and wait for its end."""
        for _, run in self._started:
            run.cancel.set()
        for thread, _ in self._started:
            thread.join(_STOP_SECONDS)

    def _run(self, run: Run) -> None:
        folder = self._folder / "jobs" / run.id
        try:
            if self.mode == "instant":
                for each in (*run.children.values(), run):
                    each.set("Running")
                    each.set("Completed")
                return
            run.set("Preparing")
            folder.mkdir(parents=True)
            writer = DocumentWriter(self._workspace, self._assets, folder)
            execution = _JobExecution(
                run,
                self._workspace,
                self._assets,
                writer,
                self.failing,
                self._step_variables,
                self._tracking,
            )
            execution.run(folder, self.variables)
        except (NotThereError, JobRefusedError) as error:
            run.set("Failed", f"The job cannot be run: {error}")
        except Exception:
            run.set("Failed", f"The test service has failed: {traceback.format_exc()}")
        finally:
            remove_tree(folder)


class _JobExecution:
    """Runs one job, and keeps what the service knows of it up to date."""

    def __init__(
        self,
        run: Run,
        workspace: Workspace,
        assets: Assets,
        writer: DocumentWriter,
        failing: dict[str, str],
        variables: StepVariables,
        tracking: Tracking,
    ) -> None:
        self._run = run
        self._workspace = workspace
        self._built = {c.id for c in run.children.values() if writer.is_built(c)}
        self._document = writer.document(run, failing)
        self._outputs = Outputs(run, workspace, assets)
        self._variables = variables
        self._tracking = tracking
        self._log: list[str] = []
        self._runs: dict[str, Run] = {}
        self._uploaded: dict[Path, int] = {}
        # The steps' threads tell their news at the same time.
        self._lock = threading.Lock()

    @property
    def _storage(self) -> Storage:
        return self._workspace.storage

    def run(self, folder: Path, variables: dict[str, str]) -> None:
        """Run the job to its end."""
        run, workspace = self._run, self._workspace
        scope = Scope(
            run.id,
            run.experiment,
            workspace.subscription,
            workspace.group,
            workspace.name,
        )
        pipeline = PipelineRun(
            self._document,
            folder,
            folder / "steps",
            scope,
            compute_variables=variables,
            changed=self._changed,
            canceled=run.cancel.is_set,
            begin_trial=self._begin_trial,
            metric=lambda trial, name: self._tracking.metrics(trial.id).get(name),
        )
        for name, step in pipeline.steps.items():
            step.id = run.children[name].id
            self._runs[step.id] = run.children[name]
            step.addresses = {
                output: self._outputs.address(run.children[name], output)
                for output in step.component.get("outputs") or {}
            }
            step.variables = self._variables.of(run.children[name])
        run.set("Running")
        self._tracking.begin(run)
        self._say("The pipeline job has started.")
        self._finish(pipeline.run())

    def _finish(self, outcome: str) -> None:
        children = self._run.children
        if outcome == "Canceled":
            for child in children.values():
                self._tracking.end(child, "Canceled")
                child.set("Canceled")
        failed = [
            f"/{name}" for name, child in children.items() if child.status in ("Failed", "Canceled")
        ]
        error = (
            f"Pipeline has failed child jobs. Failed nodes: {', '.join(failed)}. For more details "
            "and logs, please go to the job detail page and check the child jobs."
        )
        self._run.set("Finalizing")
        if outcome == "Completed":
            try:
                self._outputs.register_job()
            except RegistrationError as problem:
                outcome, error, failed = "Failed", str(problem), ["/"]
        self._say(f"The pipeline job has ended: {outcome}.")
        self._tracking.end(self._run, outcome)
        self._run.set(outcome, error if outcome == "Failed" and failed else None)

    def _changed(self, step: StepRun) -> None:
        child = self._runs[step.id]
        with self._lock:
            for log in step.logs:
                self._upload_log(child, log)
            if step.status == child.status:
                return
            if step.status == "Preparing":
                self._tracking.begin(child)
                step.refused = self._outputs.problem(child, step)
            if step.status == "Completed":
                self._register(child, step)
            self._say(f"Step {child.step} ({child.id}): {step.status}")
            if step.status == "Preparing" and child.id in self._built:
                self._keep(child, BUILD_LOG, b"Successfully built the image\n")
            if step.status == "Finalizing" and step.best is not None:
                child.properties["best_child_run_id"] = step.best
            if step.status == "Finalizing":
                self._keep_artifacts(child, step)
                self._outputs.store(child, step)
            self._tracking.end(child, step.status)
            child.set(step.status, _step_error(step) if step.status == "Failed" else None)

    def _begin_trial(self, step: StepRun, trial: StepRun) -> None:
        with self._lock:
            run = self._runs[step.id].add_trial(trial.name)
            trial.id = run.id
            self._runs[run.id] = run
            self._tracking.begin(run)
            run.set("Preparing")
            trial.variables = self._variables.of(run)

    def _register(self, child: Run, step: StepRun) -> None:
        try:
            self._outputs.register_step(child)
        except RegistrationError as error:
            step.status, step.error = "Failed", str(error)

    def _keep_artifacts(self, child: Run, step: StepRun) -> None:
        for name, folder in step.artifacts.items():
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    self._keep(child, f"{name}/{file.relative_to(folder)}", file.read_bytes())

    def _upload_log(self, child: Run, log: Path) -> None:
        """Upload a log that has grown; an empty one when its step ends."""
        size = log.stat().st_size if log.exists() else 0
        if size != self._uploaded.get(log, 0 if child.status == "Running" else -1):
            self._uploaded[log] = size
            self._keep(child, f"user_logs/{log.name}", log.read_bytes() if log.exists() else b"")

    def _keep(self, run: Run, name: str, data: bytes) -> None:
        self._storage.write(ARTIFACT_CONTAINER, f"{run.artifacts}/{name}", data)
        if name not in run.logs:
            run.logs.append(name)

    def _say(self, line: str) -> None:
        """Add to the pipeline's own log."""
        moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._log.append(f"[{moment}] {line}\n")
        self._keep(self._run, PIPELINE_LOG, "".join(self._log).encode())


def _step_error(step: StepRun) -> str:
    """What Azure ML says of a step that failed."""
    log = step.failed_log
    if log is None:
        return f"Execution failed. {step.error}"
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
    return (
        f"Execution failed. User process 'bash' exited with status code {step.exit_code}. "
        f"Please check log file 'user_logs/{log.name}' for error details. Error: {last}"
    )
