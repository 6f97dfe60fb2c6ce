"""Secrets lie in every place where people keep them, and none is anywhere it should not be.

Each place holds a text of its own. What a command writes, prints, sends or uploads is searched for
all of them; the login's requests alone may hold the service principal's.
"""

from __future__ import annotations

import shutil
from textwrap import dedent
from urllib.parse import quote

import pytest

from tests.kit.azureml.http.messages import spellings
from tests.kit.sentinels import CONTAINER, Searched, init, search, sentinel
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

GUARDED = ".*\nconf/local/\n*credentials*\n/data/\n"
# The first node shows all that it has: each variable, and each file of its copy of the code.
CURIOUS = """
    import os
    from pathlib import Path
    from kedro.pipeline import node, pipeline


    def look(companies):
        print(dict(os.environ))
        files = [path for path in Path.cwd().rglob("*") if path.is_file()]
        seen = {str(path): path.read_text(errors="replace") for path in files}
        print(seen)
        return {"variables": dict(os.environ), **seen}


    def fail(seen):
        raise ConnectionError("no answer of postgresql://me:" + "{}".lower() + "@host/db")


    def register_pipelines():
        return {"__default__": pipeline([
            node(look, "companies", "seen", name="first"),
            node(lambda seen: seen, "seen", "result", name="second"),
        ]), "failing": pipeline([
            node(look, "companies", "seen", name="first"),
            node(fail, "seen", "result", name="second"),
        ])}
"""


@pytest.fixture
def searched(kedro: Kedro) -> Searched:
    return search(kedro)


