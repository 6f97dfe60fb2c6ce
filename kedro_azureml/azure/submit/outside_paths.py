"""What a document, perhaps somebody else's, would upload from outside of its own folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed
from kedro_azureml.job.expressions import is_binding
from kedro_azureml.job.model import BoundInput, Input, PipelineJob
from kedro_azureml.job.references import is_local


def check_outside_paths(
    job: PipelineJob, base: Path, project: Path, allow: bool | Callable[[Sequence[str]], bool]
) -> None:
    """Make sure that a document uploads nothing unasked from outside of its folder and project.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
        project: The root of the project that it is submitted for.
        allow: Whether it may, or who decides it.

    Raises:
        DiagnosticError: KAZ512.
    """
    paths = _paths_outside(job, base, project)
    if not paths or (allow(paths) if callable(allow) else allow):
        return
    raise DiagnosticError(
        Diagnostic(
            "KAZ512",
            f"The document would upload {listed(paths)}, outside of its own folder. No job "
            "was submitted.",
            "If that is meant, give --allow-outside; on a terminal you are asked.",
            where="--file",
        )
    )


def _paths_outside(job: PipelineJob, base: Path, project: Path) -> list[str]:
    folder, root = base.resolve(), project.resolve()
    in_project = folder.is_relative_to(root)
    outside = []
    for path in dict.fromkeys(_local_paths(job)):
        source = Path(os.path.normpath(folder / path))
        # Links in the project are its owner's work, those beside somebody's document are not.
        sources = [source] if in_project else [source, source.resolve()]
        roots = [folder, root] if in_project else [folder]
        if not all(any(s.is_relative_to(r) for r in roots) for s in sources):
            outside.append(path)
    return outside


def _local_paths(job: PipelineJob) -> Iterator[str]:
    for value in job.inputs.values():
        if isinstance(value, Input) and value.path and is_local(value.path):
            yield value.path
    for step in job.jobs.values():
        for bound in step.inputs.values():
            if (
                isinstance(bound, BoundInput)
                and not is_binding(bound.path)
                and is_local(bound.path)
            ):
                yield bound.path
        environment = step.component.environment
        build = environment.get("build") if isinstance(environment, dict) else None
        paths = [
            step.component.code,
            environment.get("conda_file") if isinstance(environment, dict) else None,
            build.get("path") if isinstance(build, dict) else None,
        ]
        yield from (path for path in paths if isinstance(path, str) and is_local(path))
