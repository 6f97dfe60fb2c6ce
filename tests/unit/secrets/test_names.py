"""What secrets are called, where vaults are, and what a step is told of both."""

from __future__ import annotations

import pytest

from kedro_azureml.secrets.names import problem_of_name, same_in_vault
from kedro_azureml.secrets.references import secrets_in, stand_in, variable_in
from kedro_azureml.secrets.step_secrets import StepSecrets
from kedro_azureml.secrets.token_claims import claims_of, object_id
from kedro_azureml.secrets.vault_address import is_vault_url, name_of_vault, vault_url


@pytest.mark.parametrize(
    "name", ["", "1A", "A-B", "A B", "Ä", "A" * 128, "PATH", "AZUREML_RUN_ID", "KEY_VAULT_URL"]
)
def test_no_name_of_a_secret(name: str) -> None:
    assert problem_of_name(name)


def test_names_that_a_vault_takes_for_one() -> None:
    assert same_in_vault(["A_B", "c", "a_b", "A_b"]) == [("A_B", "a_b"), ("A_B", "A_b")]
    assert same_in_vault(["A_B", "A_B", "AB"]) == []


@pytest.mark.parametrize(
    ("url", "is_azures"),
    [
        ("https://my-vault.vault.azure.net", True),
        ("https://my-vault.vault.azure.net/", True),
        ("https://my-vault.vault.azure.cn", True),
        ("http://my-vault.vault.azure.net", False),
        ("https://my-vault.vault.azure.net.example.com", False),
        ("https://me@my-vault.vault.azure.net", False),
        ("https://example.com/my-vault.vault.azure.net", False),
        ("https://my-vault.vault.azure.net:8443", False),
        ("https://my-vault.vault.azure.net/secrets/a", False),
        ("https://vault.azure.net", False),
        ("https://a--b.vault.azure.net", False),
    ],
)
def test_addresses_that_a_token_may_be_sent_to(url: str, is_azures: bool) -> None:
    assert is_vault_url(url) is is_azures


def test_names_and_addresses_of_vaults() -> None:
    assert vault_url("v1x", "AzureUSGovernment") == "https://v1x.vault.usgovcloudapi.net"
    assert vault_url("https://v1x.vault.azure.net/", "AzureCloud") == "https://v1x.vault.azure.net"
    assert name_of_vault("https://v1x.vault.azure.net") == "v1x"


def test_a_step_reads_what_the_document_says() -> None:
    told = StepSecrets(("A", "B"), "https://v1x.vault.azure.net", {"db": {"con": "A", "x": {}}})
    assert StepSecrets.of(told.variables()) == told
    assert StepSecrets().variables() == {}
    assert StepSecrets.of({}) == StepSecrets()
    for text in ("[]", "{", "null no"):
        with pytest.raises(ValueError, match=r"no mapping|line 1|Expecting|Extra"):
            StepSecrets.of({"KEDRO_AZUREML_CREDENTIALS": text})


def test_references_in_files() -> None:
    assert variable_in("${ azureml.secret : A_B }") == "A_B"
    assert variable_in("${oc.env:A_B}") == "A_B"
    for other in ("x${oc.env:A}", "${oc.env:A,default}", "A", 3, None, "${globals:A}"):
        assert variable_in(other) is None


def test_what_stands_in_for_a_value_names_it() -> None:
    made = {"con": f"postgresql://me:{stand_in('DB_PASSWORD')}@host", "list": [stand_in("B")]}
    assert set(secrets_in(made)) == {"DB_PASSWORD", "B"}
    assert set(secrets_in(({"x": 3}, None))) == set()


def test_tokens_that_say_nothing() -> None:
    for token in ("", "a.b.c", "a.e30.c", "a.W10.c"):
        assert claims_of(token) == {}
        assert object_id(token) is None
