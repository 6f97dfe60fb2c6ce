"""Which names are taken for a secret's."""

from __future__ import annotations

import pytest

from kedro_azureml.job.secrets.names import is_secret_name


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "PGPASSWORD",
        "apiKey",
        "storage_account_key",
        "sasToken",
        "password2",
        "db.password",
        "OPENAI_APIKEY",
        "AZURE_STORAGE_CONNECTION_STRING",
        "client_secret",
        "AWS_SECRET_ACCESS_KEY",
        "token",
        "HF_TOKEN",
        "credentials",
        "SSH_PRIVATE_KEY_BASE64",
        "SAS",
        "secrets",
    ],
)
def test_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "TOKENIZERS_PARALLELISM",
        "MAX_TOKENS",
        "KEYBOARD",
        "key",
        "primary_key",
        "sort_key",
        "token_path",
        "secret_name",
        "PASSENGER",
        "sas_lifetime",
        "pad_token",
        "tokenizer",
        "password_column",
        "",
        "_",
        "1",
        "ü",
    ],
)
def test_no_secret(name: str) -> None:
    assert not is_secret_name(name)
