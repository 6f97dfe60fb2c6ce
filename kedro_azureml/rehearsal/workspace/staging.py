"""The folders of a rehearsal and what is put into them.

<run>/job.yml, report.json
<run>/snapshot/                   what Azure ML would upload as code
<run>/inputs/<name>/              copies of raw inputs: the user's own files are never touched
<run>/mlflow/                     MLflow's database and artifacts, if MLflow is installed
<run>/steps/<step>/user_logs/std_log.txt
<run>/steps/<step>/logs/
<run>/steps/<step>/outputs/<name>   what the step wrote, once it has ended
<run>/steps/<step>/<32 hex>/exe/wd                     its working directory
<run>/steps/<step>/<32 hex>/cap/data-capability/wd     its inputs and outputs while it runs
<run>/steps/<step>/<another 32 hex>/exe/wd             the same on each further machine, if any
<run>/steps/<step>/trials/<number>/...                 the same for each trial of a sweep step
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.snapshot.copying import copy_failure, copy_snapshot
from kedro_azureml.job.snapshot.files import SnapshotFile
from kedro_azureml.job.snapshot.listing import (
    Snapshot,
    dropped_data,
    list_data_folder,
    list_snapshot,
)
from kedro_azureml.rehearsal.plan.model import LocalData, Plan, PlannedOutput
from kedro_azureml.rehearsal.workspace.environment import INPUT_FOLDER_PREFIX
from kedro_azureml.rehearsal.workspace.read_only import Fingerprint, fingerprint, make_read_only
from kedro_azureml.rehearsal.workspace.stable_ids import stable_id


@dataclass(frozen=True)
class NodeFolders:
    """One machine's share of a step's folders.

    Attributes:
        while_running: Everything that is there for the running step only.
        leavings: What a step that completed left in its working directory.
    """

    while_running: Path
    leavings: Path

    @property
    def working_copy(self) -> Path:
        """The working directory; deep and with an unforeseeable part, as on Azure ML."""
        return self.while_running / "exe" / "wd"


@dataclass(frozen=True)
class StepFolders:
    """One step's folders."""

    root: Path
    token: str

    @property
    def while_running(self) -> Path:
        """Everything that is there for the running step only."""
        return self.root / self.token

    @property
    def working_copy(self) -> Path:
        """The working directory, on the first machine."""
        return self.on_node(0).working_copy

    @property
    def scratch(self) -> Path:
        """What the launcher needs for itself."""
        return self.while_running / "launcher"

    def on_node(self, number: int) -> NodeFolders:
        """Return the folders of one of a distributed step's machines; there is always one."""
        if number == 0:
            return NodeFolders(self.while_running, self.root / "wd")
        token = stable_id(f"{self.token}/{number}").replace("-", "")
        return NodeFolders(self.root / token, self.root / f"wd-{number}")

    @property
    def data(self) -> Path:
        """Where inputs and outputs are while the step runs."""
        return self.while_running / "cap" / "data-capability" / "wd"

    @property
    def user_logs(self) -> Path:
        """Standard output and error."""
        return self.root / "user_logs"

    @property
    def log(self) -> Path:
        """The one log of a step that is not distributed."""
        return self.user_logs / "std_log.txt"

    @property
    def logs(self) -> Path:
        """Other logs."""
        return self.root / "logs"

    def output(self, name: str) -> Path:
        """Return where an output lies after the step."""
        return self.root / "outputs" / name

    def input_folder(self, name: str) -> Path:
        """Return where an input is while the step runs."""
        return self.data / f"{INPUT_FOLDER_PREFIX}{name}"


