"""The log of a step with secrets: whole, in order, masked, and ended as the step ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit.waiting import PATIENCE, wait_until

SECRET = "s3ntinel value"
PROGRAM = """\
import os, signal, subprocess, sys, time
from kedro_azureml.step.process.masked_log import mask_standard_output
mask_standard_output([os.environ["SECRET"]])
secret = os.environ["SECRET"]
"""


def run(code: str, stderr: int = subprocess.STDOUT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + code],
        env={**os.environ, "SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_both_streams_keep_their_order() -> None:
    code = """
for number in range(200):
    print("out", number, secret, flush=True)
    print("err", number, secret, file=sys.stderr, flush=True)
"""
    done = run(code)
    lines = [f"{kind} {n} ***" for n in range(200) for kind in ("out", "err")]
    assert done.stdout.splitlines() == lines


def test_two_streams_stay_two() -> None:
    done = run('print("a", secret); print("b", secret, file=sys.stderr)', stderr=subprocess.PIPE)
    assert (done.stdout, done.stderr) == ("a ***\n", "b ***\n")


def test_more_than_a_pipe_holds_and_cut_anywhere() -> None:
    done = run('sys.stdout.write(("x" * 997 + secret) * 3000)')
    assert done.stdout == ("x" * 997 + "***") * 3000


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("sys.exit(3)", 3),
        ("os._exit(4)", 4),
        ("os.abort()", -signal.SIGABRT),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("raise ValueError(secret)", 1),
    ],
)
def test_it_ends_as_the_step_ends_and_the_log_is_whole(ending: str, code: int) -> None:
    done = run(f'os.write(1, b"last " + secret.encode() + b"\\n"); {ending}')
    assert done.returncode == code
    assert "last ***\n" in done.stdout
    assert "s3ntinel" not in done.stdout


def test_a_signal_reaches_the_step(tmp_path: Path) -> None:
    code = f"""
def ended(number, frame):
    print("asked to end", secret, flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, ended)
open({str(tmp_path / "ready")!r}, "w").close()
time.sleep({PATIENCE})
"""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code],
        env={**os.environ, "SECRET": SECRET},
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "ready").exists():
        time.sleep(0.02)
    process.terminate()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 7
    assert said == "asked to end ***\n"


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGINT, "interrupted ***\n"), (signal.SIGKILL, "")]
)
def test_a_step_ends_with_the_process_that_was_started(number: signal.Signals, said: str) -> None:
    if sys.platform != "linux" and number == signal.SIGKILL:
        pytest.skip("only Linux ends a process with its parent")
    code = f"""
try:
    print(os.getpid(), flush=True)
    time.sleep({PATIENCE})
except KeyboardInterrupt:
    print("interrupted", secret, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code],
        env={**os.environ, "SECRET": SECRET},
        stdout=subprocess.PIPE,
        text=True,
        # As a step on Azure ML, it has no terminal.
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        step = int(process.stdout.readline())
        process.send_signal(number)
        try:
            wait_until(lambda: not _runs(step))
        finally:
            if _runs(step):
                os.kill(step, signal.SIGKILL)
        assert process.stdout.read() == said


def _runs(number: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_what_outlives_the_step_keeps_nobody_waiting() -> None:
    begun = time.monotonic()
    done = run('subprocess.Popen(["sleep", "30"]); print("done", secret)')
    assert done.returncode == 0
    assert time.monotonic() - begun < 25


def test_a_place_that_is_full_for_a_moment_loses_nothing() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + 'print("x" * 1_000_000 + secret)'],
        env={**os.environ, "SECRET": SECRET},
        stdout=writer,
    ) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            time.sleep(0.5)
            assert file.read() == b"x" * 1_000_000 + b"***\n"
        assert process.wait(PATIENCE) == 0


def test_a_reader_that_goes_away_stops_nothing(tmp_path: Path) -> None:
    code = f"""
for _ in range(3000):
    try:
        os.write(1, secret.encode() * 100)
    except OSError:
        break
open({str(tmp_path / "end")!r}, "w").close()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code],
        env={**os.environ, "SECRET": SECRET},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    assert (tmp_path / "end").exists()
