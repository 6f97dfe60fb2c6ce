"""What is said when a secret that somebody has written is not found on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.secrets.here import obstacles


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"A=1\n", ""),
        (b"A=1\nB_KEY: s3ntinel\n", "Line 2 of .env cannot be read: write NAME=VALUE there."),
        (b"A=s3ntinel\xe9\n", ".env cannot be read: save it as UTF-8 text."),
        (None, ""),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / ".env").write_bytes(content)
    assert obstacles(["B_KEY"], tmp_path) == said


def test_a_variable_that_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B_KEY", "")
    assert obstacles(["A_KEY", "B_KEY"], tmp_path) == (
        "'B_KEY' is set in your shell, to nothing: unset it there."
    )
