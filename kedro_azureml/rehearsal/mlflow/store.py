"""The MLflow store of one rehearsal, which plays the part of Azure ML's.

Azure ML has a run for each step before the step begins, and knows how it ended. MLflow is not
imported here.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.run.model import RunStatus
from kedro_azureml.job.source_version import tags_of_source
from kedro_azureml.rehearsal.mlflow.database import finish_runs, remove_runs
from kedro_azureml.rehearsal.mlflow.file_store import finish_runs_in_files
from kedro_azureml.rehearsal.mlflow.files import (
    DEFAULT_EXPERIMENT,
    StoreContent,
    StoreFiles,
    TrackedRun,
)
from kedro_azureml.rehearsal.plan.model import Plan, name_of_trial
from kedro_azureml.rehearsal.report import RunReport
from kedro_azureml.rehearsal.workspace.run_folders import user_cache
from kedro_azureml.rehearsal.workspace.stable_ids import stable_id, stable_number

FOLDER = "mlflow"
# What MLflow calls the ways in which a run ends.
_ENDS: Mapping[RunStatus, str] = {"Completed": "FINISHED", "Canceled": "KILLED"}


@dataclass(frozen=True)
class MlflowStore:
    """The store of one rehearsal.

    Attributes:
        files: Where it lies.
        experiment_id: Its only experiment.
        experiment: That experiment's name.
        run: The pipeline job's run.
        steps: Step to its run, and a trial of a step to its.
    """

    files: StoreFiles
    experiment_id: str
    experiment: str
    run: TrackedRun
    steps: Mapping[str, TrackedRun]

    @property
    def uri(self) -> str:
        """What ``MLFLOW_TRACKING_URI`` is."""
        return self.files.uri

    def prepare(self, moment: datetime, code: Path | None) -> None:
        """Say what shall be in it if a step uses MLflow; without MLflow nothing is written.

        Args:
            moment: When the rehearsal began.
            code: The folder of the steps' code, whose commit is a tag of each run.
        """
        if find_spec("mlflow") is None:
            return
        tags = tags_of_source(code) if code else {}
        runs = (self.run, *self.steps.values())
        self.files.write(
            StoreContent(
                experiment_id=self.experiment_id,
                experiment=self.experiment,
                created=_milliseconds(moment),
                cache=str(user_cache() / FOLDER),
                runs=tuple(replace(run, tags={**tags, **run.tags}) for run in runs),
            )
        )

    def finish(self, report: RunReport) -> None:
        """Write how the job and its steps ended, if a step has used MLflow."""
        over = report.ended or report.started
        if not self._is_used or over is None or report.started is None:
            return
        if self.files.database.exists():
            report.mlflow = self.files.database_uri
        ended = {self.run.id: (_end_of(report.status), report.started, over)}
        for name, step in report.steps.items():
            if step.started and name in self.steps:
                run = self.steps[name].id
                ended[run] = (_end_of(step.status), step.started, step.ended or over)
            for trial in step.tuning.trials if step.tuning else ():
                known = self.steps.get(name_of_trial(name, trial.name))
                if trial.started and known:
                    ended[known.id] = (_end_of(trial.status), trial.started, trial.ended or over)
        rows = {run: (s, _milliseconds(a), _milliseconds(b)) for run, (s, a, b) in ended.items()}
        removed = {step.id for step in self.steps.values()} - rows.keys()
        # What the steps have logged is worth more than how they ended, which the report says too.
        with contextlib.suppress(OSError, sqlite3.Error):
            if self.files.database.exists():
                finish_runs(self.files.database, rows)
                remove_runs(self.files.database, removed)
            else:
                finish_runs_in_files(self.files.runs, rows, removed)

    @property
    def _is_used(self) -> bool:
        return self.files.database.exists() or self.files.runs.exists()


def store_of(job: PipelineJob, plan: Plan, run_id: str, root: Path) -> MlflowStore:
    """Describe the store of a rehearsal; nothing is written.

    Args:
        job: The document, whose tags are those of the runs.
        plan: Its experiment and its steps.
        run_id: The pipeline job's id.
        root: The rehearsal's folder.
    """
    return MlflowStore(
        files=StoreFiles(root / FOLDER),
        experiment_id=(
            DEFAULT_EXPERIMENT if plan.experiment == "Default" else stable_number(plan.experiment)
        ),
        experiment=plan.experiment,
        run=TrackedRun(run_id, plan.name, tags=job.tags),
        steps=dict(_runs_of_steps(job, plan, run_id)),
    )


def _runs_of_steps(job: PipelineJob, plan: Plan, run_id: str) -> Iterator[tuple[str, TrackedRun]]:
    for name, step in plan.steps.items():
        tags = job.jobs[name].tags
        run = TrackedRun(stable_id(f"{run_id}/{name}"), name, run_id, tags)
        yield name, run
        for trial in step.trials():
            identifier = stable_id(f"{run_id}/{trial.name}")
            yield trial.name, TrackedRun(identifier, trial.name, run.id, tags, run_id)


def _end_of(status: RunStatus) -> str:
    return _ENDS.get(status, "FAILED")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
