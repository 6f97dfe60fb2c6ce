"""A launcher that starts every step in a program of the team's own."""

from __future__ import annotations

from dataclasses import replace

from kedro_azureml.rehearsal.launch.foreign import LauncherRequest
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Launch, LaunchRequest


class NiceLauncher(CommandLauncher):
    """Starts steps with less weight, and says so in their logs."""

    def __init__(self, request: LauncherRequest) -> None:
        self._notes = request.root / "nice.txt"

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        with self._notes.open("a") as notes:
            notes.write(f"{order.step}\n")
        environment = {**order.environment, "ACME_COMMAND": order.command}
        command = 'echo NICE; exec nice -n 5 bash -c "$ACME_COMMAND"'
        return super().launch(replace(order, command=command, environment=environment), early=early)


def broken(request: LauncherRequest) -> NiceLauncher:
    """Cannot be made."""
    raise RuntimeError(f"no machine for {request.job.display_name}")
