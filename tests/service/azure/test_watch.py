"""A watch outlives what a service may answer in the hours that it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from tests.kit.azureml.http.faults import Kind
from tests.kit.azureml.http.messages import Request
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def at_look(kedro: Kedro, number: int, action: Callable[[], None]) -> None:
    """Do something before a question for the job's status is answered, counted from 1."""
    fault = kedro.service.inject("drop", path="/details", number=number, times=0)
    takes, seen = fault.takes, 0

    def do(request: Request) -> bool:
        nonlocal seen
        if "/details" in request.path:
            seen += 1
            if seen == number:
                action()
        return takes(request)

    fault.takes = do  # type: ignore[method-assign]


def complete(kedro: Kedro) -> None:
    run = kedro.service.jobs.runs[kedro.job]
    for each in (*run.children.values(), run):
        each.set("Completed")


KINDS: tuple[Kind, ...] = ("forbidden", "missing", "cut", "html", "error", "slow")


@pytest.mark.parametrize("path", ["/details", "/children"])
def test_single_answers_of_any_kind(kedro: Kedro, path: str) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    faults = [
        kedro.service.inject(kind, method="GET", path=path, number=2 * number)
        for number, kind in enumerate(KINDS, 1)
    ]
    at_look(kedro, 2 * len(KINDS) + 2, lambda: complete(kedro))
    done = kedro("job", "watch", kedro.job)
    assert [fault.hits for fault in faults] == [1] * len(KINDS)
    assert f"{kedro.job}: Completed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_answer_too(kedro: Kedro, kind: Kind) -> None:
    kedro("run")
    fault = kedro.service.inject(kind, method="GET", path="/jobs/")
    assert f"{kedro.job}: Completed" in kedro("job", "watch", kedro.job).stdout
    assert fault.hits == 1


def test_a_job_just_submitted_exists(kedro: Kedro) -> None:
    """Whatever Azure says in the first moments."""
    fault = kedro.service.inject("missing", method="GET", path="/jobs/", times=3)
    assert "Completed" in kedro("run", "--wait-for-completion").stdout
    assert fault.hits == 3


def test_a_job_that_never_was_is_said_so_at_once(kedro: Kedro) -> None:
    said = kedro.refused("KAZ710", "job", "watch", "no-such-job")
    assert "has no job 'no-such-job'" in said
    assert "The job goes on" not in said


@pytest.mark.parametrize("status", ["NotResponding", "Paused"])
def test_a_job_that_stands_still_may_go_on(kedro: Kedro, status: str) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    run = kedro.service.jobs.runs[kedro.job]
    run.set(status)
    at_look(kedro, 3, lambda: complete(kedro))
    done = kedro("job", "watch", kedro.job)
    assert f"The job is {status}; waiting for it to go on." in done.stdout
    assert f"{kedro.job}: Completed" in done.stdout


def test_an_old_answer_takes_back_no_end(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    run = kedro.service.jobs.runs[kedro.job]
    run.set("Running")
    first = run.children["first"]

    def move(status: str) -> Callable[[], None]:
        return lambda: setattr(first, "status", status)

    for number, status in enumerate(("Completed", "Running", "Queued", "Completed"), 1):
        at_look(kedro, number, move(status))
    at_look(kedro, 5, lambda: complete(kedro))
    said = kedro("job", "watch", kedro.job).stdout
    assert len([line for line in said.splitlines() if " ended] first" in line]) == 1


def test_steps_whose_end_is_known_after_the_job_s(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    run = kedro.service.jobs.runs[kedro.job]
    for each in (*run.children.values(), run):
        each.set("Running")
    at_look(kedro, 1, lambda: run.set("Completed"))
    at_look(kedro, 3, lambda: complete(kedro))
    said = kedro("job", "watch", kedro.job).stdout
    assert (
        len([line for line in said.splitlines() if "ended]" in line and "completed" in line]) == 2
    )


def test_children_of_whom_little_is_known(kedro: Kedro) -> None:
    """Neither a name nor tags: they are shown in the order of their creation."""
    kedro.service.execution.mode = "held"
    kedro("run")
    run = kedro.service.jobs.runs[kedro.job]
    moment = datetime.now(timezone.utc)
    later, earlier = run.children.values()
    for child, created in ((later, moment), (earlier, moment - timedelta(seconds=9))):
        child.tags.clear()
        child.display_name = None
        child.created = created
        child.set("Completed")
    run.definition["jobs"] = {}
    run.set("Completed")
    done = kedro("job", "watch", kedro.job)
    summary = done.stdout.split("\n\n")[-2]
    assert summary.index(earlier.id) < summary.index(later.id)
