"""The Git commit that a job's code is of, as tags of the job and of its steps.

It is no part of the document, which would be another one after each commit.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.tags import source_tags

# Seconds. A job does not wait for a repository that takes longer to look through.
_PATIENCE = 10


def with_source_tags(job: PipelineJob, base: Path) -> PipelineJob:
    """Return the job with tags that name the commit; as it is where there is none.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
    """
    code = next((step.component.code for step in job.jobs.values() if step.component.code), None)
    return with_tags(job, tags_of_source((base / code).resolve()) if code else {})


def with_tags(job: PipelineJob, tags: Mapping[str, str]) -> PipelineJob:
    """Return the job with more tags of its own and of each step; those that it has count."""
    if not tags:
        return job
    steps = {
        name: step.model_copy(update={"tags": {**tags, **step.tags}})
        for name, step in job.jobs.items()
    }
    return job.model_copy(update={"tags": {**tags, **job.tags}, "jobs": steps})


def tags_of_source(folder: Path) -> dict[str, str]:
    """Return tags that name the commit of a folder of code; none where there is none."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    # Only of the code itself: what else is in the repository is no part of the job.
    changes = _git(folder, "status", "--porcelain", "--", ".") if commit else None
    if not commit or changes is None:
        return {}
    return source_tags(commit, dirty=bool(changes))


def commits_since(folder: Path, commit: str) -> int | None:
    """Count the commits of a folder after another; None where Git does not know that one."""
    text = _git(folder, "rev-list", "--count", f"{commit}..HEAD", "--", ".")
    return int(text) if text else None


def _git(folder: Path, *words: str) -> str | None:
    """Ask Git something; None where it has no answer."""
    try:
        done = subprocess.run(
            # A repository may name a program that Git would run to find changes.
            ["git", "-c", "core.fsmonitor=false", *words],
            cwd=folder,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
