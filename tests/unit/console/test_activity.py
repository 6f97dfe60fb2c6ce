"""What is said of work that takes its time."""

from __future__ import annotations

import time

import pytest

from kedro_azureml.console import activity as module
from kedro_azureml.console.activity import activity


def test_off_a_terminal_only_what_takes_long_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with activity("Doing little"):
        pass
    monkeypatch.setattr(module, "_LONG", 0.01)
    with activity("Doing much"):
        time.sleep(0.3)
    with pytest.raises(ValueError, match="as it is"), activity("Failing"):
        raise ValueError("as it is")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Doing much ...\n"
