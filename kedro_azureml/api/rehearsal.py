"""Rehearsing jobs from Python, and reading what they made."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro_azureml.api.job import Job
from kedro_azureml.api.lines import LineStream, TellLine
from kedro_azureml.console.run.display import make_display
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.job.sweep import SweepRow
from kedro_azureml.project import Project
from kedro_azureml.project.catalog_places import places_of_record
from kedro_azureml.rehearsal import RehearsalOptions, RunReport
from kedro_azureml.rehearsal import rehearse as rehearse_document
from kedro_azureml.rehearsal.catalog_outputs import copy_into_catalog
from kedro_azureml.rehearsal.load_output import load_output, output_datasets
from kedro_azureml.rehearsal.options import (
    default_max_parallel,
    default_max_processes,
    workspace_of,
)
from kedro_azureml.rehearsal.plan.model import MAX_TRIALS
from kedro_azureml.rehearsal.sweep_results import sweep_results
from kedro_azureml.storage.access import USER_CONNECTION_VARIABLE, Access


@dataclass(frozen=True, repr=False)
class Rehearsal:
    """A rehearsal that is over.

    Attributes:
        job: The job that was rehearsed.
        run: Everything that is known of the run.
    """

    job: Job
    run: RunReport
    _storage: Access = field(default_factory=Access)

    @property
    def status(self) -> str:
        """How the run ended: ``Completed``, ``Failed`` or ``Canceled``."""
        return self.run.status

    @property
    def folder(self) -> Path:
        """Where the run lies: logs, outputs and ``report.json``."""
        return self.run.folder

    @property
    def steps(self) -> Mapping[str, RunStep]:
        """What became of each step, by its name."""
        return self.run.steps

    @property
    def datasets(self) -> list[str]:
        """The Kedro datasets that the steps wrote, in the order of the steps."""
        return output_datasets(self.run)

    @property
    def combinations(self) -> list[SweepRow]:
        """What each combination of a sweep measured; empty if the job is no sweep.

        Of a run that ended early they are there too, if any step of a combination completed.
        """
        table = sweep_results(self.run, self.job.document)
        return list(table.rows) if table else []

    def load(self, dataset: str) -> Any:
        """Load an output as Kedro would, from the run instead of its catalog path.

        Args:
            dataset: A name of `datasets`, or a transcoded form of one.

        Raises:
            DiagnosticError: KAZ204, the run wrote no such dataset.
        """
        job = self.job
        return load_output(self.run, dataset, job.project, job.env, job.params, self._storage)

    def into_catalog(self) -> list[Path]:
        """Copy the outputs to their catalog paths, as ``run --local --into-catalog`` does.

        Returns:
            The files that were written.

        Raises:
            DiagnosticError: KAZ605, nothing was copied.
        """
        job = self.job
        places = places_of_record(Project(job.project, job.env), job.document.first_record())
        return copy_into_catalog(self.run, job.project, places, self._storage).written

    def __repr__(self) -> str:
        completed = self.run.count("Completed")
        return f"Rehearsal of {self.job!r}: {self.status}, {completed} completed"


def rehearse(
    job: Job,
    *,
    max_parallel: int | None = None,
    max_processes: int | None = None,
    max_trials: int | None = None,
    launcher: str | None = None,
    pass_env: Sequence[str] = (),
    progress: TellLine | None = None,
) -> Rehearsal:
    """Run a job on this machine as Azure ML would.

    Args:
        job: The job.
        max_parallel: How many steps run at once.
        max_processes: How many processes a distributed step may have.
        max_trials: How many trials of a tuned step are run.
        launcher: What starts the steps, by the name that another package adds.
        pass_env: Names of variables of this process that are passed to the steps.
        progress: Takes each line that is worth telling, such as `print`.

    Returns:
        What happened; a step that fails raises nothing.

    Raises:
        DiagnosticError: Nothing was run, because the job cannot be rehearsed.
    """
    storage = Access(connection_string=os.environ.get(USER_CONNECTION_VARIABLE) or None)
    options = RehearsalOptions(
        max_parallel=max_parallel or default_max_parallel(),
        max_processes=max_processes or default_max_processes(),
        max_trials=max_trials or MAX_TRIALS,
        launcher=launcher,
        pass_env=tuple(pass_env),
        project=job.project,
        workspace=workspace_of(Project(job.project, job.env), job.params),
        storage=storage,
    )
    with make_display(LineStream(progress), max_parallel=options.max_parallel) as display:
        run = rehearse_document(
            job.document, job.base, options, source=job.source, progress=display
        )
    return Rehearsal(job, run, storage)
