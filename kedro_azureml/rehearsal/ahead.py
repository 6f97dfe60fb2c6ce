"""The process of a job's only step, started while the job is compiled.

With one step there is nothing to run beside it, and half of its time would be spent on importing
libraries. See `kedro_azureml.step.ahead` for what is imported ahead and what is not.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kedro_azureml.rehearsal.environment import base_environment, python_folder
from kedro_azureml.rehearsal.home import delete_tree
from kedro_azureml.rehearsal.launcher import CommandLauncher, Exit, Launch, Order
from kedro_azureml.rehearsal.plan import Plan
from kedro_azureml.rehearsal.process import ProcessGroup
from kedro_azureml.rehearsal.warm_launcher import literal_argv
from kedro_azureml.step.ahead import LOG

_COMMAND = ("python", "-m", "kedro_azureml.step.ahead")


class AheadProcess:
    """A process that has imported libraries and becomes one step."""

    def __init__(
        self, project: Path, package: Path, conf_source: Path, passed: Mapping[str, str]
    ) -> None:
        """Start it.

        Args:
            project: The project's root.
            package: Its Python package.
            conf_source: Its configuration folder.
            passed: Variables that are let through to all steps.

        Raises:
            OSError: It cannot be started.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="kedro-azureml-ahead-"))
        reader, self._writer = os.pipe()
        try:
            self._group = ProcessGroup(
                (*_COMMAND, str(reader), *map(str, (project, package, conf_source))),
                cwd=self._folder,
                env={**base_environment(python_folder(self._folder)), **passed},
                log=self._folder / LOG,
                pass_fds=(reader,),
            )
        except BaseException:
            os.close(self._writer)
            delete_tree(self._folder)
            raise
        finally:
            os.close(reader)

    def become(self, order: Order, argv: list[str]) -> Launch | None:
        """Be the step; None if the process is gone."""
        if self._writer < 0:
            return None
        what = {
            "argv": argv,
            "env": dict(order.environment),
            "cwd": str(order.cwd),
            "log": str(order.log),
        }
        writer, self._writer = self._writer, -1
        try:
            with os.fdopen(writer, "w", encoding="utf-8") as orders:
                orders.write(json.dumps(what) + "\n")
        except BrokenPipeError:
            return None
        self._group.mark(order.environment)
        return _AheadLaunch(self._group)

    def close(self) -> None:
        """End it, whether or not it has become a step; a second time does nothing."""
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1
        if self._folder.exists():
            self._group.signal(signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                self._group.wait()
            delete_tree(self._folder)


class _AheadLaunch:
    """The step that the process has become."""

    def __init__(self, group: ProcessGroup) -> None:
        self._group = group

    def go(self) -> None:
        """It has begun."""

    def wait(self) -> Exit:
        return Exit(self._group.wait())

    def signal(self, number: int) -> None:
        self._group.signal(number)


class AheadLauncher:
    """Lets the process become the job's only step, and starts that cold if it cannot."""

    def __init__(self, process: AheadProcess) -> None:
        """Take over a process, which `close` ends."""
        self._process = process
        self._cold = CommandLauncher()

    @staticmethod
    def fits(plan: Plan) -> bool:
        """Whether a plan is one step that imports libraries like any process of its kind.

        A variable of the document could be one that a library reads when it is imported.
        """
        steps = list(plan.steps.values())
        return len(steps) == 1 and not (steps[0].environment or steps[0].distribution)

    def starts_early(self, command: str) -> bool:
        """There is no other step to wait for."""
        return False

    def launch(self, order: Order, *, early: bool) -> Launch:
        """Be or start the step; see `Launcher.launch`."""
        argv = literal_argv(order)
        launch = None if argv is None else self._process.become(order, argv)
        return launch or self._cold.launch(order, early=early)

    def close(self) -> None:
        """End the process."""
        self._process.close()
