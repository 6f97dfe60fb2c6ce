"""Nodes that fail or disturb: run one at a time, with ``--nodes``."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from kedro.pipeline import Pipeline, node


def raises() -> int:
    raise ValueError("this node raises, with an 'apostrophe', {braces} and [brackets]")


def exits() -> int:
    sys.exit(7)


def is_killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def hangs() -> int:
    time.sleep(3600)
    return 0


def ignores_terminate() -> int:
    """Also leaves a child behind that ignores it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.system("trap '' TERM; sleep 3600")
    return 0


def prints_binary() -> int:
    sys.stdout.buffer.write(b"\x00\xff\xfe binary \x1b[31m red \r\n")
    sys.stdout.buffer.flush()
    os.write(2, b"\xc3\x28 not UTF-8 \n")
    return 0


def prints_much() -> int:
    for index in range(50_000):
        print(f"line {index} of many")
    return 0


def writes_outside() -> int:
    """Into the working directory, which is not an output, and next to it."""
    Path("left_behind.txt").write_text("nobody will find this")
    Path("data/01_raw").mkdir(parents=True, exist_ok=True)
    Path("data/01_raw/left_behind.txt").write_text("nor this")
    return 0


def changes_input(letter: Path) -> int:
    letter.chmod(0o666)
    with letter.open("a") as file:
        return file.write("changed")


def returns_unpicklable() -> object:
    return threading.Lock()


def reads_unpicklable(lock: object) -> str:
    return type(lock).__name__


def returns_nothing() -> None:
    """Kedro refuses to save None."""


def reads(value: object) -> str:
    return str(value)


def create_pipeline(**kwargs) -> Pipeline:
    functions = (
        raises,
        exits,
        is_killed,
        hangs,
        ignores_terminate,
        prints_binary,
        prints_much,
        writes_outside,
        returns_nothing,
    )
    return Pipeline(
        [
            *(node(f, None, f"result_of_{f.__name__}", name=f.__name__) for f in functions),
            node(changes_input, "raw_path", "result_of_changes_input", name="changes_input"),
            node(returns_unpicklable, None, "lock", name="returns_unpicklable"),
            node(reads_unpicklable, "lock", "kind_of_lock", name="reads_unpicklable"),
            node(reads, "missing_file", "result_of_missing_file", name="reads_missing_file"),
            node(reads, "missing_entry", "result_of_missing_entry", name="reads_missing_entry"),
        ]
    )
