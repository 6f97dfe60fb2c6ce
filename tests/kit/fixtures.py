"""A project set up for the test service, and commands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.submission import Kedro, small_project


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """Runs commands fast; each process of pytest-xdist has its own."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def kedro(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Kedro:
    """A small project, in a workspace that completes each job at once."""
    azure_service.execution.mode = "instant"
    return Kedro(azure_service, small_project(azure_service, tmp_path / "project"), fork_server)


@pytest.fixture
def completed(kedro: Kedro) -> Kedro:
    """Submit the project's job, really run its steps, and forget the requests so far."""
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    kedro.service.gateway.seen.clear()
    return kedro
