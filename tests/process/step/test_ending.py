"""What a process has open at its end, as the process itself sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def answer(tmp_path: Path, code: str) -> str:
    module = "kedro_azureml.step.process.ending"
    asked = f"{code}\nfrom {module} import may_lose_data\nprint(may_lose_data())"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code",
    [
        "",
        "open('x', 'w').close()",
        f"f = open({__file__!r})",
        "import numpy",
        "import sys; sys.stdin.close()",
        "import select; p = select.epoll()" if sys.platform == "linux" else "",
    ],
)
def test_nothing_to_lose(tmp_path: Path, code: str) -> None:
    assert answer(tmp_path, code) == "False"


@pytest.mark.parametrize(
    "code",
    [
        "f = open('x', 'w')",
        "f = open('x', 'a+b')",
        "import os; p = os.pipe()",
        "import socket; s = socket.socketpair()",
        "import sqlite3; c = sqlite3.connect('x.db')",
    ],
)
def test_something_to_lose(tmp_path: Path, code: str) -> None:
    assert answer(tmp_path, code) == "True"
