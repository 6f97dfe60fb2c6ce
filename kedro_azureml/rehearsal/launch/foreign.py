"""Launchers of other packages: entry points `kedro_azureml.launchers`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kedro_azureml import extensions
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.rehearsal.launch.launcher import Launcher

OPTION = "--launcher"


@dataclass(frozen=True)
class LauncherRequest:
    """What a launcher is made for.

    Attributes:
        job: The document; a step's environment stands in it, for example.
        root: The run's folder, which holds every path of the steps.
    """

    job: PipelineJob
    root: Path


class LauncherFactory(Protocol):
    """What the entry point names: a class of launchers, or a function that makes one."""

    def __call__(self, request: LauncherRequest, /) -> Launcher:
        """Make the launcher of one rehearsal.

        Raises:
            DiagnosticError: It cannot work here.
        """


def make_launcher(name: str, request: LauncherRequest) -> Launcher:
    """Make the launcher that another package adds under a name.

    Raises:
        DiagnosticError: KAZ141, or what the package itself says.
    """
    extension = extensions.find(extensions.LAUNCHERS, name, OPTION)
    with extension.blamed(OPTION):
        launcher: Launcher = extension.value(request)
        return launcher
