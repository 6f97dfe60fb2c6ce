"""Runs submitted jobs on this machine: their steps are real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.jobs.document import (
    DocumentWriter,
    NotThereError,
    bound_output,
    locate,
    output_address,
    upstream,
)
from tests.kit.azureml.jobs.jobs import ENDED, Run
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER, Workspace

REPOSITORY = Path(__file__).parents[4]
PIPELINE_LOG = "logs/azureml/executionlogs.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"
_TICK_SECONDS = 0.2
_STOP_SECONDS = 30.0


class Execution:
    """Runs each job in a thread, which looks after a process (`worker`).

    Attributes:
        mode: ``real`` runs the steps; ``instant`` completes them without; ``held`` leaves a job as
            it is, for a test to move with `Run.set`.
        failing: Steps that are to fail, and what they are to say in their logs.
        python: The interpreter whose ``python`` the steps run.
        variables: What the computes have: the way to the network, perhaps an identity.
    """

    def __init__(self, workspace: Workspace, assets: Assets, folder: Path) -> None:
        self.mode: Literal["real", "instant", "held"] = "real"
        self.failing: dict[str, str] = {}
        self.python = Path(sys.executable)
        self.variables: dict[str, str] = {}
        self._workspace = workspace
        self._assets = assets
        self._folder = folder
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
            document = folder / "job.json"
            # JSON is YAML.
            document.write_text(json.dumps(writer.document(run, self.failing)), encoding="utf-8")
            built = {c.id for c in run.children.values() if writer.is_built(c)}
            _JobProcess(run, self._workspace, self.python, document, built, self.variables).follow()
        except NotThereError as error:
            run.set("Failed", f"The job cannot be run: {error}")
        except Exception:
            run.set("Failed", f"The test service has failed: {traceback.format_exc()}")
        finally:
            delete_tree(folder)


class _JobProcess:
    """The process that runs one job's steps, and what is made of its news."""

    def __init__(
        self,
        run: Run,
        workspace: Workspace,
        python: Path,
        document: Path,
        built: set[str],
        variables: dict[str, str],
    ) -> None:
        self._run = run
        self._built = built
        self._workspace = workspace
        self._news: SimpleQueue[Json | None] = SimpleQueue()
        self._log: list[str] = []
        self._watched: dict[str, tuple[Path, int]] = {}
        scope = (workspace.subscription, workspace.group, workspace.name)
        self._process = subprocess.Popen(
            [str(python), "-m", "tests.kit.azureml.jobs.worker", str(document), *scope, *variables],
            cwd=REPOSITORY,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for the tests; this process ends with them, because its input does.
            start_new_session=True,
        )

    def follow(self) -> None:
        """Keep the job up to date until it is over."""
        threading.Thread(target=self._read_news, daemon=True).start()
        outcome = "Failed"
        error = None
        while True:
            if self._run.cancel.is_set():
                self._end_input()
            try:
                news = self._news.get(timeout=_TICK_SECONDS)
            except Empty:
                self._upload_running_logs()
                continue
            if news is None:
                break
            if news["event"] == "started":
                self._run.set("Running")
                self._say("The pipeline job has started.")
                self._prepare()
            elif news["event"] == "step":
                self._step_changed(self._run.children[news["step"]], news)
            elif news["event"] == "ended":
                outcome = news["status"]
            elif news["event"] == "refused":
                error = f"The job was refused: {news['reason']}"
        self._end_input()
        self._process.wait()
        self._finish("Canceled" if self._run.cancel.is_set() else outcome, error)

    def _read_news(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._news.put(json.loads(line))
        self._news.put(None)

    def _end_input(self) -> None:
        """Close the process's standard input, which ends it if it has not ended yet."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def _finish(self, outcome: str, error: str | None) -> None:
        children = self._run.children
        for child in children.values():
            if child.status not in ENDED and outcome == "Canceled":
                child.set("Canceled")
            elif child.status == "Preparing":
                child.status = "NotStarted"
        failed = [name for name, child in children.items() if child.status == "Failed"]
        if failed and error is None:
            nodes = ", ".join(f"/{name}" for name in failed)
            error = (
                f"Pipeline has failed child jobs. Failed nodes: {nodes}. For more details and "
                "logs, please go to the job detail page and check the child jobs."
            )
        self._say(f"The pipeline job has ended: {outcome}.")
        self._run.set("Finalizing")
        self._run.set(outcome, error if outcome == "Failed" else None)

    def _step_changed(self, child: Run, news: Json) -> None:
        self._say(f"Step {child.step} ({child.id}): {news['status']}")
        log = Path(news["log"])
        if news["status"] not in ENDED:
            child.set(news["status"])
            self._watched[child.id] = (log, -1)
            return
        self._watched.pop(child.id, None)
        child.set("Finalizing")
        self._keep_logs(child, log.parents[1])
        self._keep_outputs(child, news["outputs"])
        child.set(news["status"], _step_error(news, log) if news["status"] == "Failed" else None)
        self._prepare()

    def _prepare(self) -> None:
        children = self._run.children
        for child in children.values():
            ready = all(children[name].status == "Completed" for name in upstream(child))
            if child.status == "NotStarted" and ready:
                child.set("Preparing")
                if child.id in self._built:
                    self._keep_text(child, BUILD_LOG, "Successfully built the image\n")

    def _keep_outputs(self, child: Run, outputs: dict[str, str]) -> None:
        for name, path in outputs.items():
            address = output_address(child, name)
            container, prefix = locate(self._workspace, address)
            self._workspace.storage.store(Path(path), container, prefix)
            kind = "uri_file" if Path(path).is_file() else "uri_folder"
            child.outputs[name] = {"uri": address, "type": kind}
            target = bound_output((child.definition.get("outputs") or {}).get(name) or {})
            if target is not None:
                self._run.outputs[target] = child.outputs[name]

    def _keep_logs(self, child: Run, folder: Path) -> None:
        """Upload what a step leaves in its folders of that purpose."""
        places = {"user_logs": "user_logs", "wd/outputs": "outputs", "wd/logs": "logs"}
        for place, name in places.items():
            for file in sorted((folder / place).rglob("*")):
                if file.is_file():
                    self._keep_log(child, f"{name}/{file.relative_to(folder / place)}", file)

    def _keep_log(self, run: Run, name: str, file: Path) -> None:
        self._keep_text(run, name, file.read_bytes().decode("utf-8", "surrogateescape"))

    def _keep_text(self, run: Run, name: str, text: str) -> None:
        storage = self._workspace.storage
        data = text.encode("utf-8", "surrogateescape")
        storage.write(ARTIFACT_CONTAINER, f"{run.artifacts}/{name}", data)
        if name not in run.logs:
            run.logs.append(name)

    def _upload_running_logs(self) -> None:
        for child in self._run.children.values():
            if child.id not in self._watched:
                continue
            log, uploaded = self._watched[child.id]
            size = log.stat().st_size if log.exists() else 0
            if size > 0 and size != uploaded:
                self._keep_log(child, f"user_logs/{log.name}", log)
                self._watched[child.id] = (log, size)

    def _say(self, line: str) -> None:
        """Add to the pipeline's own log."""
        moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._log.append(f"[{moment}] {line}\n")
        name = f"{self._run.artifacts}/{PIPELINE_LOG}"
        self._workspace.storage.write(ARTIFACT_CONTAINER, name, "".join(self._log).encode())
        if PIPELINE_LOG not in self._run.logs:
            self._run.logs.append(PIPELINE_LOG)


def _step_error(news: Json, log: Path) -> str:
    """What Azure ML says of a step that failed."""
    if news["exit_code"] in (None, 0):
        return f"Execution failed. {news['reason']}"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    last = "\n".join(lines[-10:])
    return (
        f"Execution failed. User process 'bash' exited with status code {news['exit_code']}. "
        f"Please check log file 'user_logs/{log.name}' for error details. Error: {last}"
    )
