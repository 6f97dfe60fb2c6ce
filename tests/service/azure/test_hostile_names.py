"""What the service calls things cannot drive a terminal, and cannot forge a line."""

from __future__ import annotations

import subprocess

import pytest

from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# Clears the screen, sets the title, colours, rings, overwrites, turns the direction of writing.
SEQUENCES = "\x1b[2J\x1b]0;title\x07\x9b31m\x08\r\u202e"
FORGED = "FORGED  Completed"
HOSTILE = f"name{SEQUENCES}\n{FORGED}\n"
# What a person sees of it, and can type.
SHOWN = r"name\x1b[2J\x1b]0;title\x07\x9b31m\x08\r\u202e\nFORGED  Completed\n"


def check_clean(done: subprocess.CompletedProcess[str]) -> None:
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text
        unprintable = {c for c in text if not c.isprintable() and c != "\n"}
        assert not unprintable, done.args
        assert not any(line.strip().startswith("FORGED") for line in text.splitlines()), text


@pytest.fixture
def hostile(kedro: Kedro) -> Kedro:
    """A job of which the service says hostile things, and one step that failed."""
    kedro.service.execution.mode = "held"
    kedro("run")
    run = kedro.service.jobs.runs[kedro.job]
    run.display_name = HOSTILE
    run.experiment = HOSTILE
    run.tags["kedro_pipeline"] = HOSTILE
    first, second = run.children["first"], run.children["second"]
    first.tags["kedro_step"] = HOSTILE
    first.tags["kedro_nodes"] = HOSTILE
    first.display_name = HOSTILE
    second.status = HOSTILE
    run.set("Running")
    first.set("Running")
    log = "user_logs/std_log.txt"
    content = f"{SEQUENCES}a line\n\x1b[32mgreen\x1b[0m\tend\n".encode()
    kedro.service.storage.write(ARTIFACT_CONTAINER, f"{first.artifacts}/{log}", content)
    first.logs.append(log)
    return kedro


def test_looking_at_jobs(hostile: Kedro) -> None:
    for arguments in (
        ("list",),
        ("show", hostile.job),
        ("logs", hostile.job),
        ("logs", hostile.job, SHOWN, "--tail", "1"),
        ("download", hostile.job),
        ("logs", hostile.job, "nam"),
        ("cancel", hostile.job),
    ):
        check_clean(hostile("job", *arguments, check=False))
    assert SHOWN in hostile("job", "list").stdout
    assert hostile("job", "logs", hostile.job, SHOWN).stdout.endswith("a line\ngreen   end\n")


def test_json_has_the_names_as_they_are(hostile: Kedro) -> None:
    done = hostile("job", "show", hostile.job, "--json")
    check_clean(done)
    shown = hostile.json("job", "show", hostile.job)
    assert shown["pipeline"] == HOSTILE
    statuses = {step["name"]: step["status"] for step in shown["steps"]}
    assert statuses == {"first": "NotStarted", "second": "Unknown", SHOWN: "Running"}


def test_watching(hostile: Kedro) -> None:
    run = hostile.service.jobs.runs[hostile.job]
    for child in run.children.values():
        child.set("Failed", error=HOSTILE)
    run.set("Failed", error=HOSTILE)
    for arguments in (("watch", hostile.job), ("watch", hostile.job, "--follow-logs")):
        done = hostile("job", *arguments, check=False)
        check_clean(done)
        assert done.returncode == 1
        assert "KAZ711" in done.stderr
    assert r"\nFORGED" in done.stdout
