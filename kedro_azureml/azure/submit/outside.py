"""What a document, perhaps somebody else's, would upload from outside of its own folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed
from kedro_azureml.job.model import Input, PipelineJob
from kedro_azureml.job.references import is_local


def paths_outside(job: PipelineJob, base: Path, folders: Sequence[Path]) -> list[str]:
    """List the paths of a document that lead out of the folders that it may use.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
        folders: The document's own folder, and the project that it lies in.
    """
    roots = [folder.resolve() for folder in folders]
    outside = []
    for path in dict.fromkeys(_local_paths(job)):
        # A link inside the folder is the work of whoever made the folder.
        source = Path(os.path.normpath(base.resolve() / path))
        if not any(source.is_relative_to(root) for root in roots):
            outside.append(path)
    return outside


def needs_consent(paths: Sequence[str]) -> Diagnostic:
    """KAZ512: nobody was there to agree to the upload."""
    return Diagnostic(
        "KAZ512",
        f"The document would upload {listed(paths)}, outside of its own folder. No job "
        "was submitted.",
        "If that is meant, give --allow-outside; on a terminal you are asked.",
        where="--file",
    )


def _local_paths(job: PipelineJob) -> Iterator[str]:
    for value in job.inputs.values():
        if isinstance(value, Input) and value.path and is_local(value.path):
            yield value.path
    for step in job.jobs.values():
        environment = step.component.environment
        build = environment.get("build") if isinstance(environment, dict) else None
        paths = [
            step.component.code,
            environment.get("conda_file") if isinstance(environment, dict) else None,
            build.get("path") if isinstance(build, dict) else None,
        ]
        yield from (path for path in paths if isinstance(path, str) and is_local(path))
