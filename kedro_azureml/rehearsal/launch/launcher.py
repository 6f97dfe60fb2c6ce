"""How a step's processes are started: one small protocol, and the launcher of ordinary commands."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kedro_azureml.rehearsal.plan.model import PlannedDistribution, PlannedStep
from kedro_azureml.rehearsal.processes.group import SHELL, ProcessGroup
from kedro_azureml.rehearsal.processes.pipes import make_pipe
from kedro_azureml.step.process.start import GO, START_VARIABLE


@dataclass(frozen=True)
class LaunchRequest:
    """What to start.

    Attributes:
        step: The step's name; of a trial of a sweep step, ``STEP/trials/NUMBER``.
        command: The text for the shell.
        cwd: The working directory.
        environment: All variables.
        log: The file for standard output and error; those of several processes are beside it.
        distribution: How many processes run the command; None for one, without a rank.
        working_copies: The working directory on each machine, the first being `cwd`.
        scratch: A folder for the launcher's own files; it need not exist.
    """

    step: str
    command: str
    cwd: Path
    environment: Mapping[str, str]
    log: Path
    distribution: PlannedDistribution | None = None
    working_copies: tuple[Path, ...] = ()
    scratch: Path = Path()


@dataclass(frozen=True)
class Exit:
    """How a step's processes ended.

    Attributes:
        code: The exit code, negative for a signal; of several processes that of the first to fail.
        process: What to call the one of several that failed first.
        rank: Its number, if it is one of the step's own processes.
        log: Its log.
        unended: Which of several were still running when the step was asked to end.
    """

    code: int
    process: str | None = None
    rank: int | None = None
    log: Path | None = None
    unended: tuple[str, ...] = ()


class Launch(Protocol):
    """A step that was started.

    One thread calls `go` and `wait`; `signal` may come from another.
    """

    def go(self) -> None:
        """Let a step that was started early begin; do nothing for any other."""

    def wait(self) -> Exit:
        """Wait for the end of all its processes."""

    def signal(self, number: int) -> None:
        """Send a signal to all its processes."""


class Launcher(Protocol):
    """A way to start steps."""

    def starts_early(self, step: PlannedStep) -> bool:
        """Tell whether a step can be started before its inputs exist."""

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        """Start a step.

        Args:
            order: What to start.
            early: Whether it shall wait for `Launch.go`.

        Raises:
            OSError: It cannot be started.
        """

    def close(self) -> None:
        """End whatever the launcher itself keeps running."""


class CommandLauncher:
    """Starts a command in a shell."""

    def starts_early(self, step: PlannedStep) -> bool:
        """Start steps of this package early: they import the project, then wait for the word."""
        return step.record is not None

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        """Start the command in a shell; see `Launcher.launch`."""
        return _EarlyCommand(order) if early else _Command(order)

    def close(self) -> None:
        """Do nothing: this launcher keeps no resources."""


class _Command:
    """A command that begins at once."""

    def __init__(self, order: LaunchRequest) -> None:
        self._group = start_command(order.command, order.cwd, order.environment, order.log)

    def go(self) -> None:
        """Do nothing: it has begun."""

    def wait(self) -> Exit:
        return Exit(self._group.wait())

    def signal(self, number: int) -> None:
        self._group.signal(number)


class _EarlyCommand:
    """A command that waits on a pipe; the end of the pipe means that it is not needed."""

    def __init__(self, order: LaunchRequest) -> None:
        reader, self._writer = make_pipe()
        try:
            environment = {**order.environment, START_VARIABLE: str(reader)}
            self._group = start_command(
                order.command, order.cwd, environment, order.log, pass_fds=(reader,)
            )
        except BaseException:
            os.close(self._writer)
            raise
        finally:
            os.close(reader)

    def go(self) -> None:
        # It may have ended already, having failed to import: then `wait` tells.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writer, GO)
        self._close()

    def wait(self) -> Exit:
        try:
            return Exit(self._group.wait())
        finally:
            self._close()

    def signal(self, number: int) -> None:
        self._group.signal(number)

    def _close(self) -> None:
        writer, self._writer = self._writer, -1
        if writer >= 0:
            os.close(writer)


def start_command(
    command: str,
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    *,
    pass_fds: tuple[int, ...] = (),
    sweeps: bool = True,
) -> ProcessGroup:
    """Start a command in a shell; see `ProcessGroup`.

    Raises:
        OSError: It cannot be started.
    """
    shell, *options = SHELL
    program = shutil.which(shell, path=environment.get("PATH"))
    if program is None:
        raise FileNotFoundError(f"there is no '{shell}' on the PATH")
    return ProcessGroup(
        (program, *options, command),
        cwd=cwd,
        env=environment,
        log=log,
        pass_fds=pass_fds,
        sweeps=sweeps,
    )
