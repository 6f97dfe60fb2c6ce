"""How to rehearse."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.rehearsal.plan.model import MAX_TRIALS
from kedro_azureml.rehearsal.workspace.environment import Workspace
from kedro_azureml.storage.access import Access

if TYPE_CHECKING:
    from kedro_azureml.project import Project

# Seen on Kubernetes computes only: a canceled step gets SIGTERM, and SIGKILL after this many
# seconds.
KILL_GRACE_SECONDS = 30.0
# Steps that import the project ahead of time, besides those that run. Measured on 9 steps and 2
# cores: three to four processes in all are fastest.
EARLY_STEPS = 2
# Processes of one machine, whatever it is: two nodes of four are a common smallest test.
LEAST_PROCESSES = 8


def default_max_parallel() -> int:
    """Return the number of processors, and at least two."""
    return max(2, os.cpu_count() or 1)


def default_max_processes() -> int:
    """Return twice the number of processors, and at least eight."""
    return max(LEAST_PROCESSES, 2 * (os.cpu_count() or 1))


def workspace_of(project: Project, params: Mapping[str, Any]) -> Workspace:
    """Return the workspace that a project's jobs run in, as far as its azureml.yml names it.

    Args:
        project: The project; a compiled file can be rehearsed though its azureml.yml is wrong.
        params: Runtime parameters, which azureml.yml may refer to.
    """
    try:
        return Workspace.of(project.config(params))
    except DiagnosticError:
        return Workspace()


@dataclass(frozen=True)
class RehearsalOptions:
    """How to rehearse.

    Attributes:
        max_parallel: How many steps run at once.
        max_processes: How many processes distributed steps may have at once; one that has more is
            refused.
        max_trials: How many trials of a sweep step are run; those of Azure ML may be more.
        warm: Fork steps from a process that has imported the project as well (Linux).
        cold: Start each step as a new process, as it happens where forks are not used.
        launcher: What starts the steps, by the name that another package adds; None for what
            this package starts them with.
        pass_env: Names of the submitter's variables to let through to the steps.
        project: Whose runs folder is used; None for the folder of the document.
        runs_home: A folder for runs that replaces the project's.
        early_steps: How many more steps may be started ahead of time.
        kill_grace: Seconds between SIGTERM and SIGKILL.
        workspace: The workspace that the steps are told they run in.
        run_id: The pipeline job's id that the steps are told; None for the run folder's name.
        storage: What leads the steps to temporary storage, if the job uses any; None leaves that
            to the variables of the document.
        follow_logs: Whether what the steps print is told while they run.
    """

    max_parallel: int = field(default_factory=default_max_parallel)
    max_processes: int = field(default_factory=default_max_processes)
    max_trials: int = MAX_TRIALS
    warm: bool = False
    cold: bool = False
    launcher: str | None = None
    pass_env: tuple[str, ...] = ()
    project: Path | None = None
    runs_home: Path | None = None
    early_steps: int = EARLY_STEPS
    kill_grace: float = KILL_GRACE_SECONDS
    workspace: Workspace = field(default_factory=Workspace)
    run_id: str | None = None
    storage: Access | None = field(default_factory=Access)
    follow_logs: bool = False
