"""By what a deployment knows that something has changed: content, sources, and the commit."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline, node

from kedro_azureml.azure.deploy.content import content_hash, hash_uploads
from kedro_azureml.azure.deploy.facts import facts_of_job, with_sources
from kedro_azureml.azure.submit.uploads import find_uploads
from kedro_azureml.compiler.sources import sources_of
from kedro_azureml.job.model import Component, Input, PipelineJob, Step
from kedro_azureml.job.step_record import StepRecord


def one(value: object) -> object:
    return value


def other(value: object, more: int = 0) -> object:
    return value, more


def job_of(*nodes: str, **inputs: Any) -> PipelineJob:
    command = StepRecord("__default__", nodes).command()
    step = Step(
        component=Component(command=command, code="code", environment="azureml:env:1"),
        compute="azureml:cpu",
        tags={"kedro_step": "train", "kedro_nodes": ", ".join(nodes)},
    )
    return PipelineJob(inputs=inputs, jobs={"train": step})


def test_a_change_of_a_function_is_told_by_its_node() -> None:
    job = job_of("first", "second")

    def facts(first: Any, second: Any) -> dict[str, str]:
        nodes = [node(first, "a", "b", name="first"), node(second, "b", "c", name="second")]
        tagged = with_sources(job, sources_of(job, {"__default__": Pipeline(nodes)}))
        step = facts_of_job(tagged, {}, "", "").steps["train"]
        assert (step.compute, step.environment) == ("cpu", "env:1")
        return dict(step.sources)

    before = facts(one, functools.partial(other, more=1))
    assert set(before) == {"first", "second"}
    after = facts(one, one)
    assert after["first"] == before["first"] == after["second"] != before["second"]
    # What has no source is told by the code alone.
    assert facts(len, one)["first"] == "-"


def test_content_is_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text("1")
    unread = tmp_path / "code/azureml.yml"
    unread.write_text("azure: {}")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/x.csv").write_text("x")
    job = job_of("first", raw=Input(type="uri_folder", path="raw"), depth=3)

    def hashes() -> tuple[str, str]:
        found = hash_uploads(find_uploads(job, tmp_path), {unread})
        return found.code, found.data

    first = hashes()
    unread.write_text("azure: {job_inputs: []}")
    (tmp_path / "code/a.py").touch()
    assert hashes() == first
    (tmp_path / "code/a.py").write_text("2")
    second = hashes()
    assert (second[0] != first[0], second[1] == first[1]) == (True, True)
    (tmp_path / "code/a.py").rename(tmp_path / "code/b.py")
    assert hashes()[0] != second[0]
    (tmp_path / "raw/x.csv").write_text("y")
    assert hashes()[1] != first[1]
    assert content_hash("ab", "c") != content_hash("a", "bc")
