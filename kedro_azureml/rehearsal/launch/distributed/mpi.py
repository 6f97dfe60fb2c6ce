"""MPI: the machine's own ``mpirun``, which starts a small script for each rank.

The script does what several machines would: it sends the rank's output to a log of its own, goes to
the working copy of the rank's node, and corrects what ``mpirun``, for which all ranks are on one
machine, says of the node. Documented by Microsoft (SDK v1, how-to-train-distributed-gpu) are
``OMPI_COMM_WORLD_*`` and ``AZ_BATCH_MASTER_NODE``; the other ``AZ_BATCH*`` variables were seen.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote

from kedro_azureml.rehearsal.launch.distributed.framework import (
    ADDRESS,
    node_environment,
    with_rank,
)
from kedro_azureml.rehearsal.launch.distributed.layout import (
    MPI_LOG,
    processes_of,
    workers_per_node,
)
from kedro_azureml.rehearsal.launch.distributed.ports import Ports
from kedro_azureml.rehearsal.launch.distributed.pytorch import MASTER_PORT
from kedro_azureml.rehearsal.launch.launcher import Exit, Launch, LaunchRequest
from kedro_azureml.rehearsal.plan.model import PlannedDistribution
from kedro_azureml.rehearsal.processes.group import SHELL, ProcessGroup

PROGRAM = "mpirun"
# What it takes on a busy machine, many times over; the step cannot be canceled meanwhile.
_VERSION_SECONDS = 15.0
_OPEN_MPI = ("--map-by", ":OVERSUBSCRIBE", "--bind-to", "none")
_OPEN_MPI_AS_ROOT = "--allow-run-as-root"

_SCRIPT = """\
rank=${{OMPI_COMM_WORLD_RANK:-$PMI_RANK}}
case $rank in
{logs}
esac
node=$((rank / {per_node}))
local_rank=$((rank % {per_node}))
case $node in
{nodes}
esac
cd "$AZUREML_CR_EXECUTION_WORKING_DIR_PATH" || exit
unset OLDPWD
export AZUREML_CR_NODE_RANK=$node AZ_BATCHAI_TASK_INDEX=$node
if [ -n "$OMPI_COMM_WORLD_RANK" ]; then
  export OMPI_COMM_WORLD_LOCAL_RANK=$local_rank OMPI_COMM_WORLD_NODE_RANK=$local_rank
  export OMPI_COMM_WORLD_LOCAL_SIZE={per_node} OMPI_WORLD_LOCAL_SIZE={per_node}
else
  export MPI_LOCALRANKID=$local_rank MPI_LOCALNRANKS={per_node}
fi
{shell} {command}
code=$?
echo $code > {exits}/$rank
exit $code
"""


class Mpi:
    """Starts ``mpirun``."""

    def launch(
        self, order: LaunchRequest, distribution: PlannedDistribution, ports: Ports
    ) -> Launch:
        """Start it, and with it all ranks; see `Framework.launch`."""
        program = find_mpirun(order.environment)
        if program is None:
            raise FileNotFoundError(f"there is no '{PROGRAM}' on the PATH")
        options = _options(program, order.environment)
        (port,) = taken = ports.take(1, preferred=MASTER_PORT)
        environment = with_rank(
            node_environment(order, distribution, 0),
            AZ_BATCH_MASTER_NODE=f"{ADDRESS}:{port}",
            AZ_BATCHAI_MPI_MASTER_NODE=ADDRESS,
            AZ_BATCHAI_JOB_MASTER_NODE_IP=ADDRESS,
            AZ_BATCH_HOST_LIST=",".join([ADDRESS] * distribution.nodes),
            AZ_BATCHAI_TASK_INDEX=0,
        )
        exits = order.scratch / "exits"
        exits.mkdir(parents=True)
        script = order.scratch / "rank.sh"
        script.write_text(_script(order, distribution, exits), encoding="utf-8")
        command = [program, *options, "-n", str(distribution.workers)]
        try:
            group = ProcessGroup(
                [*command, SHELL[0], str(script)],
                cwd=order.cwd,
                env=environment,
                log=order.log.parent / MPI_LOG,
            )
        except OSError:
            ports.release(taken)
            raise
        return _MpiLaunch(group, order, distribution, exits, lambda: ports.release(taken))


def find_mpirun(environment: Mapping[str, str]) -> str | None:
    """Return the ``mpirun`` that a step with these variables finds."""
    return shutil.which(PROGRAM, path=environment.get("PATH"))


class _MpiLaunch:
    """A running ``mpirun``; it ends all ranks when one fails."""

    def __init__(
        self,
        group: ProcessGroup,
        order: LaunchRequest,
        distribution: PlannedDistribution,
        exits: Path,
        release: Callable[[], None],
    ) -> None:
        self._group = group
        self._order = order
        self._distribution = distribution
        self._exits = exits
        self._release = release
        self._asked = False
        self._unended: tuple[str, ...] = ()

    def go(self) -> None:
        """Do nothing: it has begun."""

    def signal(self, number: int) -> None:
        if not self._asked:
            self._unended = tuple(
                f"rank {process.rank}"
                for process in processes_of(self._distribution)
                if not (self._exits / str(process.rank)).exists()
            )
        self._asked = True
        self._group.signal(number)

    def wait(self) -> Exit:
        code = self._group.wait()
        self._release()
        end = Exit(0)
        if code != 0:
            mpi_log = self._order.log.parent / MPI_LOG
            end = self._first_failure() or Exit(code, PROGRAM, log=mpi_log)
        return replace(end, unended=self._unended)

    def _first_failure(self) -> Exit | None:
        """Return what the script of the first rank that failed wrote."""
        failures: list[tuple[int, int, Exit]] = []
        for process in processes_of(self._distribution):
            file = self._exits / str(process.rank)
            with contextlib.suppress(OSError, ValueError):
                code = int(file.read_text())
                log = self._order.log.parent / process.log_name
                failure = Exit(_as_signal(code), f"rank {process.rank}", process.rank, log)
                if code != 0:
                    failures.append((file.stat().st_mtime_ns, process.rank, failure))
        return min(failures)[2] if failures else None


def _as_signal(code: int) -> int:
    """Translate a shell's exit code for a killed process into the process's own."""
    return -signal.SIGKILL if code == 128 + signal.SIGKILL else code


def _options(program: str, environment: Mapping[str, str]) -> list[str]:
    """Return the options that ``mpirun`` needs here: MPICH's and Intel's need none."""
    try:
        version = subprocess.run(
            [program, "--version"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired:
        seconds = f"{_VERSION_SECONDS:g} seconds"
        raise TimeoutError(f"'{program} --version' gave no answer in {seconds}") from None
    if b"Open MPI" not in version:
        return []
    return [*([_OPEN_MPI_AS_ROOT] if os.geteuid() == 0 else []), *_OPEN_MPI]


def _script(order: LaunchRequest, distribution: PlannedDistribution, exits: Path) -> str:
    folder = order.log.parent
    return _SCRIPT.format(
        logs="\n".join(
            f"{p.rank}) exec >>{quote(str(folder / p.log_name))} 2>&1;;"
            for p in processes_of(distribution)
        ),
        nodes="\n".join(
            f"{number}) export AZUREML_CR_EXECUTION_WORKING_DIR_PATH={quote(str(copy))};;"
            for number, copy in enumerate(order.working_copies)
        ),
        per_node=workers_per_node(distribution),
        shell=" ".join(SHELL),
        command=quote(order.command),
        exits=quote(str(exits)),
    )
