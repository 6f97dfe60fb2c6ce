"""A watch ends when its patience does, and says why. In the client it is half a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.client import Client
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.mark.parametrize("status", ["NotResponding", "Paused"])
def test_a_job_that_stands_still(kedro: Kedro, client: Client, status: str) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    kedro.service.jobs.runs[kedro.job].set(status)
    outcome = client.run("watch", kedro.project, kedro.variables(), kedro.job)
    [(code, message)] = outcome["findings"]
    assert code == "KAZ711"
    assert f"The job '{kedro.job}' has been {status} for" in message


def test_a_job_that_vanishes(kedro: Kedro, client: Client) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    # Found at the first look, and never again.
    kedro.service.inject("missing", path="/history/.*/(details|children)", number=2, times=None)
    outcome = client.run("watch", kedro.project, kedro.variables(), kedro.job)
    [(code, message)] = outcome["findings"]
    assert code == "KAZ710"
    assert f"has no job '{kedro.job}'" in message


def test_a_login_that_does_not_come_back(kedro: Kedro, client: Client) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    kedro.service.inject("expired", path="/history/.*/(details|children)", number=2, times=None)
    outcome = client.run("watch", kedro.project, kedro.variables(), kedro.job)
    [(code, message)] = outcome["findings"]
    assert code == "KAZ702"
    assert "does not accept the login" in message