@dataclass(frozen=True)
class RunFolders:
    """One rehearsal's folders."""

    root: Path

    def step(self, name: str) -> StepFolders:
        """Return the folders of a step."""
        token = stable_id(f"{self.root.name}/{name}").replace("-", "")
        return StepFolders(self.root / "steps" / name, token)

    def raw_input(self, data: LocalData) -> Path:
        """Return the copy of a raw input: a folder, or a file in a folder of its own."""
        folder = self.root / "inputs" / data.key
        return folder if data.path.is_dir() else folder / data.path.name

    def stage_code(self, plan: Plan) -> dict[Path, Snapshot]:
        """Freeze each code folder as Azure ML does at submission.

        Raises:
            DiagnosticError: A folder cannot be uploaded or copied.
        """
        folders = dict.fromkeys(step.code for step in plan.steps.values() if step.code)
        staged: dict[Path, Snapshot] = {}
        for number, code in enumerate(folders, start=1):
            snapshot = list_snapshot(code)
            _refuse(snapshot, f"The code folder '{code.name}' has no file to upload.")
            copy = self.root / ("snapshot" if number == 1 else f"snapshot-{number}")
            copy_snapshot(snapshot, copy)
            staged[code] = snapshot.at(copy)
        return staged

    def stage_raw_inputs(self, plan: Plan) -> None:
        """Copy the raw inputs that steps use.

        Raises:
            DiagnosticError: One cannot be uploaded or copied.
        """
        sources = (i.source for step in plan.steps.values() for i in step.inputs.values())
        for data in {s.key: s for s in sources if isinstance(s, LocalData)}.values():
            if data.path.is_dir():
                snapshot = list_data_folder(data.path)
                _refuse(snapshot, f"The input folder '{data.key}' has no file to upload.")
                if problem := dropped_data(snapshot, data.path.name, f"inputs.{data.key}.path"):
                    raise DiagnosticError(problem)
            else:
                name = data.path.name
                snapshot = Snapshot(data.path.parent, (SnapshotFile(name, 0, data.path),))
            copy = self.root / "inputs" / data.key
            copy_snapshot(snapshot, copy)
            make_read_only(copy)


def _refuse(snapshot: Snapshot, empty: str) -> None:
    problems = snapshot.diagnostics()
    if not problems and not snapshot.files:
        problems = [_empty(snapshot, empty)]
    if problems:
        raise DiagnosticError(problems)


def _empty(snapshot: Snapshot, message: str) -> Diagnostic:
    return Diagnostic(
        "KAZ505",
        message,
        f"Put files into it, or ignore less in {snapshot.ignore_file or 'its ignore file'}.",
        where=str(snapshot.root),
    )


def stage_working_copies(
    folders: StepFolders, snapshot: Snapshot | None, machines: int
) -> list[Fingerprint]:
    """Give a step its folders and, on each machine, its own fresh copy of the snapshot.

    Returns:
        The fingerprint of each copy.

    Raises:
        DiagnosticError: Copying failed.
    """
    for folder in (folders.data, folders.user_logs, folders.logs):
        folder.mkdir(parents=True, exist_ok=True)
    copies = [folders.on_node(number).working_copy for number in range(machines)]
    for copy in copies:
        copy.mkdir(parents=True, exist_ok=True)
        if snapshot is not None:
            copy_snapshot(snapshot, copy)
    return [fingerprint(copy) for copy in copies]


def stage_outputs(folders: StepFolders, outputs: Iterable[PlannedOutput]) -> dict[str, str]:
    """Make output folders, which exist before the command runs; return each output's path."""
    for output in outputs:
        if output.type != "uri_file":
            (folders.data / output.name).mkdir()
    return {output.name: str(folders.data / output.name) for output in outputs}


def stage_input(source: Path, target: Path, *, read_only: bool) -> None:
    """Lay data out for one step.

    A read-only file is the same file under another name where the disk can do that, else a copy.
    It is a copy for root too, whom no permission stops: a step that changes its input must not
    change that of another. So is a downloaded file, because a step may change its download.
    Folders without files vanish, as they do in storage.

    Raises:
        DiagnosticError: Copying failed.
    """
    place = _link_or_copy if read_only and os.geteuid() != 0 else shutil.copyfile
    target.parent.mkdir(parents=True, exist_ok=True)
    for path, destination in _files(source, target):
        try:
            destination.parent.mkdir(parents=True, exist_ok=True)
            place(path, destination)
        except OSError as error:
            name = path.relative_to(source.parent).as_posix()
            raise DiagnosticError(copy_failure(error, name, source.parent)) from error


def _files(source: Path, target: Path) -> Iterable[tuple[Path, Path]]:
    if source.is_file():
        yield source, target
        return
    target.mkdir(parents=True)
    for folder, _, names in os.walk(source):
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                yield path, target / path.relative_to(source)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        if not source.is_symlink():
            os.link(source, target)
            return
    except OSError:
        # Another disk, a file system without links, or too many of them.
        pass
    shutil.copyfile(source, target)
