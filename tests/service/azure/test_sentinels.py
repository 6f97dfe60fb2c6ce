"""Secrets lie in every place where people keep them, and none is anywhere it should not be.

Each place holds a text of its own. What a command writes, prints, sends or uploads is searched for
all of them; the login's requests alone may hold the service principal's.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator, Mapping
from textwrap import dedent
from urllib.parse import quote

import pytest

from tests.kit.azureml.http.messages import spellings
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

CONTAINER = "temporary"
# Files of a project, and what is secret in each.
FILES: Mapping[str, str] = {
    ".env": "API_TOKEN={}\n",
    "conf/local/globals.yml": "password: {}\n",
    "conf/local/credentials.yml": "db: {{con: 'postgresql://me:{}@host/db'}}\n",
    "conf/base/credentials.yml": "lake: {{account_key: {}}}\n",
    ".git/config": '[remote "origin"]\n\turl = https://me:{}@git.example/x.git\n',
    ".git/objects/aa/bb": "history {}\n",
    "data/.env": "DATA_TOKEN={}\n",
    "data/01_raw/key.pem": "-----BEGIN PRIVATE" + " KEY-----\n{}\n-----END PRIVATE KEY-----\n",
}
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
SHELL = ("MY_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN")


def _sentinel(place: str) -> str:
    return f"s3ntinel{zlib.crc32(place.encode()):010}"


class Searched:
    """A project full of secrets, and everything that its commands leave and say."""

    def __init__(self, kedro: Kedro) -> None:
        self.kedro = kedro
        self.said = ""
        for path, text in FILES.items():
            file = kedro.project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.format(_sentinel(path)))
        self.shell = {name: _sentinel(name) for name in SHELL}
        storage = kedro.service.storage
        self.keys = {
            "AZURE_STORAGE_ACCOUNT_KEY": storage.key,
            "AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=https;"
            f"AccountName={storage.account};AccountKey={storage.key};"
            "EndpointSuffix=core.windows.net",
        }
        self.secrets = {
            **{path: _sentinel(path) for path in FILES},
            **self.shell,
            "the storage key": storage.key,
            "the service principal": kedro.service.login.secret,
        }

    def __call__(self, *arguments: str, code: int = 0, keys: bool = True) -> str:
        variables = {**self.shell, **(self.keys if keys else {})}
        done = self.kedro(*arguments, check=False, variables=variables)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        self.said += said
        return " ".join(said.split())

    def places(self) -> Iterator[tuple[str, bytes]]:
        """All that was written since, but for the secrets' own files."""
        yield "the terminal", self.said.encode()
        for path in self.kedro.project.rglob("*"):
            name = path.relative_to(self.kedro.project).as_posix()
            if path.is_file() and name not in FILES:
                yield name, path.read_bytes()

    def leaks(self) -> list[str]:
        """Say which secret is where."""
        texts = list(self.places())
        return [
            f"{secret} in {place}"
            for secret, value in self.secrets.items()
            for place in (
                *(name for name, data in texts if value.encode() in data),
                *self.kedro.service.leaks(value),
            )
        ]


@pytest.fixture
def searched(kedro: Kedro) -> Searched:
    (kedro.project / ".amlignore").unlink()
    kedro.service.storage.container(CONTAINER)
    return Searched(kedro)


