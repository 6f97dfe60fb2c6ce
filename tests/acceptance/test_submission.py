"""`kedro azureml run` and `job` as a user has them, against a service that speaks Azure ML's API.

The SDK is the real one, unmodified; steps are really executed, each in a process of its own.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def test_run_says_what_it_does(kedro: Kedro) -> None:
    done = kedro("run")
    workspace = kedro.service.workspace
    assert (
        f"Workspace: {workspace.name} in {workspace.group}, subscription "
        f"{workspace.subscription} (from AZURE_SUBSCRIPTION_ID)"
    ) in done.stderr
    assert re.search(r"Code of the project: \d+ files, \S+ (bytes|kB)", done.stderr)
    assert "Input 'companies': data/01_raw/companies.csv, 5 bytes" in done.stderr
    assert f"Submitted {kedro.job}" in done.stdout
    assert f"Studio: https://ml.azure.com/runs/{kedro.job}?wsid=" in done.stdout
    assert f"Watch it: kedro azureml job watch {kedro.job}" in done.stdout
    # Nothing of the SDK's own talk.
    assert "experimental" not in done.stdout + done.stderr
    assert "Uploading" not in done.stdout + done.stderr


def test_the_submitted_document_is_the_compiled_one(kedro: Kedro) -> None:
    kedro("compile")
    printed = kedro("run", "--dry-run").stdout
    compiled = (kedro.project / "pipeline.yml").read_text()
    noted = "properties:\n  kedro_resolved: test-env@latest = test-env:1\nsettings:"
    expected = compiled.replace("test-env@latest", "test-env:1").replace("settings:", noted, 1)
    assert printed == expected
    assert kedro.service.jobs.created == 0
    assert not [s for s in kedro.service.requests if s.method == "PUT"]


def test_overrides_and_tags(kedro: Kedro) -> None:
    kedro(
        *("run", "--experiment-name", "other", "--display-name", "A name"),
        *("--tag", "team=blue", "--tag", "why=a=b", "-i", "registry.example/image:1"),
        *("--env-var", "LEVEL=debug"),
    )
    run = kedro.service.jobs.runs[kedro.job]
    assert run.experiment == "other"
    assert run.display_name == "A name"
    assert run.tags == {"kedro_pipeline": "__default__", "team": "blue", "why": "a=b"}
    images = kedro.service.workspace.assets["environments"]["CliV2AnonymousEnvironment"]
    assert [image["image"] for image in images.values()] == ["registry.example/image:1"]
    variables = [child.definition["environment_variables"] for child in run.children.values()]
    assert variables == [{"LEVEL": "debug"}] * 2


def test_named_jobs(kedro: Kedro) -> None:
    text = """\
  jobs:
    first: {slice: {nodes: [first]}, tags: {team: blue}, display_name: The first}
    both:
      compute: __default__
      grouping: {by: pipeline}
      parameters: {size: 7}
      experiment_name: others
      description: Why.
"""
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(file.read_text() + text)
    kedro("run", "-j", "first", "-j", "both", "--tag", "who=me")
    # They are submitted side by side.
    two, one = sorted(kedro.service.jobs.runs.values(), key=lambda run: run.experiment != "others")
    assert (list(one.children), list(two.children)) == (["first"], ["pipeline"])
    assert (one.display_name, two.display_name) == ("The first", "both")
    assert (one.experiment, two.experiment) == ("an-experiment", "others")
    assert one.tags == {"kedro_pipeline": "__default__", "team": "blue", "who": "me"}
    assert two.description == "Why."
    kedro.refused("KAZ131", "run", "-j", "first", "-j", "none")
    assert len(kedro.service.jobs.runs) == 2


def test_a_compiled_document(kedro: Kedro) -> None:
    kedro("compile", "-o", "build/job.yml", "--nodes", "first")
    kedro("run", "-f", "build/job.yml")
    assert list(kedro.service.jobs.runs[kedro.job].children) == ["first"]


def test_a_failing_step_ends_in_its_log_and_address(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro.service.execution.failing = {"second": "the disk is on fire"}
    said = kedro.refused("KAZ711", "run", "--wait-for-completion")
    assert "The step 'second' failed" in said
    run = kedro.service.jobs.runs[kedro.job]
    assert f"kedro azureml job logs {kedro.job} second" in said
    assert f"https://ml.azure.com/runs/{run.children['second'].id}" in said
    log = kedro("job", "logs", kedro.job, "second").stdout
    assert "the disk is on fire" in log


@pytest.mark.parametrize("status", ["Failed", "Canceled"])
def test_only_completed_is_success(kedro: Kedro, status: str) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    kedro.service.jobs.runs[kedro.job].set(status)
    said = kedro.refused("KAZ711", "job", "watch", kedro.job)
    assert f"ended with the status {status}" in said


def test_list_and_show(kedro: Kedro) -> None:
    kedro("run")
    kedro("run")
    names = list(reversed(kedro.service.jobs.runs))
    listed = kedro.json("job", "list")
    assert [job["name"] for job in listed] == names
    assert [job["status"] for job in listed] == ["Completed", "Completed"]
    shown = kedro.json("job", "show", names[0])
    assert [step["name"] for step in shown["steps"]] == ["first", "second"]
    assert shown["steps"][0]["nodes"] == "first"
    assert all(step["seconds"] is not None for step in shown["steps"])
    assert shown["studio"].startswith(f"https://ml.azure.com/runs/{names[0]}?")
    text = kedro("job", "show", names[0]).stdout
    assert re.search(r"^  first +Completed +[\d.]+ s  https://ml\.azure\.com/runs/", text, re.M)


def test_cancel(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    assert "CancelRequested" in kedro("job", "cancel", kedro.job).stdout
    assert kedro.service.jobs.runs[kedro.job].cancel.is_set()
    kedro.service.jobs.runs[kedro.job].set("Canceled")
    assert "is over already (Canceled)" in kedro.refused("KAZ708", "job", "cancel", kedro.job)


def test_download_by_dataset(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    kedro("job", "download", kedro.job, "result", "-o", "fetched")
    assert json.loads((kedro.project / "fetched/result/result.json").read_text()) == 1
    said = kedro.refused("KAZ109", "job", "download", kedro.job, "result", "-o", "fetched")
    assert "fetched/result/result.json" in said
    kedro("job", "download", kedro.job, "result", "-o", "fetched", "--force")
    assert "Did you mean 'result'?" in kedro.refused(
        "KAZ204", "job", "download", kedro.job, "resul"
    )

    target = kedro.project / "data/08_reporting/result.json"
    kedro("job", "download", kedro.job, "--into-catalog")
    assert json.loads(target.read_text()) == 1
    target.write_text("mine")
    kedro.refused("KAZ109", "job", "download", kedro.job, "--into-catalog")
    assert target.read_text() == "mine"