def _store(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    account = kedro.service.storage.account
    section = f"  temporary_storage: {{account_name: {account}, container: {CONTAINER}}}\n"
    file.write_text(file.read_text() + section)


@pytest.fixture
def executed(searched: Searched) -> Searched:
    """The same with a node that shows all it can see; steps are really run."""
    kedro = searched.kedro
    init(kedro)
    registry = kedro.project / "src/minimal/pipeline_registry.py"
    registry.write_text(dedent(CURIOUS.replace("{}", sentinel("an exception").upper())))
    kedro.service.execution.mode = "real"
    return searched


@pytest.mark.parametrize("stored", [False, True], ids=["job outputs", "temporary storage"])
def test_a_project_with_the_ignore_file_of_init(searched: Searched, stored: bool) -> None:
    kedro = searched.kedro
    init(kedro)
    if stored:
        _store(kedro)
    searched("compile")
    searched("plan", "--html", "plan.html")
    searched("run", "--dry-run")
    # The way to the stand-in, which steps of a rehearsal do not inherit.
    network = [word for name in kedro.service.network for word in ("--pass-env", name)]
    searched("run", "--local", *network)
    searched("run", "--wait-for-completion")
    searched("job", "show", kedro.job, "--json")
    searched("job", "list", "--json")
    searched("compile", "-p", "nope", code=1)
    assert kedro.service.jobs.created == 1
    assert searched.leaks() == []


def test_a_project_that_nothing_guards_uploads_nothing_and_quotes_nothing(
    searched: Searched,
) -> None:
    said = searched("run", code=1)
    assert "error KAZ510" in said
    assert "would upload .git: the whole history" in said
    shutil.rmtree(searched.kedro.project / ".git")
    said = searched("run", code=1)
    assert "error KAZ503" in said
    for path in (".env", "conf/local/credentials.yml", "conf/base/credentials.yml"):
        assert path in said
    searched("compile")
    searched("run", "--dry-run", code=1)
    assert searched.kedro.service.jobs.created == 0
    assert searched.leaks() == []


def test_an_input_folder_that_holds_a_key_is_not_uploaded(searched: Searched) -> None:
    catalog = searched.kedro.project / "conf/base/catalog.yml"
    folder = "companies: {type: partitions.PartitionedDataset, path: data/01_raw, dataset: text}"
    folder = folder.replace("text}", "text.TextDataset}")
    rest = [line for line in catalog.read_text().splitlines() if not line.startswith("companies")]
    catalog.write_text("\n".join([folder, *rest]))
    (searched.kedro.project / ".amlignore").write_text(GUARDED)
    said = searched("run", code=1)
    assert "error KAZ503" in said
    assert "key.pem" in said
    assert searched.kedro.service.jobs.created == 0
    assert searched.leaks() == []


def test_what_the_command_line_puts_into_the_document_is_warned_of_and_not_repeated(
    searched: Searched,
) -> None:
    (searched.kedro.project / ".amlignore").write_text(GUARDED)
    parameter, variable = "s3ntinelparameter", "s3ntinelvariable"
    words = ("--params", f"password={parameter}", "--env-var", f"API_TOKEN={variable}")
    said = searched("compile", *words, "-o", "secret.yml")
    for name in ("password", "API_TOKEN"):
        assert name in said.split("warning", 1)[1]
    document = (searched.kedro.project / "secret.yml").read_text()
    assert parameter in document
    assert variable in document
    (searched.kedro.project / "secret.yml").unlink()
    searched("plan", *words, "--html", "plan.html")
    searched.secrets |= {"--params": parameter, "--env-var": variable}
    assert searched.leaks() == []


def test_a_login_that_fails_quotes_no_secret(searched: Searched) -> None:
    kedro = searched.kedro
    (kedro.project / ".amlignore").write_text(GUARDED)
    searched.shell["AZURE_CLIENT_SECRET"] = searched.secrets["wrong"] = "s3ntinelwrongsecret"
    assert "error KAZ702" in searched("run", code=1)
    assert searched.leaks() == []
    shutil.rmtree(kedro.project / ".kedro_azureml", ignore_errors=True)


@pytest.mark.parametrize("stored", [False, True], ids=["job outputs", "temporary storage"])
def test_a_step_that_runs_and_what_is_fetched_of_it(executed: Searched, stored: bool) -> None:
    kedro = executed.kedro
    if stored:
        _store(kedro)
    executed("run", "--wait-for-completion", "--follow-logs")
    assert "AZUREML_RUN_ID" in executed("job", "logs", kedro.job)
    executed("job", "logs", kedro.job, "first", "--tail", "3")
    executed("job", "download", kedro.job, "-o", "fetched")
    executed("job", "download", kedro.job, "--into-catalog")
    assert "AZUREML_RUN_ID" in (kedro.project / "data/08_reporting/result.json").read_text()
    assert executed.leaks() == []
    assert _signatures(executed) == (set() if not stored else {"a job", "a request of its steps"})


def _signatures(executed: Searched) -> set[str]:
    """Say where the signatures are that lead steps to temporary storage."""
    service = executed.kedro.service
    signed = [s for s in service.requests if s.request.query.get("sig")]
    used = [s for s in signed if s.path.startswith(f"/{CONTAINER}/")]
    places = {"a request of its steps"} if used else set()
    texts = list(executed.places())
    for signature in {s.request.query["sig"] for s in used}:
        forms = [*spellings(signature), quote(signature).encode()]
        places |= {f"blob {name}" for name in service.storage.holding(forms)}
        places |= {name for name, data in texts if any(form in data for form in forms)}
        for seen in service.requests:
            if seen not in used and any(form in seen.request.body for form in forms):
                is_job = seen.method == "PUT" and "/jobs/" in seen.path
                places.add("a job" if is_job else str(seen))
    return places


def test_a_step_that_fails_with_a_secret_in_its_exception(executed: Searched) -> None:
    """What it prints is its own; what is said of it is not."""
    kedro = executed.kedro
    executed.secrets["an exception"] = sentinel("an exception")
    said = executed("run", "-p", "failing", "--wait-for-completion", code=1)
    assert "ConnectionError: no answer of postgresql://me:...@host/db, in node 'second'" in said
    executed("job", "show", kedro.job, "--json")
    executed("job", "watch", kedro.job, code=1)
    network = [word for name in kedro.service.network for word in ("--pass-env", name)]
    executed("run", "--local", "-p", "failing", *network, code=1)
    logs = [leak for leak in executed.leaks() if leak.endswith("user_logs/std_log.txt")]
    assert len(logs) == 2, "the step's own log, here and there"
    assert [leak for leak in executed.leaks() if leak not in logs] == []


def test_a_step_whose_storage_refuses_it_quotes_no_signature(executed: Searched) -> None:
    kedro = executed.kedro
    _store(kedro)
    kedro.service.inject("forbidden", method="PUT", path=f"^/{CONTAINER}/", times=None)
    said = executed("run", "--wait-for-completion", code=1)
    assert "error KAZ711" in said
    executed("job", "logs", kedro.job)
    assert executed.leaks() == []
    assert _signatures(executed) == {"a job", "a request of its steps"}