def _store(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    account = kedro.service.storage.account
    section = f"  temporary_storage: {{account_name: {account}, container: {CONTAINER}}}\n"
    file.write_text(file.read_text() + section)


def _init(kedro: Kedro) -> None:
    """Write the ignore file that init writes."""
    own = (kedro.project / "conf/base/azureml.yml").read_text()
    options = ("--resource-group", "g", "--workspace-name", "w", "--cluster-name", "c")
    run_kedro(kedro.project, "azureml", "init", "--force", *options)
    (kedro.project / "conf/base/azureml.yml").write_text(own)


@pytest.fixture
def executed(searched: Searched) -> Searched:
    """The same with a node that shows all it can see; steps are really run."""
    kedro = searched.kedro
    _init(kedro)
    registry = kedro.project / "src/minimal/pipeline_registry.py"
    registry.write_text(dedent(CURIOUS.replace("{}", _sentinel("an exception").upper())))
    kedro.service.execution.mode = "real"
    return searched


@pytest.mark.parametrize("stored", [False, True], ids=["job outputs", "temporary storage"])
def test_a_project_with_the_ignore_file_of_init(searched: Searched, stored: bool) -> None:
    kedro = searched.kedro
    _init(kedro)
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
    executed.secrets["an exception"] = _sentinel("an exception")
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


NAMED = ("DB_PASSWORD", "API_KEY")
USER = """
    import os
    from kedro.pipeline import node, pipeline


    def look(companies):
        values = [os.environ[name] for name in ("DB_PASSWORD", "API_KEY")]
        print(values, dict(os.environ))
        return {"lengths": [len(value) for value in values]}


    def fail(seen):
        raise ConnectionError("no answer to " + os.environ["API_KEY"])


    def register_pipelines():
        first = node(look, "companies", "seen", name="first")
        return {
            "__default__": pipeline([first, node(lambda s: s, "seen", "result", name="second")]),
            "failing": pipeline([first, node(fail, "seen", "result", name="second")]),
        }
"""


@pytest.fixture
def named(searched: Searched) -> Searched:
    """Three values a secret: one in the vault, one in the shell, one in `.env`; steps are run."""
    kedro, service = searched.kedro, searched.kedro.service
    _init(kedro)
    service.workspace.add_compute("cpu-cluster", identity="system")
    identity = service.workspace.identities["cpu-cluster"]
    service.vault.grant(identity, "Key Vault Secrets User")
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(f"{file.read_text()}  secrets: {{names: [{', '.join(NAMED)}]}}\n")
    (kedro.project / "conf/local/credentials.yml").write_text(
        "db: {con: '${azureml.secret:API_KEY}'}\n"
    )
    registry = kedro.project / "src/minimal/pipeline_registry.py"
    registry.write_text(dedent(USER))
    service.execution.mode = "real"
    for name in NAMED:
        places = {place: _sentinel(f"{name} {place}") for place in ("vault", "shell", ".env")}
        searched.secrets |= {f"{name} of {place}": value for place, value in places.items()}
        service.vault.put(name.replace("_", "-"), places["vault"])
        if name == "API_KEY":
            searched.shell[name] = places["shell"]
        with (kedro.project / ".env").open("a") as dotenv:
            dotenv.write(f"{name}={places['.env']}\n")
    return searched


def _runs(named: Searched, *arguments: str, code: int = 0) -> None:
    """Rehearse and submit; neither may leave or say a value."""
    kedro = named.kedro
    network = [word for name in kedro.service.network for word in ("--pass-env", name)]
    named("run", "--local", *arguments, *network, code=code)
    named("run", "--local", "--json", *arguments, *network, code=code)
    named("run", *arguments, "--wait-for-completion", "--follow-logs", code=code)
    named("job", "logs", kedro.job)
    named("job", "show", kedro.job, "--json")
    assert "***" in named.said


def test_secrets_by_name_are_in_the_memory_of_steps_alone(named: Searched) -> None:
    kedro = named.kedro
    named("compile")
    named("plan", "--html", "plan.html")
    named("run", "--dry-run")
    _runs(named)
    named("job", "download", kedro.job, "-o", "fetched")
    # Who has a role there is not for everybody to see.
    kedro.service.inject("forbidden", host="management", path="/vaults/test-vault", times=None)
    named("secrets", "check")
    named("secrets", "list", "--json")
    assert named.leaks() == []


def test_secrets_by_name_in_what_a_step_raises(named: Searched) -> None:
    _runs(named, "-p", "failing", code=1)
    assert "ConnectionError: no answer to ***" in named.said
    assert named.leaks() == []


def test_a_push_sends_values_to_the_vault_and_to_nobody_else(named: Searched) -> None:
    service = named.kedro.service
    named("secrets", "push", ".env", *NAMED, "--yes")
    for name in NAMED:
        assert service.vault.values[name.replace("_", "-")] == _sentinel(f"{name} .env")
    named("secrets", "delete", *NAMED, "--yes")
    assert named.leaks() == []
