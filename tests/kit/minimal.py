"""The smallest real Kedro project, made of files: no cookiecutter, no network."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

PACKAGE = "minimal"
CTRL_C = "\x03"


def make_minimal_project(path: Path, name: str = "Minimal Project") -> Path:
    """Write a project of one node into `path` and return it."""
    # Kedro 1.0 compares major and minor, later versions the major one: this satisfies both.
    init_version = ".".join(version("kedro").split(".")[:2])
    files = {
        "pyproject.toml": f"""\
            [project]
            name = "{PACKAGE}"
            version = "0.1"

            [tool.kedro]
            package_name = "{PACKAGE}"
            project_name = "{name}"
            kedro_init_version = "{init_version}.0"
            source_dir = "src"
            """,
        f"src/{PACKAGE}/__init__.py": "",
        f"src/{PACKAGE}/settings.py": "",
        f"src/{PACKAGE}/pipeline_registry.py": """\
            from kedro.pipeline import Pipeline, node


            def _upper(text: str) -> str:
                return text.upper()


            def register_pipelines() -> dict[str, Pipeline]:
                upper = node(_upper, "params:text", "upper", name="upper")
                return {"__default__": Pipeline([upper])}
            """,
        "conf/base/catalog.yml": """\
            upper:
              type: kedro.io.MemoryDataset
            """,
        "conf/base/parameters.yml": "text: hello\n",
        "conf/local/.gitkeep": "",
    }
    for relative, text in files.items():
        file = path / relative
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return path


def run_kedro(
    project: Path, *arguments: str, stdin: str = "", **variables: str | None
) -> subprocess.CompletedProcess[str]:
    """Run ``kedro ...`` in the project as a user's shell would, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project,
        env=clean_environment(**variables),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def clean_environment(**variables: str | None) -> dict[str, str]:
    """This process's environment without what would steer Kedro or Azure.

    Args:
        variables: What to set, or to leave out where it is None.
    """
    kept: dict[str, str | None] = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KEDRO_", "AZURE_", "AZUREML_"))
    }
    wanted = {**kept, "DO_NOT_TRACK": "1", "PYTHONUTF8": "1", **variables}
    return {name: value for name, value in wanted.items() if value is not None}


def run_kedro_on_terminal(
    project: Path,
    *arguments: str,
    conversation: Sequence[tuple[str, str]] = (),
    **variables: str | None,
) -> tuple[int, str]:
    """Run ``kedro ...`` on a terminal where a person answers.

    Args:
        project: The project.
        arguments: The command line after ``kedro``.
        conversation: Pairs of what must appear on the screen, and what is typed then.
        variables: Environment variables.

    Returns:
        The exit code and all that appeared on the screen.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project,
        env=clean_environment(TERM="xterm", COLUMNS="80", **variables),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(slave)
    pending = list(conversation)
    screen, answered, typed = "", 0, ""
    deadline = time.monotonic() + 120
    while (chunk := _read(master)) != "":
        screen += chunk or ""
        if pending and pending[0][0] in screen[answered:]:
            answered = len(screen)
            typed = pending.pop(0)[1]
            os.write(master, typed.encode())
        elif chunk is None and typed == CTRL_C:
            # Python's readline loses a Ctrl-C that arrives after it has shown its prompt and before
            # it waits for a key (CPython's readline_until_enter_or_signal): a person presses again.
            os.write(master, typed.encode())
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"It still waits after two minutes: {screen[-2000:]}")
    os.close(master)
    return process.wait(timeout=120), screen.replace("\r\n", "\n")


def _read(master: int) -> str | None:
    """What has appeared, None after five silent seconds, an empty string at the end."""
    if not select.select([master], [], [], 5)[0]:
        return None
    try:
        return os.read(master, 4096).decode(errors="replace")
    except OSError:  # how Linux reports the end of a terminal
        return ""


def _take_terminal() -> None:
    """Make the terminal the new session's own, so that Ctrl-C on it reaches the process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
