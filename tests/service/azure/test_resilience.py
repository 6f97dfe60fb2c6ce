"""A submission that gets into trouble ends in one job or none, and knows which."""

from __future__ import annotations

import pytest

from tests.kit.azureml.http.messages import Request
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


@pytest.mark.parametrize("path", ["/codes/", "/components/", "/jobs/"])
def test_a_lost_answer_makes_no_second_job(kedro: Kedro, path: str) -> None:
    fault = kedro.service.inject("lose", method="PUT", path=path)
    kedro("run")
    assert fault.hits == 1
    assert kedro.service.jobs.created == 1


def test_a_job_whose_answers_are_all_lost_is_found(kedro: Kedro) -> None:
    kedro.service.inject("lose", method="PUT", path="/jobs/", times=None)
    done = kedro("run")
    assert kedro.service.jobs.created == 1
    assert f"Submitted {kedro.job}" in done.stdout


def test_a_job_of_which_nobody_knows(kedro: Kedro) -> None:
    kedro.service.inject("lose", method="PUT", path="/jobs/", times=None)
    kedro.service.inject("drop", method="GET", path="/jobs/", times=None)
    said = kedro.refused("KAZ715", "run")
    assert f"the job '{kedro.job}' may or may not exist" in said
    assert f"kedro azureml job show {kedro.job}" in said


def test_a_job_that_was_not_made_is_not_claimed(kedro: Kedro) -> None:
    kedro.service.inject("drop", method="PUT", path="/jobs/", times=None)
    kedro.refused("KAZ709", "run")
    assert kedro.service.jobs.created == 0
    # What died half-way can be run again; the code is not uploaded a second time.
    kedro.service.faults.clear()
    kedro.service.gateway.seen.clear()
    kedro("run")
    assert kedro.service.jobs.created == 1
    assert not [s for s in kedro.service.requests if "startPendingUpload" in s.path]


@pytest.mark.parametrize("number", [1, 4, 9])
def test_tokens_that_expire_on_the_way(kedro: Kedro, number: int) -> None:
    fault = kedro.service.inject("expired", host="management", number=number)
    kedro("run")
    assert fault.hits == 1
    assert kedro.service.jobs.created == 1


def test_watching_outlives_a_bad_network(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    for kind in ("throttle", "unavailable", "drop", "expired"):
        kedro.service.inject(kind, path="/history/", number=2)
    done = kedro("run", "--wait-for-completion")
    assert f"{kedro.job}: Completed" in done.stdout


def test_code_that_changes_is_uploaded_as_it_was(kedro: Kedro) -> None:
    """What lies under a hash in Azure is what has that hash."""
    module = kedro.project / "src/minimal/settings.py"
    module.write_text("X = 1\n")
    original = module.read_bytes()

    def change_it(request: Request) -> bool:
        if "startPendingUpload" in request.path:
            module.write_text("X = 2  # and more\n")
        return False

    fault = kedro.service.inject("drop", times=0)
    fault.takes = change_it  # type: ignore[method-assign]
    kedro("run")
    storage = kedro.service.storage
    uploaded = [
        storage.read(container.name, name)
        for container in storage.blobs.list_containers()
        for name in storage.names(container.name)
        if name.endswith("/settings.py")
    ]
    assert original in uploaded
    assert module.read_bytes() not in uploaded


def test_an_input_that_changes_stops_the_job(kedro: Kedro) -> None:
    data = kedro.project / "data/01_raw/companies.csv"

    def change_it(request: Request) -> bool:
        data.write_text("id\n1\n2\n")
        return False

    fault = kedro.service.inject("drop", times=0)
    fault.takes = change_it  # type: ignore[method-assign]
    said = kedro.refused("KAZ713", "run")
    assert "The input 'data/01_raw/companies.csv' changed" in said
    assert kedro.service.jobs.created == 0


def test_the_configuration_is_read_once_the_job_is_compiled(kedro: Kedro) -> None:
    (kedro.project / "conf/base/azureml.yml").write_text(
        azureml_yml(kedro.service).replace("workspace_name", "workspace_nmae")
    )
    assert "workspace_nmae" in kedro.refused("KAZ103", "run")
    assert "workspace_nmae" in kedro.refused("KAZ103", "job", "list")
