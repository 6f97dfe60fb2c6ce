"""What failed is told with its cause, and what a second try heals is not told at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.azureml.http.faults import Kind
from tests.kit.azureml.http.messages import Response
from tests.kit.submission import Kedro, small_project

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

REFUSED = Response.error(403, "AuthorizationFailed", "No permission to list the secrets.")
KINDS: tuple[Kind, ...] = ("forbidden", "missing", "error", "cut", "html", "drop")


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_of_the_storage_refused_once(kedro: Kedro, kind: Kind) -> None:
    fault = kedro.service.inject(kind, path="/listSecrets")
    kedro("run")
    assert fault.hits == 1
    assert kedro.service.jobs.created == 1


def test_the_key_of_the_storage_refused_for_good(kedro: Kedro) -> None:
    kedro.service.inject("forbidden", path="/listSecrets", times=None, answer=REFUSED)
    # The user's own login may not do it either.
    kedro.service.inject("forbidden", path="LocalUpload", times=None)
    said = kedro.refused("KAZ703", "run")
    assert "it answers 403 to listSecrets" in said
    assert kedro.service.jobs.created == 0


def test_a_service_that_fails_is_no_missing_permission(kedro: Kedro) -> None:
    kedro.service.inject("unavailable", path="/listSecrets", times=None)
    said = kedro.refused("KAZ709", "run")
    assert "permission" not in said
    assert kedro.service.jobs.created == 0


CATALOG = """\
companies: {type: pandas.CSVDataset, filepath: data/01_raw/companies.csv}
others: {type: pandas.CSVDataset, filepath: data/02_others/companies.csv}
third: {type: pandas.CSVDataset, filepath: data/03_third/companies.csv}
result: {type: json.JSONDataset, filepath: data/08_reporting/result.json}
"""
NODES = """
    node(lambda a, b, c: [list(a["id"]), list(b["id"]), list(c["id"])],
         ["companies", "others", "third"], "result", name="all"),
"""


def test_inputs_of_equal_name_and_content(kedro: Kedro, tmp_path: Path) -> None:
    """Azure ML has one address for both; the rehearsal and the job agree."""
    project = kedro.project = small_project(kedro.service, tmp_path / "alike", NODES)
    (project / "conf/base/catalog.yml").write_text(CATALOG)
    for folder, text in (("01_raw", "id\n1\n"), ("02_others", "id\n1\n"), ("03_third", "id\n3\n")):
        (project / "data" / folder).mkdir(parents=True, exist_ok=True)
        (project / "data" / folder / "companies.csv").write_text(text)
    expected = [[1], [1], [3]]
    target = project / "data/08_reporting/result.json"
    kedro("run", "--local", "--into-catalog")
    assert json.loads(target.read_text()) == expected
    target.unlink()

    kedro.service.execution.mode = "real"
    # As long as two uploads at the same time need to get into each other's way.
    kedro.service.faults.latency = 0.2
    kedro("run", "--wait-for-completion")
    kedro("job", "download", kedro.job, "--into-catalog")
    assert json.loads(target.read_text()) == expected
    uploads = [s for s in kedro.service.requests if s.method == "PUT" and "companies.csv" in s.path]
    assert len({s.path for s in uploads}) == 2
    assert all(s.status == 201 or "metadata" in str(s.request.query) for s in uploads)


def test_an_upload_whose_answer_is_lost(kedro: Kedro) -> None:
    """The repeated request is told that the blob is there already."""
    fault = kedro.service.inject("lose", method="PUT", path="companies.csv")
    kedro("run")
    assert fault.hits == 1
    assert kedro.service.jobs.created == 1
