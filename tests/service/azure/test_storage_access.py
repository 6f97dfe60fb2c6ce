"""How a submitted job gets at its temporary storage: by a key, by typing one, by identity."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from kedro_azureml.storage.access import CONNECTION_VARIABLE, SAS_VARIABLE, Access, take
from tests.kit.submission import Kedro
from tests.kit.terminal import run_kedro_on_terminal

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

CONTAINER = "temporary"
KEY = "AZURE_STORAGE_ACCOUNT_KEY"
OTHER_KEY = "A" * 84 + "AA=="


@pytest.fixture
def stored(kedro: Kedro) -> Kedro:
    """The small project, its data going through a container."""
    storage = kedro.service.storage
    storage.container(CONTAINER)
    file = kedro.project / "conf/base/azureml.yml"
    section = f"  temporary_storage: {{account_name: {storage.account}, container: {CONTAINER}}}\n"
    file.write_text(file.read_text() + section)
    return kedro


def signatures(kedro: Kedro) -> list[str | None]:
    """Each step's signature in the newest job."""
    job = kedro.service.jobs.runs[kedro.job]
    nodes = [child.definition for child in job.children.values()]
    return [(node.get("environment_variables") or {}).get(SAS_VARIABLE) for node in nodes]


def test_by_key(stored: Kedro) -> None:
    key = stored.service.storage.key
    done = stored("run", variables={KEY: key})
    first, second = signatures(stored)
    assert first is not None
    assert first == second
    found = {name: value[0] for name, value in parse_qs(first).items()}
    # This container, to read, create and write; until a midnight.
    assert (found["sr"], found["sp"]) == ("c", "rcw")
    assert found["se"].endswith("T00:00:00Z")
    assert key not in done.stdout + done.stderr
    assert found["sig"] not in done.stdout + done.stderr
    assert stored.service.leaks(key) == []
    # Another job of the day has the same, so that steps can be reused.
    stored("run", variables={KEY: key})
    assert signatures(stored) == [first, first]


def test_compile_and_dry_run_ask_for_nothing(stored: Kedro) -> None:
    """field-defects: `compile` prompts for the key, and it stands in the YAML."""
    key = stored.service.storage.key
    variables: Any = stored.variables({KEY: key})
    bare: Any = stored.variables()
    for words in (("compile",), ("run", "--dry-run")):
        code, screen = run_kedro_on_terminal(stored.project, "azureml", *words, **variables)
        assert code == 0, screen
        assert "Key of the storage account" not in screen
        assert key not in screen
        assert "sig=" not in screen
    code, screen = run_kedro_on_terminal(stored.project, "azureml", "compile", **bare)
    assert (code, "Key of the" in screen) == (0, False), screen
    text = (stored.project / "pipeline.yml").read_text()
    account = stored.service.storage.account
    option = f"--storage https://{account}.blob.core.windows.net/{CONTAINER}"
    assert option in " ".join(text.split())
    assert key not in text
    assert "sig=" not in text
    # What was compiled can be submitted, with what is needed added then.
    stored("run", "-f", "pipeline.yml", variables={KEY: key})
    assert all(signatures(stored))


@pytest.mark.parametrize("typed", ["", "the key"])
def test_on_a_terminal_the_key_is_asked_for(stored: Kedro, typed: str) -> None:
    answer = stored.service.storage.key if typed else ""
    variables: Any = stored.variables()
    code, screen = run_kedro_on_terminal(
        stored.project,
        *("azureml", "run"),
        conversation=[("(empty: by identity): ", f"{answer}\n")],
        **variables,
    )
    assert code == 0, screen
    assert not answer or answer not in screen
    assert all(signatures(stored)) is bool(answer)
    assert ("by their own identity" in screen) is not bool(answer)


def test_by_identity(stored: Kedro) -> None:
    done = stored("run")
    assert "by their own identity: AZURE_STORAGE_ACCOUNT_KEY is not set." in done.stderr
    assert signatures(stored) == [None, None]
    file = stored.project / "conf/base/azureml.yml"
    file.write_text(file.read_text().replace("container: t", "credential: identity, container: t"))
    done = stored("run", variables={KEY: stored.service.storage.key})
    assert "identity" not in done.stderr
    assert signatures(stored) == [None, None]


def test_what_is_wrong_is_said_before_anything_is_uploaded(stored: Kedro) -> None:
    said = stored.refused("KAZ803", "run", variables={KEY: "a key that is none"})
    assert "a key that is none" not in said
    file = stored.project / "conf/base/azureml.yml"
    whole = file.read_text()
    file.write_text(whole.replace("container: t", "credential: key, container: t"))
    assert KEY in stored.refused("KAZ802", "run")
    file.write_text(whole.replace(f"container: {CONTAINER}", "container: another"))
    key = stored.service.storage.key
    assert "has no container 'another'" in stored.refused("KAZ801", "run", variables={KEY: key})
    file.write_text(whole.replace("container: t", "sas_lifetime: soon, container: t"))
    assert "'7d' (days)" in stored.refused("KAZ104", "run")
    assert stored.service.jobs.created == 0
    assert not [s for s in stored.service.requests if s.method == "PUT"]
    file.write_text(whole)
    # An account that keeps this machine out may let the steps in.
    stored.service.inject("drop", host=r".*\.blob\.", path=f"/{CONTAINER}", times=None)
    done = stored("run", variables={KEY: key})
    assert "Not checked: The storage account" in done.stderr
    assert all(signatures(stored))


def test_without_the_section_nothing_changes(stored: Kedro) -> None:
    file = stored.project / "conf/base/azureml.yml"
    file.write_text(file.read_text() + "  pipeline_data_passing: {enabled: true}\n")
    stored("run", variables={KEY: stored.service.storage.key})
    assert signatures(stored) == [None, None]


def test_a_step_takes_its_variables_out() -> None:
    given = Access(sas="sig=abc", connection_string="AccountKey=abc")
    environment = {"PATH": "/bin", **given.variables()}
    assert set(environment) == {"PATH", SAS_VARIABLE, CONNECTION_VARIABLE}
    assert take(environment) == given
    assert environment == {"PATH": "/bin"}
    assert "abc" not in repr(given)
