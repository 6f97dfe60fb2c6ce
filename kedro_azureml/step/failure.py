"""What failed, and why: in a line of the step's log, and as the record that the step leaves behind.

Nothing here imports Kedro, which may be what fails; what only a failure needs is imported then.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_azureml.formatting import listed
from kedro_azureml.step.errors import StepError

if TYPE_CHECKING:
    from kedro_azureml.job.run.failure import Failure, Frame

_NODE, _BEFORE = "_kedro_azureml_node", "_kedro_azureml_before"
_SHOWN = 3
_LONGEST = 600
# Seen on real steps, and set by the rehearsal: where the log of this process is.
_LOG_FOLDER = "AZUREML_CR_HT_CAP_user_logs_PATH"
# The job's own working directory, which the project's is not when the code is in the image.
_WORKING_DIRECTORY = "AZUREML_CR_EXECUTION_WORKING_DIR_PATH"
_RUN = "AZUREML_RUN_ID"
# Where libraries are installed: code below them is not the project's.
_INSTALLED = {"site-packages", "dist-packages"}


def is_of_node(error: BaseException, node: str) -> None:
    """Write on an error which node it is of."""
    _write(error, _NODE, node)


def came_before_nodes(error: BaseException) -> None:
    """Write on an error that no node had begun."""
    _write(error, _BEFORE, True)


def what_failed(error: BaseException, nodes: Sequence[str]) -> str:
    """Name the node that failed, where it is known; else all nodes of the step, in one line."""
    failed = getattr(error, _NODE, None)
    names = [failed] if isinstance(failed, str) else nodes
    shown = listed(names, _SHOWN)
    return f"node {shown}" if _has_begun(error) else f"what comes before node {shown}"


def import_failure(warning: str) -> str | None:
    """Return why Kedro leaves a pipeline out; None for another warning.

    Args:
        warning: The text of a warning, from ``find_pipelines``: what, and a traceback.
    """
    if not warning.strip().startswith("An error occurred while importing"):
        return None
    lines = warning.strip().splitlines()
    return f"{lines[0].split('. ')[0]}: {lines[-1]}"


def in_one_line(text: str) -> str:
    """Put a text in one line, without its middle where it is long.

    Kedro's errors end with the cause.
    """
    line = " ".join(text.split())
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[:half]} ... {line[-half:]}"


def failure_of(error: BaseException, nodes: Sequence[str], project: Path) -> Failure:
    """Record why the step failed.

    Args:
        error: What ended it.
        nodes: The step's nodes.
        project: The project's root.
    """
    from kedro_azureml.job.run.failure import Failure

    node = getattr(error, _NODE, None)
    if not isinstance(node, str):
        node = nodes[0] if len(nodes) == 1 else None
    try:
        message = str(error)
    except Exception:  # whatever the project's exception does
        message = ""
    return Failure(
        message,
        None if isinstance(error, StepError) else type(error).__name__,
        node=node,
        begun=_has_begun(error),
        frames=tuple(_project_frames(error, project)),
    )


def keep(failure: Failure, project: Path, environment: Mapping[str, str]) -> None:
    """Leave the record where a reader finds it: beside the log, and among the step's artifacts.

    Azure ML is known to upload only the second, and the rehearsal reads the first. A step that
    somebody runs by hand leaves none. Whatever fails here, the log has the traceback.

    Args:
        failure: The record.
        project: The project's root.
        environment: The step's variables.
    """
    from kedro_azureml.job.run.failure import ARTIFACTS

    failure = _masked(_with_process(failure))
    folders: list[Path] = []
    if environment.get(_LOG_FOLDER):
        folders.append(Path(environment[_LOG_FOLDER]))
    if environment.get(_RUN):
        folders.append(Path(environment.get(_WORKING_DIRECTORY) or project) / ARTIFACTS)
    for folder in folders:
        with contextlib.suppress(Exception):
            failure.write(folder)


def _masked(failure: Failure) -> Failure:
    """Take the step's secrets out of what the project and its libraries say."""
    from dataclasses import replace

    from kedro_azureml.secrets.masking import masked

    frames = tuple(replace(frame, source=masked(frame.source)) for frame in failure.frames)
    return replace(failure, message=masked(failure.message), frames=frames)


def _with_process(failure: Failure) -> Failure:
    """Add the process's rank to the record, where the step has several processes.

    Each writes a file of its own: those on one machine share the folders, and Azure ML collects
    the folders of all machines in one place.
    """
    from dataclasses import replace

    from kedro_azureml.distributed.ranks import ProcessRank, this_process

    try:
        process = this_process()
    except RuntimeError:
        return failure
    if process == ProcessRank():
        return failure
    return replace(failure, rank=process.rank, process=process.label)


def _has_begun(error: BaseException) -> bool:
    return getattr(error, _BEFORE, False) is not True


def _project_frames(error: BaseException, project: Path) -> Iterator[Frame]:
    """Yield the calls in the project's code, else those of the error's cause.

    Kedro raises errors of its own out of those of the project's datasets and hooks.
    """
    from kedro_azureml.job.run.failure import Frame

    files = _ProjectFiles(project)
    seen: set[int] = set()
    cause: BaseException | None = error
    frames: list[Frame] = []
    while cause is not None and id(cause) not in seen and not frames:
        seen.add(id(cause))
        frames += [
            Frame(file, call.lineno or 0, call.name, call.line or "")
            for call in traceback.extract_tb(cause.__traceback__)
            if (file := files.name_of(call.filename))
        ]
        if isinstance(cause, SyntaxError) and (file := files.name_of(cause.filename or "")):
            frames.append(Frame(file, cause.lineno or 0, source=(cause.text or "").strip()))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    yield from frames


class _ProjectFiles:
    """Which files are the project's, and what its author calls them.

    The project's package may be imported from elsewhere: from where it is installed, or from the
    project's own folder by the process that `--warm` forks.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._roots = {os.path.realpath(project): Path()}
        framework = sys.modules.get("kedro.framework.project")
        name = getattr(framework, "PACKAGE_NAME", None)
        package = sys.modules.get(name) if isinstance(name, str) else None
        file = getattr(package, "__file__", None)
        source = next((s for s in ("src", ".") if name and (project / s / name).is_dir()), None)
        if file and source and name:
            folder = str(Path(os.path.realpath(file)).parent)
            self._roots[folder] = Path(source, name)

    def name_of(self, file: str) -> str | None:
        """Return a file's path relative to the project; None for a file of another package."""
        if not file or file.startswith("<"):
            return None
        path = os.path.realpath(self._project / file)
        for root, name in self._roots.items():
            relative = Path(os.path.relpath(path, root))
            if relative.parts[:1] != ("..",) and not _INSTALLED & set(relative.parts):
                return (name / relative).as_posix()
        return None


def _write(error: BaseException, name: str, value: object) -> None:
    # Some exceptions take no attributes.
    with contextlib.suppress(AttributeError, TypeError):
        setattr(error, name, value)
