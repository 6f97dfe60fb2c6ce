"""`kedro azureml secrets`: what it writes into the vault, what it says, and what it refuses."""

from __future__ import annotations

import pytest

from tests.kit.azureml.http.messages import Response
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

NAMED = "  secrets: {names: [DB_PASSWORD, API_KEY]}\n"
VALUES = {"DB_PASSWORD": "s3ntinel 'quoted'", "API_KEY": "s3ntinel-key"}


@pytest.fixture
def named(kedro: Kedro) -> Kedro:
    """A project that names two secrets, and a `.env` that has them."""
    name_secrets(kedro, NAMED)
    lines = [f'{name}="{value}"' for name, value in VALUES.items()]
    (kedro.project / ".env").write_text("\n".join(["# comment", *lines, ""]))
    return kedro


def name_secrets(kedro: Kedro, section: str) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(file.read_text() + section)


def test_push_writes_one_secret_a_variable_and_then_only_what_changed(named: Kedro) -> None:
    vault = named.service.vault
    said = named("secrets", "push", ".env", "--yes")
    assert vault.values == {"DB-PASSWORD": VALUES["DB_PASSWORD"], "API-KEY": VALUES["API_KEY"]}
    assert "DB_PASSWORD  DB-PASSWORD  new" in said.stdout
    assert "Vault: test-vault (the workspace's own)" in said.stderr
    assert vault.secrets["db-password"].newest.tags == {"env": "DB_PASSWORD"}

    again = named("secrets", "push", ".env")
    assert "Wrote 0 secrets, left 2 alone." in again.stdout
    (named.project / ".env").write_text(f"API_KEY=another\nDB_PASSWORD={VALUES['DB_PASSWORD']}\n")
    rows = named.json("secrets", "push", ".env", "--yes")["secrets"]
    assert {row["variable"]: row["was"] for row in rows} == {
        "API_KEY": "changed",
        "DB_PASSWORD": "unchanged",
    }
    assert [len(secret.versions) for secret in vault.secrets.values()] == [1, 2]
    assert not any(value in said.stdout + said.stderr for value in VALUES.values())
    assert [leak for value in VALUES.values() for leak in named.service.leaks(value)] == []


def test_push_of_a_part_and_into_another_vault(named: Kedro) -> None:
    other = named.service.vaults.add("other-vault")
    named("secrets", "push", ".env", "API_KEY", "--yes", "--vault", "other-vault")
    assert other.values == {"API-KEY": VALUES["API_KEY"]}
    assert named.service.vault.values == {}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("A_B=1\na_b=2\n", "KAZ815", "'A_B' and 'a_b' would be one secret in the vault, 'A-B'"),
        ("A.B=1\n", "KAZ815", "'A.B' is no name of a variable"),
        ("PATH=1\n", "KAZ815", "'PATH' is a variable of Azure ML's or of the process itself"),
        ("A=\n", "KAZ815", "'A' has no value"),
        (f"A={'x' * (25 * 1024 + 1)}\n", "KAZ815", "25,601 bytes, and a vault takes 25,600"),
        ("A=1\nno value at all = = \n'\n", "KAZ815", "The line is no NAME=value"),
        ("", "KAZ815", "'.env' holds no variable"),
        (None, "KAZ107", "'.env' cannot be read: No such file"),
    ],
)
def test_what_push_refuses_before_it_writes_anything(
    kedro: Kedro, text: str | None, code: str, said: str
) -> None:
    if text is not None:
        (kedro.project / ".env").write_text(text)
    assert said in kedro.refused(code, "secrets", "push", ".env", "--yes")
    assert kedro.service.requests == []


def test_push_asks_and_without_a_terminal_says_so(named: Kedro) -> None:
    assert "Give --yes." in named.refused("KAZ108", "secrets", "push", ".env")
    assert "'.env' has no variable 'NOPE'" in named.refused(
        "KAZ107", "secrets", "push", ".env", "NOPE"
    )
    assert named.service.vault.values == {}


