"""What becomes of a job that the unmodified SDK submits to the test service."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER
from tests.kit.waiting import wait_until

pytest_plugins = ("tests.kit.azureml.fixtures",)


def test_submitted_job_runs(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    write_job()
    # In one go, so that the job still runs when streaming begins.
    sdk.run(SUBMIT + '    ml.jobs.stream("the-job")\n')

    assert "Streaming logs/azureml/executionlogs.txt" in sdk.printed
    assert sdk.run('result = ml.jobs.get("the-job").status') == "Completed"
    children = sdk.run(
        """
        jobs = ml.jobs.list(parent_job_name="the-job")
        result = {j.display_name: [j.name, j.status, j.compute] for j in jobs}
        """
    )
    assert {name: child[1:] for name, child in children.items()} == {
        "first": ["Completed", "cpu-cluster"],
        "second": ["Completed", "cpu-cluster"],
    }
    sdk.run('ml.jobs.download("the-job", download_path=folder + "/all", all=True)')
    final = submitter / "all" / "named-outputs" / "final"
    assert (final / "upper.txt").read_text() == "ABC"
    assert (final / "deep" / "empty.txt").exists()
    name = children["first"][0]
    sdk.run(f'ml.jobs.download("{name}", download_path=folder + "/first", output_name="out")')
    assert (submitter / "first" / "named-outputs" / "out" / "upper.txt").read_text() == "ABC"
    sdk.run(f'ml.jobs.download("{name}", download_path=folder + "/first")')
    log = submitter / "first" / "artifacts" / "user_logs" / "std_log.txt"
    assert log.read_text() == "shouting raw.txt\n"
    assert list(azure_service.jobs.runs) == ["the-job"]


def test_requests_of_a_submission(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    """Those of docs/architecture/azureml-contracts.md, and five for each further step."""
    azure_service.execution.mode = "instant"
    write_job("echo 1", "echo 2")
    sdk.run(SUBMIT)

    count = azure_service.count
    assert count("GET", "/computes/") == 2
    assert count("GET", "/environments/") == 2
    assert count("GET", "/workspaces/[^/]+$") == 1
    assert count("GET", r"/codes/[^/]+/versions$") == 2
    assert count("POST", "/startPendingUpload$") == 1
    assert [s.method for s in azure_service.requests if ".blob." in s.host] == [
        "HEAD",
        "PUT",
        "PUT",
    ]
    assert count("PUT", "/codes/") == 1
    assert count("GET", r"/codes/[^/]+/versions/") == 1
    assert count("PUT", "/components/") == 2
    assert count("PUT", "/jobs/") == 1
    two = len(azure_service.control_requests)
    assert two == 13

    azure_service.reset()
    azure_service.execution.mode = "instant"
    write_job("echo 1", "echo 2", "echo 3", "echo 4")
    sdk.run(SUBMIT)
    assert len(azure_service.control_requests) == two + 2 * 5
    assert azure_service.jobs.created == 1


def test_unchanged_code_is_found_by_its_hash(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    azure_service.execution.mode = "instant"
    write_job("echo 1")
    sdk.run(SUBMIT)
    sdk.run(SUBMIT.replace("the-job", "another-job"))

    assert azure_service.count("POST", "/startPendingUpload$") == 1
    assert list(azure_service.jobs.runs) == ["the-job", "another-job"]


def test_steps_that_are_alike_share_a_component(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    """They differ in a literal."""
    jobs = {}
    for number in range(3):
        jobs[f"part{number}"] = step('test "${{inputs.part}}"', inputs={"part": {"type": "string"}})
        jobs[f"part{number}"]["inputs"] = {"part": f"{number}/3"}
    write_job(inputs={}, outputs={}, jobs=jobs)
    sdk.run(SUBMIT)
    assert azure_service.count("PUT", "/components/") == 1
    assert sdk.run(WAIT) == "Completed"


def test_cancel(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    write_job("echo begun; sleep 60")
    sdk.run(SUBMIT)
    run = azure_service.jobs.runs["the-job"]
    child = run.children["step0"]
    wait_until(lambda: child.logs)

    sdk.run('ml.jobs.begin_cancel("the-job").result()')

    assert sdk.run(WAIT) == "Canceled"
    assert (run.status, child.status) == ("Canceled", "Canceled")
    with pytest.raises(SdkError, match="terminal state"):
        sdk.run('ml.jobs.begin_cancel("the-job").result()')


def test_step_that_fails(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    azure_service.execution.failing["first"] = "it's the disk"
    write_job()
    sdk.run(SUBMIT)

    with pytest.raises(SdkError, match="Failed nodes: /first"):
        sdk.run('ml.jobs.stream("the-job")')

    first, second = azure_service.jobs.runs["the-job"].children.values()
    assert (first.status, second.status) == ("Failed", "NotStarted")
    assert "it's the disk" in str(first.error)
    sdk.run(f'ml.jobs.download("{first.id}", download_path=folder + "/failed")')
    log = submitter / "failed" / "artifacts" / "user_logs" / "std_log.txt"
    assert log.read_text() == "it's the disk\n"


@pytest.mark.parametrize("secrets", ["sas", "key", "none"])
def test_data_asset_and_every_way_into_the_storage(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    submitter: Path,
    secrets: Literal["sas", "key", "none"],
) -> None:
    azure_service.workspace.secrets = secrets
    azure_service.workspace.add_data("numbers", submitter / "src")
    job = write_job()
    raw = {"type": "uri_folder", "path": "azureml:numbers:1"}
    third = step('ls "${{inputs.numbers}}"', inputs={"numbers": {"type": "uri_folder"}})
    third["inputs"] = {"numbers": "${{parent.inputs.numbers}}"}
    write_job(inputs={**job["inputs"], "numbers": raw}, jobs={**job["jobs"], "third": third})
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Completed"
    run = azure_service.jobs.runs["the-job"].children["third"]
    log = azure_service.storage.read(ARTIFACT_CONTAINER, f"{run.artifacts}/user_logs/std_log.txt")
    assert log == b"upper.py\n"
    sdk.run(f'ml.jobs.download("the-job", download_path=folder + "/{secrets}", all=True)')
    assert (submitter / secrets / "named-outputs" / "final" / "upper.txt").read_text() == "ABC"


def test_job_that_cannot_run(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    """Bindings to nothing are for the service to find: the client does not look."""
    job = write_job()
    job["jobs"]["second"]["inputs"]["source"] = "${{parent.jobs.nobody.outputs.out}}"
    write_job(jobs=job["jobs"])
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Failed"
    assert "There is no step 'nobody'" in str(azure_service.jobs.runs["the-job"].error)


def test_name_that_is_taken(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    azure_service.execution.mode = "held"
    write_job("echo 1")
    sdk.run(SUBMIT)
    sdk.run(SUBMIT)
    write_job("echo 2")
    with pytest.raises(SdkError, match="A job with this name already exists"):
        sdk.run(SUBMIT)
    assert azure_service.jobs.created == 1


def test_held_job_goes_where_it_is_put(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    azure_service.execution.mode = "held"
    write_job("echo 1")
    sdk.run(SUBMIT)
    for status in ("Queued", "Running", "Paused"):
        azure_service.jobs.runs["the-job"].set(status)
        assert sdk.run('result = ml.jobs.get("the-job").status') == status


def test_metadata_archive_and_list(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    azure_service.execution.mode = "instant"
    write_job("echo 1")
    sdk.run(SUBMIT)
    found = sdk.run(
        """
        job = ml.jobs.update("the-job", display_name="Shown", tags={"a": "b"})
        before = [j.name for j in ml.jobs.list()]
        ml.jobs.archive("the-job")
        result = [job.display_name, job.tags, before, [j.name for j in ml.jobs.list()]]
        """
    )
    assert found == ["Shown", {"a": "b"}, ["the-job"], []]
