"""Whatever a name or a log holds, a terminal shows it and nothing more."""

from __future__ import annotations

import io
import re
import sys
from datetime import datetime, timezone
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kedro_azureml.console.findings import lines_of, print_diagnostics
from kedro_azureml.console.jobs import print_job, print_jobs
from kedro_azureml.console.run.display import make_display
from kedro_azureml.console.run.summary import print_summary
from kedro_azureml.console.run.table import plain_table
from kedro_azureml.console.run.words import words_of
from kedro_azureml.console.text import echo_log, log_line, plain_width
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import Lines, lines_in, one_line
from kedro_azureml.job.run.model import STATUSES, Run, RunStatus, RunStep, now

FORGED = "a\n12:00:00 [2/2 ended] b completed in 1.0 s\r\x1b[2J\x1b]0;title\x07\u202e\x9b1m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def is_clean(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    cleaned = one_line(text)
    assert cleaned.isprintable()
    assert len(cleaned.splitlines()) <= 1


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]) | st.just(" ")))
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


def test_a_log_line_is_what_it_looked_like() -> None:
    assert log_line("10%\r\x1b[32m100%\x1b[0m\tdone\r") == "100%    done"
    assert log_line("\x1b]0;title\x07plain") == "plain"


@pytest.mark.parametrize(
    ("columns", "width"), [(None, 80), ("", 80), ("x", 80), ("120", 120), ("0", 20)]
)
def test_the_width_off_a_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str | None, width: int
) -> None:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
    assert plain_width() == width


def hostile_run() -> Run:
    step = RunStep(FORGED, "Failed", reason=FORGED, run=FORGED, address=FORGED)
    step.started = step.ended = now()
    return Run(name=FORGED, status="Failed", steps={FORGED: step}, pipeline=FORGED)


def test_a_name_cannot_forge_a_line_of_the_table() -> None:
    lines = list(plain_table(hostile_run(), addresses=True))
    assert len(lines) == 1
    assert one_line(FORGED) in lines[0].plain
    assert lines[0].plain.isprintable()


def test_a_name_cannot_forge_a_line_of_the_display_or_the_summary() -> None:
    stream, run = io.StringIO(), hostile_run()
    (step,) = run.steps.values()
    with make_display(stream) as display:
        display.began(run)
        display.step_changed(step)
        display.logged(step, f"{FORGED}\nsecond\n")
        display.notice(FORGED)
        display.ended(run)
    print_summary(run, stream)
    text = stream.getvalue()
    assert is_clean(text)
    # The name stands in the heading, the change (at first, and once more), and the summary: every
    # time within a line that begins as ours do.
    assert not any(line.startswith("12:00:00") for line in text.splitlines())


def test_jobs_have_a_header_and_a_line_each() -> None:
    stream = io.StringIO()
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    jobs = [
        Run(name="a-job-with-a-long-name", status="Running", created=moment, pipeline="science"),
        Run(name=FORGED, status="Completed", pipeline=FORGED),
    ]
    print_jobs(jobs, stream)
    header, first, second = stream.getvalue().splitlines()
    assert header.split() == ["name", "status", "submitted", "pipeline"]
    assert first.split()[::4] == ["a-job-with-a-long-name", "science"]
    # Each column begins below its title.
    for title, value in (("status", "Running"), ("pipeline", "science")):
        assert header.index(title) == first.index(value)
    assert second.startswith(one_line(FORGED))
    assert is_clean(stream.getvalue())
    print_jobs([], stream)
    assert stream.getvalue().endswith("\nThere are no jobs.\n")


def test_a_job_with_hostile_names() -> None:
    stream = io.StringIO()
    print_job(hostile_run(), stream)
    text = stream.getvalue()
    assert is_clean(text)
    assert not any(line.startswith("12:00:00") for line in text.splitlines())
    assert "its log: kedro azureml job logs" in text


def test_a_log_is_printed_without_what_drives_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    echo_log("\x1b[32mgreen\x1b[0m\tone\n\n10%\r100%\n\x1b[2Jlast\u202e\n")
    assert capsys.readouterr().out == "green   one\n\n100%\nlast\\u202e\n"


def test_a_name_cannot_drive_a_terminal() -> None:
    stream = Terminal()
    run = hostile_run()
    with make_display(stream) as display:
        display.began(run)
        display.ended(run)
    for forbidden in ("\x1b[2J", "\x1b]0;", "\x07", "\u202e", "\x9b"):
        assert forbidden not in stream.getvalue()


def test_a_table_in_a_pipe_keeps_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    name = "a_step_with_a_name_that_is_much_longer_than_the_terminal_is_wide" * 3
    run = Run(name="r", status="Completed", steps={name: RunStep(name, "Completed")})
    stream = io.StringIO()
    print_summary(run, stream)
    assert f"  {name}  Completed" in stream.getvalue().splitlines()


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_every_status_has_words_and_a_colour(status: RunStatus) -> None:
    step = RunStep("a", status)
    assert words_of(step)
    (line,) = plain_table(Run(name="r", status=status, steps={"a": step}))
    Console(file=io.StringIO()).print(line)


def test_what_happened_in_words() -> None:
    step = RunStep("a", "Canceled", reason="interrupted")
    assert words_of(step) == "canceled before it started: interrupted"
    step.started = step.ended = now()
    assert words_of(step) == "canceled after 0.0 s: interrupted"
    step.status = "Completed"
    assert words_of(step) == "completed in 0.0 s"
    step.status, step.reason = "Failed", "exited with code 7"
    assert words_of(step) == "failed after 0.0 s: exited with code 7"
    assert words_of(RunStep("a", "Queued")) == "queued for its compute"


FINDING = Diagnostic(
    "KAZ304",
    f"'{FORGED}' cannot cross.\nerror KAZ503  src/a.py",
    f"Rename it.\nerror KAZ503  {FORGED}",
    where=FORGED,
    log=(FORGED,),
)


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_finding_cannot_forge_another(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    monkeypatch.setattr(sys, "stderr", stream())
    monkeypatch.setenv("TERM", "dumb")
    print_diagnostics([FINDING])
    text = cast(io.StringIO, sys.stderr).getvalue()
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert is_clean(plain)
    headings = [line for line in plain.splitlines() if re.match(r"\s*(error|12:00)", line)]
    assert headings == [f"error KAZ304  {one_line(FORGED)}"]


def test_only_lines_of_ours_are_lines() -> None:
    text = Lines("first", "a\nb", "c\u2028d")
    assert lines_in(text) == ["first", "a\\nb", "c\\u2028d"]
    assert lines_in(f"{text}") == ["first\\na\\nb\\nc\\u2028d"]
    _, body = lines_of(Diagnostic("KAZ304", text, "a\nb"), 80)
    assert body == ["  first", "  a\\nb", "  c\\u2028d", "  a\\nb"]
