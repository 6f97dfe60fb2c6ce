"""The inputs of one step: where they are, how they get there, and whether they were left alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from kedro_azureml.rehearsal.plan.model import LocalData, PlannedInput, PlannedStep, Upstream
from kedro_azureml.rehearsal.workspace.read_only import (
    Fingerprint,
    fingerprint,
    first_change,
    make_read_only,
)
from kedro_azureml.rehearsal.workspace.staging import RunFolders, stage_input
from kedro_azureml.rehearsal.workspace.step_outputs import Collected, holds_files


class StepInputError(Exception):
    """An input cannot be had; the message follows the step's name."""


class StepInputs:
    """The inputs of one step."""

    def __init__(
        self, step: PlannedStep, folders: RunFolders, collected: Mapping[Upstream, Collected]
    ) -> None:
        """Describe the inputs; nothing is touched.

        Args:
            step: The step.
            folders: The run's folders.
            collected: The outputs of completed steps, as they come.
        """
        self._step = step
        self._run = folders
        self._folders = folders.step(step.name)
        self._collected = collected
        self._marks: dict[str, Fingerprint] = {}

    def values(self, missing: Collection[str]) -> dict[str, str | None]:
        """Return what stands for each input in the command.

        Args:
            missing: Optional inputs that have no value after all.
        """
        return {
            i.name: None if i.name in missing else self._value(i)
            for i in self._step.inputs.values()
        }

    def stage(self, missing: Collection[str]) -> None:
        """Lay out the data, and remember what must not change.

        Raises:
            StepInputError: An input is empty, or was spoilt by another step.
            DiagnosticError: It cannot be copied.
        """
        for planned in self._step.inputs.values():
            if planned.type is not None and planned.source and planned.name not in missing:
                source = self._source(planned)
                stage_input(source, self._path(planned), read_only=planned.read_only)
                if planned.read_only:
                    folder = self._folders.input_folder(planned.name)
                    make_read_only(folder)
                    self._marks[planned.name] = fingerprint(folder)

    def changes(self) -> list[str]:
        """Say which read-only inputs were changed; permissions do not stop root."""
        messages = []
        for name, before in self._marks.items():
            change = first_change(before, fingerprint(self._folders.input_folder(name)))
            if change is not None:
                messages.append(
                    f"changed its input '{name}', which is read-only on Azure ML: {change}"
                )
        return messages

    def _value(self, planned: PlannedInput) -> str | None:
        if planned.type is None or planned.source is None:
            return planned.source if isinstance(planned.source, str) else None
        return str(self._path(planned))

    def _path(self, planned: PlannedInput) -> Path:
        folder = self._folders.input_folder(planned.name)
        if planned.type != "uri_file":
            return folder
        # A file is mounted inside a folder of the input's name.
        if isinstance(planned.source, LocalData):
            return folder / planned.source.path.name
        return folder / planned.source.output if isinstance(planned.source, Upstream) else folder

    def _source(self, planned: PlannedInput) -> Path:
        if not isinstance(planned.source, Upstream):
            assert isinstance(planned.source, LocalData)  # noqa: S101 - no other data has a type
            return self._run.raw_input(planned.source)
        step, output = planned.source.step, planned.source.output
        collected = self._collected.get(planned.source)
        if collected is None or not holds_files(collected.path):
            raise StepInputError(
                f"has no data in its input '{planned.name}': the step '{step}' wrote nothing to "
                f"its output '{output}', and Azure ML has no empty folders"
            )
        change = first_change(collected.fingerprint, fingerprint(collected.path))
        if change is not None:
            raise StepInputError(
                f"has a spoilt input '{planned.name}': {change} by another step that reads the "
                f"output '{output}' of the step '{step}'"
            )
        return collected.path
