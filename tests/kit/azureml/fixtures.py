"""The service as pytest fixtures: one for the whole session, set back before each test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.kit.azureml.running import running_service
from tests.kit.azureml.samples import WriteJob, make_submitter
from tests.kit.azureml.samples import write_job as write_job_into
from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService


@pytest.fixture(scope="session")
def azure_service_session() -> Iterator[AzureService]:
    """The service, running; each process of pytest-xdist has its own."""
    with running_service() as service:
        yield service


@pytest.fixture
def azure_service(azure_service_session: AzureService) -> Iterator[AzureService]:
    """The service with an empty workspace."""
    service = azure_service_session
    service.reset()
    yield service
    unknown = "\n".join(map(str, service.unknown_requests))
    service.stop()
    assert not unknown, f"the test service does not know these requests:\n{unknown}"


@pytest.fixture(scope="session")
def submitter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who submits jobs."""
    return make_submitter(tmp_path_factory.mktemp("submitter"))


@pytest.fixture(scope="session")
def sdk(azure_service_session: AzureService, submitter: Path) -> Iterator[Sdk]:
    """The SDK, in a process whose folder is `submitter`."""
    made = Sdk(azure_service_session, submitter, submitter / "sdk.log")
    yield made
    made.close()


@pytest.fixture
def write_job(submitter: Path) -> WriteJob:
    """Writes job.yml; see `samples.write_job`."""
    return partial(write_job_into, submitter)
