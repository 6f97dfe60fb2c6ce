"""`kedro azureml job`: looking at jobs, waiting for them, fetching what they made."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER
from tests.kit.earlier import A_STEP_A_NODE, CLEAN, make_earlier_project
from tests.kit.forking import ForkServer
from tests.kit.schemas import check_schema
from tests.kit.submission import Kedro, azureml_yml, small_project

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def test_an_empty_workspace(kedro: Kedro) -> None:
    assert "There are no jobs." in kedro("job", "list").stdout
    assert kedro.json("job", "list") == []


def test_the_newest_jobs_first_and_no_more_than_asked_for(kedro: Kedro) -> None:
    for _ in range(3):
        kedro("run")
    names = list(kedro.service.jobs.runs)
    printed = kedro("job", "list", "-n", "2").stdout
    table = printed[printed.index("name ") :].splitlines()
    assert table[0].split() == ["name", "status", "submitted", "pipeline"]
    assert [line.split()[0] for line in table[1:]] == names[:0:-1]
    kedro.service.jobs.runs[names[2]].tags.pop("kedro_pipeline")
    assert [job["name"] for job in kedro.json("job", "list")] == names[1::-1]
    everything = kedro.json("job", "list", "--all")
    check_schema("jobs", everything)
    assert [job["name"] for job in everything] == names[::-1]


def test_a_job_that_runs(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    run = kedro.service.jobs.runs[kedro.job]
    run.set("Running")
    run.children["first"].set("Running")
    shown = kedro.json("job", "show", kedro.job)
    check_schema("job", shown)
    assert shown["status"] == "Running"
    assert [step["status"] for step in shown["steps"]] == ["Running", "NotStarted"]
    assert shown["steps"][0]["studio"].startswith(
        f"https://ml.azure.com/runs/{run.children['first'].id}?"
    )
    assert shown["steps"][0]["compute"] == "cpu-cluster"
    said = kedro.refused("KAZ714", "job", "download", kedro.job, "result")
    assert "The step 'second' has not completed (NotStarted)" in said


def test_a_step_is_no_job(kedro: Kedro) -> None:
    kedro("run")
    step = kedro.service.jobs.runs[kedro.job].children["first"]
    said = kedro.refused("KAZ710", "job", "show", step.id)
    assert "is not a pipeline job, but a step" in said


def test_steps_are_found_by_their_tags(kedro: Kedro) -> None:
    """A display name is what people change in the Studio."""
    kedro("run")
    for child in kedro.service.jobs.runs[kedro.job].children.values():
        child.display_name = "renamed"
    shown = kedro.json("job", "show", kedro.job)
    assert [step["name"] for step in shown["steps"]] == ["first", "second"]


def test_logs(kedro: Kedro, tmp_path: Path) -> None:
    nodes = """
        node(one, None, "a", name="with.dot"),
        node(one, "a", "b", name="plain"),
    """
    kedro.project = small_project(kedro.service, tmp_path / "named", nodes)
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    steps = [step["name"] for step in kedro.json("job", "show", kedro.job)["steps"]]
    both = kedro("job", "logs", kedro.job).stdout
    assert [line for line in both.splitlines() if line.startswith("==>")] == [
        f"==> {name} <==" for name in steps
    ]
    by_node = kedro("job", "logs", kedro.job, "with.dot").stdout
    assert by_node == kedro("job", "logs", kedro.job, steps[0]).stdout
    assert "with.dot" in by_node
    assert len(kedro("job", "logs", kedro.job, "plain", "--tail", "2").stdout.splitlines()) == 2
    said = kedro.refused("KAZ202", "job", "logs", kedro.job, "plian")
    assert "Did you mean 'plain'?" in said


def test_the_log_of_a_step_that_waits(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    done = kedro("job", "logs", kedro.job, "second")
    assert "'second' has printed nothing yet (NotStarted)" in done.stderr


def test_following_a_log_that_grows(kedro: Kedro) -> None:
    """Each line once, and none of a line's half."""
    service = kedro.service
    service.execution.mode = "held"
    kedro("run")
    run = service.jobs.runs[kedro.job]
    child = run.children["first"]
    run.set("Running")
    child.set("Running")
    name = f"{child.artifacts}/user_logs/std_log.txt"
    texts = ["one\n", "one\ntw", "one\ntwo é\nthr", "one\ntwo é\nthree"]
    service.storage.write(ARTIFACT_CONTAINER, name, texts[0].encode())
    child.logs.append("user_logs/std_log.txt")

    def grow() -> None:
        for text in texts[1:]:
            time.sleep(1.5)
            service.storage.write(ARTIFACT_CONTAINER, name, text.encode())
        for each in (*run.children.values(), run):
            each.set("Completed")

    thread = threading.Thread(target=grow)
    thread.start()
    done = kedro("job", "watch", kedro.job, "--follow-logs")
    thread.join()
    lines = [line for line in done.stdout.splitlines() if line.startswith("first |")]
    assert lines == ["first | one", "first | two é", "first | three"]