def test_list_and_delete(named: Kedro) -> None:
    vault = named.service.vault
    vault.put("db-password", VALUES["DB_PASSWORD"])
    vault.put("Other", "x", enabled=False)
    said = named("secrets", "list")
    assert "db-password  DB_PASSWORD" in said.stdout
    assert "Other        no step's, disabled" in said.stdout
    assert named.json("secrets", "list")["secrets"][0] == {
        "variable": "DB_PASSWORD",
        "name": "db-password",
        "enabled": True,
        "read_by_steps": True,
    }
    nearest = named.refused("KAZ813", "secrets", "delete", "DB_PASWORD", "--yes")
    assert "Did you mean 'db-password'? Nothing was deleted." in nearest
    named.refused("KAZ108", "secrets", "delete", "DB_PASSWORD")
    assert "Deleted 'db-password'" in named("secrets", "delete", "DB_PASSWORD", "--yes").stdout
    assert list(vault.values) == ["Other"]
    assert [a.action for a in vault.log if a.action == "getSecret"] == []

    named("secrets", "push", ".env", "DB_PASSWORD", "--yes")
    assert vault.values["db-password"] == VALUES["DB_PASSWORD"], "it was recovered"


def test_vault_that_does_not_exist_and_one_that_lets_nobody_in(named: Kedro) -> None:
    said = named.refused("KAZ814", "secrets", "list", "--vault", "nobody-has-it")
    assert "The vault 'nobody-has-it' cannot be reached while listing the secrets" in said
    assert "is not a vault's name" in named.refused("KAZ107", "secrets", "list", "--vault", "-")
    elsewhere = "https://vault.azure.net.example.com"
    said = named.refused("KAZ107", "secrets", "list", "--vault", elsewhere)
    assert "is no address of a vault of Azure's" in said
    named.service.vault.revoke(named.service.login.submitter)
    said = named.refused("KAZ814", "secrets", "push", ".env", "--yes")
    assert "Permission is missing while listing the secrets in the vault 'test-vault'" in said
    assert "Key Vault Secrets User" in said
    assert named.service.vault.values == {}


def test_writing_takes_more_than_reading(named: Kedro) -> None:
    service = named.service
    service.vault.revoke(service.login.submitter)
    service.vault.grant(service.login.submitter, "Key Vault Secrets User")
    said = named.refused("KAZ814", "secrets", "push", ".env", "--yes")
    assert "while writing the secret 'DB-PASSWORD' (DB_PASSWORD)" in said
    assert "Key Vault Secrets Officer" in said


def _tell_roles(kedro: Kedro, *principals: str) -> None:
    """Let Azure Resource Manager tell who has the role on the workspace's own vault."""
    role = "/x/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"
    assignments = [{"properties": {"roleDefinitionId": role, "principalId": p}} for p in principals]
    vault = Response.json({"properties": {"enableRbacAuthorization": True}})
    path = "/vaults/test-vault"
    kedro.service.inject("missing", path=f"{path}$", times=None, answer=vault)
    answer = Response.json({"value": assignments})
    kedro.service.inject("missing", path=f"{path}/.*/roleAssignments", times=None, answer=answer)


def test_check_says_what_is_missing_and_who_may_read(named: Kedro) -> None:
    service = named.service
    service.workspace.add_compute("cpu-cluster", identity="system")
    service.workspace.add_compute("big-cluster", identity="user")
    cpu, big = (service.workspace.identities[n].object for n in ("cpu-cluster", "big-cluster"))
    service.vault.put("API-KEY", "x", enabled=False)
    _tell_roles(named, cpu)
    done = named("secrets", "check", check=False)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "The vault 'test-vault' has no secret 'DB-PASSWORD' for DB_PASSWORD." in said
    assert "The secret 'API-KEY' for API_KEY is disabled in 'test-vault'." in said
    assert "The managed identity of 'big-cluster' may not read the secrets" in said
    assert f"--assignee-object-id {big}" in said
    assert "__default__: the managed identity of 'cpu-cluster' may read" in done.stdout

    named("secrets", "push", ".env", "--yes")
    service.faults.clear()
    _tell_roles(named, cpu, big)
    assert "Every secret is there." in named("secrets", "check").stdout
    (checked,) = named.json("secrets", "check")
    assert checked["vault"] == "test-vault"
    assert {r["alias"]: r["may_read"] for r in checked["readers"]} == {
        None: False,
        "__default__": True,
        "chunky": True,
    }


def test_check_goes_on_where_nobody_tells_who_may_read(named: Kedro) -> None:
    named("secrets", "push", ".env", "--yes")
    named.service.inject("forbidden", path="/vaults/test-vault", times=None)
    said = named("secrets", "check").stdout
    assert "nobody tells whether it may read" in said
    assert "'cpu-cluster', which has no managed identity" in said


def test_check_of_a_project_without_secrets(kedro: Kedro) -> None:
    assert "names no secret" in kedro.refused("KAZ108", "secrets", "check")
