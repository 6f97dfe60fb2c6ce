"""The commit of a job's code, as tags."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kedro_azureml.job.model import Component, PipelineJob, Step
from kedro_azureml.job.source_version import with_source_tags

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *AUTHOR, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def job(code: str | None) -> PipelineJob:
    component = Component(command="true", code=code)
    return PipelineJob(tags={"team": "blue"}, jobs={"one": Step(component=component)})


def test_tags_of_job_and_steps(tmp_path: Path) -> None:
    code, other = tmp_path / "code", tmp_path / "other"
    for folder in (code, other):
        folder.mkdir()
        (folder / "a.txt").touch()
    assert with_source_tags(job("code"), tmp_path) == job("code")
    git(tmp_path, "init", "--quiet")
    assert with_source_tags(job("code"), tmp_path) == job("code")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    commit = git(tmp_path, "rev-parse", "HEAD")

    # What changes beside the code is no part of the job.
    (other / "b.txt").touch()
    tagged = with_source_tags(job("code"), tmp_path)
    assert tagged.tags == {"git_commit": commit, "git_dirty": "false", "team": "blue"}
    assert tagged.jobs["one"].tags == {"git_commit": commit, "git_dirty": "false"}
    (code / "b.txt").touch()
    assert with_source_tags(job("code"), tmp_path).tags["git_dirty"] == "true"
    assert with_source_tags(job(None), tmp_path) == job(None)


def test_a_repository_runs_no_program_of_its_own(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "one")
    mark = tmp_path / "ran"
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    monitor.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(monitor))
    assert with_source_tags(job("."), tmp_path).tags["git_dirty"] == "true"
    assert not mark.exists()
