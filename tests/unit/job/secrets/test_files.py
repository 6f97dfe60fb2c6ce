"""Which files are taken to hold secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.job.secrets.files import holds_credentials
from kedro_azureml.job.snapshot.files import SnapshotFile
from tests.kit.bombs import BOMBS

# Put together here, so that no scanner takes this file for what it is about.
PRIVATE_KEY = "-----BEGIN " + "PRIVATE KEY-----"
ACCOUNT_KEY = "AccountKey=" + "a" * 86 + "=="


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("conf/local/credentials.yml", "dev: {key: x}", True),
        ("conf/base/credentials.yml", "dev: {key: '${oc.env:KEY}'}", False),
        ("conf/base/credentials.yml", "dev: {key: '${oc.env:KEY}', user: me}", True),
        ("conf/base/credentials.yml", "db: {con: 'x://me:${azureml.secret:PW}@host/db'}", False),
        ("conf/base/credentials.yml", "db: {con: 'x://me:pw@host/${azureml.secret:DB}'}", True),
        ("conf/local/credentials.yml", "", False),
        *(("conf/base/credentials.yml", bomb, True) for bomb in BOMBS),
        ("conf/local/credentials.yml.example", "dev: {key: x}", False),
        ("src/my_credentials.json", "{}", True),
        ("secrets.toml", "a = 1", True),
        ("src/service_account.json", "{}", True),
        (".env", "A=1", True),
        ("id_rsa", "x", True),
        ("src/gcp-key.json", f'{{"private_key": "{PRIVATE_KEY}"}}', True),
        ("conf/base/storage.yml", f"connection: {ACCOUNT_KEY}", True),
        ("conf/base/app.json", '{"client_secret": "abc"}', True),
        ("conf/base/app.json", '{"client_secret": "${SECRET}"}', False),
        ("src/pkg/credentials.py", "key = None", False),
        ("conf/base/catalog.yml", "companies: {type: pandas.CSVDataset}", False),
        ("notes.txt", "the private key lies elsewhere", False),
        ("conf/local/globals.yml", "db:\n  password: hunter2\n", True),
        ("conf/local/globals.yml", "db:\n  password: ${oc.env:DB_PASSWORD}\n", False),
        ("conf/base/globals.yml", "db:\n  password:\n  api_key: null\n", False),
        ("conf/base/globals.yml", "api_key: <your key>\n", False),
        ("conf/base/parameters.yml", "max_tokens: 512\npad_token: '[PAD]'\nkey: id\n", False),
        ("conf/base/catalog.yml", "cars:\n  credentials: dev_s3\n  type: x\n", False),
        ("aws.ini", f"[default]\naws_secret_access_key = {'a1' * 20}\n", True),
        ("data/settings.json", '{"a": 1, "client_secret": "abc"}', True),
        ("data/links.txt", f"https://a.blob/{'c'}?sv=1&{'sig'}=abcd1234", True),
        ("git/config", f"url = https://me:{'p4ssw0rd'}@example.org/x.git", True),
        ("git/config", "url = https://example.org/x.git", False),
        ("git/config", f"extraheader = AUTHORIZATION: basic {'QUJD' * 4}", True),
        ("run.sh", "export API_TOKEN=abcdef", True),
        ("run.sh", "export API_TOKEN=$TOKEN", False),
        ("home/.aws/credentials", "x", True),
        ("conf/base/azureml.yml", "ssh_settings: {ssh_key_value: ssh-rsa AAAA}", False),
        ("conf/base/azureml.yml", "ssh_key_value: ssh-ed25519 AAAA me@here", False),
    ],
)
def test_files(tmp_path: Path, path: str, content: str, expected: bool) -> None:
    source = tmp_path / path
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(content)
    assert holds_credentials(SnapshotFile(path, source.stat().st_size, source)) is expected


def test_a_file_that_has_vanished_counts_by_its_name(tmp_path: Path) -> None:
    for path, expected in (("a.json", False), ("credentials.json", True)):
        assert holds_credentials(SnapshotFile(path, 9, tmp_path / path)) is expected
