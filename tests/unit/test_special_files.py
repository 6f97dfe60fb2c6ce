"""What is no regular file is written to, and not replaced."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kedro_azureml.cli.files import replace_file


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """As root, a document for /dev/null once took the place of the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        replace_file(pipe, "the document\n", "Try again.")
        assert read.result(timeout=60) == "the document\n"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]