def test_watching_tells_every_change_once(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    done = kedro("run", "--wait-for-completion")
    assert f"Watching {kedro.job}: 2 steps" in done.stdout
    told = re.findall(r"^\d\d:\d\d:\d\d \[(\d)/2 ended\] (\w+) +(.*)$", done.stdout, re.M)
    assert len(told) == len(set(told))
    assert told[-1][:2] == ("2", "second")
    assert re.fullmatch(r"completed in \d+\.\d s", told[-1][2])
    again = kedro("job", "watch", kedro.job)
    assert f"{kedro.job}: Completed" in again.stdout


def test_waiting_while_a_job_is_canceled(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    name = kedro.job

    def cancel() -> None:
        time.sleep(2)
        kedro("job", "cancel", name)
        for each in (*kedro.service.jobs.runs[name].children.values(),):
            each.set("Canceled")
        kedro.service.jobs.runs[name].set("Canceled")

    thread = threading.Thread(target=cancel)
    thread.start()
    said = kedro.refused("KAZ711", "job", "watch", name)
    thread.join()
    assert f"The job '{name}' ended with the status Canceled" in said


def test_a_download_into_a_folder(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    done = kedro("job", "download", kedro.job)
    root = kedro.project / ".kedro_azureml/downloads" / kedro.job
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert found == {"table/object.pkl.zst", "result/result.json", "rest/object.pkl.zst"}
    assert "Downloaded 3 files:" in done.stdout
    assert f"  .kedro_azureml/downloads/{kedro.job}/result/result.json" in done.stdout
    # What was fetched is no code of the next job.
    assert "downloads" not in kedro("run", "--dry-run").stderr
    said = kedro.refused("KAZ714", "job", "download", kedro.job, "table", "--into-catalog")
    assert "'table' has no path in the catalog. Leave --into-catalog out." in said


def test_a_download_of_a_job_that_failed_is_none_of_all_it_should_hold(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro.service.execution.failing = {"second": "the disk is on fire"}
    kedro("run", "--wait-for-completion", check=False)
    done = kedro("job", "download", kedro.job, check=False)
    assert done.returncode == 1
    assert "Downloaded 1 file:" in done.stdout
    assert "is not there: its step 'second' is Failed." in done.stderr


def test_an_output_that_is_not_whole(kedro: Kedro) -> None:
    service = kedro.service
    service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    container = service.workspace.blob_container
    damaged = [n for n in service.storage.names(container) if n.endswith("/result.json")]
    assert len(damaged) == 1
    service.storage.write(container, damaged[0], b"{}{}{}")
    said = kedro.refused("KAZ714", "job", "download", kedro.job, "result", "-o", "here")
    assert "'data/08_reporting/result.json' is missing or not whole" in said
    assert not (kedro.project / "here").exists()


@pytest.mark.parametrize("secrets", ["sas", "key", "none"])
def test_datastores_with_other_credentials(kedro: Kedro, secrets: str) -> None:
    kedro.service.workspace.secrets = secrets  # type: ignore[assignment]
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    kedro("job", "download", kedro.job, "result", "--into-catalog")
    assert (kedro.project / "data/08_reporting/result.json").read_text() == "1"


def test_code_in_the_image(kedro: Kedro, tmp_path: Path) -> None:
    folder = tmp_path / "o'brien's $HOME app"
    folder.symlink_to(kedro.project)
    settings = kedro.project / "conf/base/azureml.yml"
    text = settings.read_text().replace("  environment_name: test-env@latest\n", "")
    settings.write_text(
        f'{text}  code_directory: ~\n  working_directory: "{folder.as_posix()}"\n'
        "docker:\n  image: registry.example/image:1\n"
    )
    kedro.service.execution.mode = "real"
    done = kedro("run", "--wait-for-completion")
    assert "Code of" not in done.stderr
    assert kedro.service.count("POST", "startPendingUpload") == 0
    # The dataset behind an output is found although the command begins with a change of folder.
    kedro("job", "download", kedro.job, "result", "-o", "fetched")
    assert (kedro.project / "fetched/result/result.json").read_text() == "1"


def test_a_document_of_an_earlier_version(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    project = make_earlier_project(tmp_path / "project")
    (project / "conf/base/azureml.yml").write_text(azureml_yml(azure_service))
    text = A_STEP_A_NODE.read_text().replace("azureml:cpu", "azureml:cpu-cluster")
    (project / "pipeline.yml").write_text(text.replace("azureml:env@", "azureml:test-env@"))
    kedro = Kedro(azure_service, project, fork_server)
    azure_service.execution.mode = "real"
    kedro("run", "-f", "pipeline.yml", "--wait-for-completion")
    kedro("job", "download", kedro.job, "it's clean", "--into-catalog")
    assert (project / "data/02/clean.txt").read_text() == CLEAN


def test_the_cause_of_a_failure_is_told(kedro: Kedro) -> None:
    """By the record among the step's artifacts, which the step itself has written."""
    kedro.service.execution.mode = "real"
    module = kedro.project / "src/minimal/broken.py"
    module.write_text("def broken(*_):\n    raise ValueError('3 values are missing')\n")
    registry = kedro.project / "src/minimal/pipeline_registry.py"
    text = registry.read_text().replace("node(two,", "node(broken,")
    registry.write_text(f"from minimal.broken import broken\n{text}")
    said = kedro.refused("KAZ711", "run", "--wait-for-completion")
    assert "error KAZ711 src/minimal/broken.py:2 ValueError" in said
    assert "ValueError: 3 values are missing, in node 'second'." in said
    assert "The step 'second' failed." in said
    assert "The last lines of its log:" in said
    assert f"Its log: kedro azureml job logs {kedro.job} second" in said
