"""How findings and interruptions look, on a terminal and elsewhere."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from kedro_azureml.formatting import printable
from tests.kit.projects import make_bare_project
from tests.kit.shell import environment
from tests.kit.terminal import run_kedro_on_terminal
from tests.kit.waiting import PATIENCE

COMMAND = """\
import sys
import time

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

LONG = "/very/long/" + "path/" * 20 + "file.yml"


@click.command()
@click.argument("what")
@friendly
def command(what):
    if what == "raise":
        raise DiagnosticError([
            Diagnostic("KAZ104", "word " * 40 + LONG, "Fix it.", where="file.yml:3 key"),
            Diagnostic("KAZ503", "A [red]tag[/red] and \\x1b[31mcolour.", "", severity="warning"),
        ])
    if what == "wait":
        print("ready", flush=True)
        while True:
            time.sleep(0.1)
    if what == "half":
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise DiagnosticError(Diagnostic("KAZ715", "Half done.", "Look.")) from None
    if what == "fail":
        raise RuntimeError("ours, at https://a.example/b?sig=a-signature")
    print_diagnostics([])
    click.echo("done")


command()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "command.py"
    path.write_text(dedent(COMMAND))
    return path


def run(script: Path, what: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, script, what],
        env=environment(COLUMNS="80", **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_found_prints_nothing(script: Path) -> None:
    result = run(script, "pass")
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\n", "")


def test_findings_are_plain_wrapped_lines_on_the_standard_error(script: Path) -> None:
    result = run(script, "raise")
    assert result.returncode == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0] == "error KAZ104  file.yml:3 key"
    assert "  Fix it." in lines
    assert r"  A [red]tag[/red] and \x1b[31mcolour." in lines
    assert lines[-2:] == ["1 error, 1 warning", "More: kedro azureml explain KAZ104 KAZ503"]
    # A path stays in one piece, everything else is wrapped.
    assert [len(line) > 80 for line in lines].count(True) == 1
    assert any(line.strip().startswith("/very/long/") for line in lines)


def test_a_defect_of_ours_is_told_as_one(script: Path) -> None:
    """The terminal says what to do; the traceback, without the secret in it, is in a file."""
    result = run(script, "fail")
    assert result.returncode == 1
    assert "error KAZ901" in result.stderr
    assert "RuntimeError: ours" in result.stderr
    assert "Traceback" not in result.stderr
    match = re.search(r"The traceback is in\s+(\S+\.txt)\.", result.stderr)
    assert match is not None, result.stderr
    file = Path(match[1])
    text = file.read_text()
    file.unlink()
    assert "RuntimeError: ours" in text
    assert 'raise RuntimeError("ours' in text
    assert "a-signature" not in text + result.stderr
    assert re.search(r"^kedro-azureml \S+$", text, re.M)


def test_with_the_variable_tracebacks_are_on_the_terminal(script: Path) -> None:
    failed = run(script, "fail", KEDRO_AZUREML_DEBUG="1")
    assert 'raise RuntimeError("ours' in failed.stderr
    # A finding shows what led to it, also what was hidden from users on purpose.
    half = run(script, "half", KEDRO_AZUREML_DEBUG="1")
    assert "error KAZ715" in half.stderr
    assert "raise KeyboardInterrupt" in half.stderr
    assert "Traceback" not in run(script, "half").stderr


def test_an_interrupt_ends_with_130_and_no_traceback(script: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, script, "wait"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert errors.split() == ["Interrupted."]


def test_what_an_interrupt_leaves_half_done_is_said(script: Path) -> None:
    result = run(script, "half")
    assert result.returncode == 130
    assert "error KAZ715" in result.stderr


def test_errors_are_red_on_a_terminal_unless_colour_is_off(tmp_path: Path) -> None:
    project = make_bare_project(tmp_path)
    arguments = ("azureml", "init", "{rg}")
    code, screen = run_kedro_on_terminal(project, *arguments, NO_COLOR=None)
    assert code == 1
    assert "\x1b[1;31merror\x1b[0m" in screen
    assert "'{rg}' is a placeholder." in screen
    code, screen = run_kedro_on_terminal(project, *arguments, NO_COLOR="1")
    assert code == 1
    assert "\x1b[1;31m" not in screen
    assert "error KAZ107  --resource-group" in re.sub(r"\x1b\[[0-9;]*m", "", screen)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("żółć 🚀", "żółć 🚀"), ("a\x1b[2J", r"a\x1b[2J"), ("a\tb\r", r"a\tb\r"), ("a\nb", "a\nb")],
)
def test_control_characters_do_not_reach_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
