"""Which files are taken to hold secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.job.credentials import holds_credentials
from kedro_azureml.job.snapshot import SnapshotFile

# Put together here, so that no scanner takes this file for what it is about.
PRIVATE_KEY = "-----BEGIN " + "PRIVATE KEY-----"
ACCOUNT_KEY = "AccountKey=" + "a" * 86 + "=="


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("conf/local/credentials.yml", "dev: {key: x}", True),
        ("conf/base/credentials.yml", "dev: {key: '${oc.env:KEY}'}", False),
        ("conf/base/credentials.yml", "dev: {key: '${oc.env:KEY}', user: me}", True),
        ("conf/local/credentials.yml", "", False),
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
