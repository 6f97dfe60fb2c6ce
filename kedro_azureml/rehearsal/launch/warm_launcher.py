"""Starts steps by forking a process that has imported the project (``--warm``, Linux).

A command that is not plainly ours is started cold, and so is everything once the process is gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Launch, Order
from kedro_azureml.rehearsal.launch.warm_process import WarmProcess
from kedro_azureml.step.arguments import parse_command

# Between the double quotes of a path, a shell would change these.
_EXPANDED_BY_SHELLS = frozenset("$`\\")
_STEP_WORDS = ("python", "-m", "kedro_azureml.step")


class WarmLauncher:
    """Forks the steps that it can, and starts the others cold."""

    def __init__(self, process: WarmProcess, commands: Iterable[str]) -> None:
        """Let the process get ready for these steps.

        Args:
            process: The process, which this closes.
            commands: The commands of all steps, before anything is replaced in them.
        """
        self._process = process
        self._cold = CommandLauncher()
        process.prepare([argv for argv in map(_argv, commands) if argv is not None])

    def starts_early(self, command: str) -> bool:
        """A fork has nothing to gain from it."""
        return self._process.gone and self._cold.starts_early(command)

    def launch(self, order: Order, *, early: bool) -> Launch:
        """Fork the step, as soon as the project is imported; see `Launcher.launch`."""
        argv = None if early else literal_argv(order)
        forked = None if argv is None else self._process.fork(order, argv)
        return forked or self._cold.launch(order, early=early)

    def close(self) -> None:
        """End the process."""
        self._process.close()


def _argv(command: str) -> list[str] | None:
    """The arguments of a command of ours; None for any other."""
    arguments = parse_command(command)
    # The compiler's own spelling, to the letter, holds nothing that a shell acts on.
    if arguments is None or arguments.command() != command:
        return None
    return shlex.split(command)[len(_STEP_WORDS) :]


def literal_argv(order: Order) -> list[str] | None:
    """The arguments of a command of ours, if a shell would leave the paths in it alone."""
    return _argv(order.command) if _EXPANDED_BY_SHELLS.isdisjoint(str(order.cwd)) else None
