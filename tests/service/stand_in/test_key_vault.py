"""The test service's key vaults, through the unmodified azure-keyvault-secrets."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.kit.azureml.keyvault.vaults import LARGEST_VALUE
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService

pytest_plugins = ("tests.kit.azureml.fixtures",)

_CLIENT = """
from azure.keyvault.secrets import SecretClient
name = ml.workspaces.get(ml.workspace_name).key_vault.rpartition("/")[2]
vault = SecretClient(f"https://{name}.vault.azure.net/", DefaultAzureCredential())
"""


def run(sdk: Sdk, code: str) -> object:
    return sdk.run(_CLIENT + dedent(code))


def test_secret_there_and_back(azure_service: AzureService, sdk: Sdk) -> None:
    found = run(
        sdk,
        """
        made = vault.set_secret("DB-PASSWORD", "first", tags={"env": "DB_PASSWORD"})
        again = vault.set_secret("db-password", "second")
        result = {
            "newest": vault.get_secret("Db-Password").value,
            "first": vault.get_secret("DB-PASSWORD", made.properties.version).value,
            "tags": vault.get_secret("DB-PASSWORD", made.properties.version).properties.tags,
            "names": [s.name for s in vault.list_properties_of_secrets()],
            "versions": len(list(vault.list_properties_of_secret_versions("DB-PASSWORD"))),
        }
        """,
    )
    assert found == {
        "newest": "second",
        "first": "first",
        "tags": {"env": "DB_PASSWORD"},
        "names": ["DB-PASSWORD"],
        "versions": 2,
    }
    assert azure_service.vault.values == {"DB-PASSWORD": "second"}
    written = [s.path for s in azure_service.vault_requests if s.holds("second")]
    assert written == ["/secrets/db-password"]
    assert azure_service.leaks("second") == []
    client = azure_service.login.client
    assert {(a.client, a.action) for a in azure_service.vault.log} == {
        (client, "setSecret"),
        (client, "getSecret"),
        (client, "readMetadata"),
    }


def test_first_call_costs_a_challenge(azure_service: AzureService, sdk: Sdk) -> None:
    """The client keeps it for the host: here a vault that no other test asks."""
    azure_service.vaults.add("fresh-vault").put("a", "1")
    fresh = 'SecretClient("https://fresh-vault.vault.azure.net", DefaultAzureCredential())'
    run(sdk, f'vault = {fresh}; vault.get_secret("a"); vault.get_secret("a")')
    assert [s.status for s in azure_service.vault_requests] == [401, 200, 200]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('vault.get_secret("gone")', "(?s)ResourceNotFoundError.*SecretNotFound"),
        ('vault.set_secret("DB_PASSWORD", "x")', "BadParameter.*invalid name: DB_PASSWORD"),
        ('vault.set_secret("a" * 128, "x")', "BadParameter"),
        (f'vault.set_secret("a", "x" * {LARGEST_VALUE + 1})', "BadParameter.*too long"),
        ('vault.set_secret("a", "x", tags={str(n): "" for n in range(16)})', "15 tags"),
        ('vault.begin_delete_secret("gone")', "SecretNotFound"),
        ('vault.get_secret("off")', "(?s)HttpResponseError.*disabled secret"),
    ],
)
def test_what_a_vault_refuses(
    azure_service: AzureService, sdk: Sdk, code: str, message: str
) -> None:
    azure_service.vault.put("off", "x", enabled=False)
    with pytest.raises(SdkError, match=message):
        run(sdk, code)


def test_vault_that_does_not_exist(azure_service: AzureService, sdk: Sdk) -> None:
    code = """
        vault = SecretClient("https://nobody.vault.azure.net", DefaultAzureCredential())
        vault.get_secret("a", retry_total=0)
    """
    with pytest.raises(SdkError, match="ServiceRequestError"):
        run(sdk, code)
    assert [(s.host, s.status) for s in azure_service.requests[-1:]] == [
        ("nobody.vault.azure.net", 502)
    ]


def test_largest_value(azure_service: AzureService, sdk: Sdk) -> None:
    run(sdk, f'vault.set_secret("a", "x" * {LARGEST_VALUE})')
    assert len(azure_service.vault.values["a"]) == LARGEST_VALUE


def test_disable_and_enable(azure_service: AzureService, sdk: Sdk) -> None:
    azure_service.vault.put("a", "1")
    run(sdk, 'vault.update_secret_properties("a", enabled=False)')
    assert not azure_service.vault.secrets["a"].newest.enabled
    run(sdk, 'vault.update_secret_properties("a", enabled=True, tags={"b": "c"})')
    assert azure_service.vault.secrets["a"].newest.tags == {"b": "c"}


def test_deletion_keeps_the_name_until_it_is_purged(azure_service: AzureService, sdk: Sdk) -> None:
    vault = azure_service.vault
    vault.deletion_polls = 1
    vault.put("a", "1")
    vault.put("b", "2")
    run(sdk, 'for n in "ab": vault.begin_delete_secret(n, _polling_interval=0.05).wait()')
    assert vault.values == {}
    assert sum(s.status == 404 for s in azure_service.vault_requests) == 2
    with pytest.raises(SdkError, match="deleted but recoverable state"):
        run(sdk, 'vault.set_secret("a", "3")')
    run(sdk, 'vault.purge_deleted_secret("a"); vault.set_secret("a", "3")')
    run(sdk, 'vault.begin_recover_deleted_secret("b", _polling_interval=0.05).wait()')
    assert vault.values == {"a": "3", "b": "2"}


def test_roles(azure_service: AzureService, sdk: Sdk) -> None:
    login, vault = azure_service.login, azure_service.vault
    vault.put("a", "1")
    vault.revoke(login.submitter)
    with pytest.raises(SdkError, match=f"(?s)not authorized.*appid={login.client}.*getSecret"):
        run(sdk, 'vault.get_secret("a")')
    vault.grant(login.submitter, "Key Vault Secrets User")
    assert run(sdk, 'result = vault.get_secret("a").value') == "1"
    with pytest.raises(SdkError, match="setSecret"):
        run(sdk, 'vault.set_secret("a", "2")')
    vault.revoke(login.submitter)
    vault.grant(login.submitter, "Key Vault Reader")
    assert run(sdk, "result = [s.name for s in vault.list_properties_of_secrets()]") == ["a"]
    with pytest.raises(SdkError, match="getSecret"):
        run(sdk, 'vault.get_secret("a")')


def test_another_principal_and_another_vault(azure_service: AzureService, sdk: Sdk) -> None:
    principal = azure_service.login.add_principal("somebody")
    other = azure_service.vaults.add("other-vault")
    other.grant(principal, "Key Vault Secrets User")
    other.put("a", "of another")
    code = f"""
        from azure.identity import ClientSecretCredential
        credential = ClientSecretCredential({azure_service.login.tenant!r}, {principal.client!r},
                                            {principal.secret!r})
        other = SecretClient("https://other-vault.vault.azure.net", credential)
        result = other.get_secret("a").value
    """
    assert run(sdk, code) == "of another"
    assert [access.client for access in other.log] == [principal.client]
    with pytest.raises(SdkError, match="Forbidden"):
        run(sdk, dedent(code).replace("other-vault", "test-vault"))


def test_sovereign_cloud(azure_service: AzureService, sdk: Sdk) -> None:
    azure_service.vault.put("a", "1")
    host = "https://test-vault.vault.usgovcloudapi.net"
    code = f'result = SecretClient("{host}", DefaultAzureCredential()).get_secret("a").value'
    assert run(sdk, code) == "1"
