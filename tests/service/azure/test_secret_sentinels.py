"""Secrets by name, in the vault, the shell and `.env`: in the memory of steps, and nowhere else."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.kit.sentinels import Searched, init, search, sentinel
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

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
def searched(kedro: Kedro) -> Searched:
    return search(kedro)


@pytest.fixture
def named(searched: Searched) -> Searched:
    """Three values a secret: one in the vault, one in the shell, one in `.env`; steps are run."""
    kedro, service = searched.kedro, searched.kedro.service
    init(kedro)
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
        places = {place: sentinel(f"{name} {place}") for place in ("vault", "shell", ".env")}
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
        assert service.vault.values[name.replace("_", "-")] == sentinel(f"{name} .env")
    named("secrets", "delete", *NAMED, "--yes")
    assert named.leaks() == []
