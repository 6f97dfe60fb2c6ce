"""What a person sees: plain lines, the live table, and the summary."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.run.display import LiveTable, make_display
from kedro_azureml.console.run.failures import failures
from kedro_azureml.console.run.summary import print_summary
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.rehearsal import RehearsalOptions, RunReport, rehearse
from kedro_azureml.rehearsal.processes.group import last_lines
from tests.kit.job_documents import Jobs, command, output_of
from tests.kit.schemas import check_schema
from tests.process.rehearsal.conftest import Stage


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def show(stage: Stage, jobs: Jobs, stream: io.TextIOBase | None = None) -> tuple[RunReport, str]:
    output = stream or io.StringIO()
    job = PipelineJob.model_validate({"display_name": "probe", "jobs": jobs})
    with make_display(output, max_parallel=2) as display:  # type: ignore[arg-type]
        report = rehearse(job, stage.root, RehearsalOptions(), source="x", progress=display)
    print_summary(report, output)  # type: ignore[arg-type]
    with redirect_stderr(output):
        print_diagnostics(failures(report))
    assert isinstance(output, io.StringIO)
    return report, output.getvalue()


JOBS: Jobs = {
    "make": command('touch "${{outputs.o}}/x"; touch junk'),
    "fail": command('echo "the last words"; exit 7', inputs={"i": output_of("make", "o")}),
    "next": command("true", inputs={"i": output_of("fail", "p")}),
    "leaf": command('touch "${{outputs.result}}/x"'),
}
JOBS["fail"]["component"]["outputs"] = {"p": {"type": "uri_folder"}}


@pytest.fixture(autouse=True)
def _here(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stage.root)


def test_plain_lines(stage: Stage) -> None:
    report, text = show(stage, JOBS)
    run = f".kedro_azureml/runs/{report.name}"
    lines = text.splitlines()
    assert lines[:2] == ["Rehearsing probe: 4 steps, up to 2 at once", f"Run folder: {run}"]
    progress, summary = text.split("\n\n", 1)
    for line in (
        # 'leaf' starts beside it, and may end first.
        r"\d\d:\d\d:\d\d \[[01]/4 ended\] make running",
        r"\d\d:\d\d:\d\d \[[12]/4 ended\] make completed in \d\.\d s",
        r"\d\d:\d\d:\d\d \[\d/4 ended\] fail failed after \d\.\d s: exited with code 7",
    ):
        assert re.search(f"(?m)^{line}$", progress)
    assert all(len(line) <= 80 for line in progress.splitlines())
    for line in (
        f"In {run},",
        "each step's log in steps/STEP/user_logs/std_log.txt:",
        r"  make  Completed        \d\.\d s",
        r"  fail  Failed           \d\.\d s",
        r"  next  NotStarted",
        r"  'next' did not start: 'fail' did not complete\.",
        r"  leaf.result",
        r"    steps/leaf/outputs/result",
        r"warning: 'make': Azure ML would discard .*: 'junk'\.",
        r"error KAZ603  jobs\.fail",
        r"  The step 'fail' exited with code 7\.",
        f"  The last lines of {run}/steps/fail/user_logs/std_log.txt:",
        "    the last words",
        "  Fix it, and run again: kedro azureml run --local",
        r"Failed in \d\.\d s: 2 completed, 1 failed, 1 not started\.",
    ):
        assert re.search(f"(?m)^{line}$", summary), line
    assert "make.o" not in summary


def test_equal_warnings_of_several_steps_are_one_line(stage: Stage) -> None:
    jobs = {f"step_{n}": command("touch notes.txt") for n in range(3)}
    jobs["other"] = command("touch other.txt")
    _, text = show(stage, jobs)
    said = "Azure ML would discard what it wrote into its working directory"
    assert [line for line in text.splitlines() if line.startswith("warning")] == [
        f"warning: each of 'step_0', 'step_1', 'step_2': {said}: 'notes.txt'.",
        f"warning: 'other': {said}: 'other.txt'.",
    ]


def test_the_report_of_a_rehearsal_is_as_its_schema_says(stage: Stage) -> None:
    report, _ = show(stage, JOBS)
    data = json.loads((report.folder / "report.json").read_text())
    check_schema("report", data)
    statuses = {name: step["status"] for name, step in data["steps"].items()}
    assert statuses == {
        "make": "Completed",
        "fail": "Failed",
        "next": "NotStarted",
        "leaf": "Completed",
    }
    assert data["steps"]["fail"]["exit_code"] == 7
    assert data["steps"]["leaf"]["outputs"]["result"]["final"] is True


def test_a_terminal_gets_a_table(stage: Stage) -> None:
    _, text = show(stage, JOBS, Terminal())
    assert "\x1b[?25l" in text
    assert "\x1b[?25h" in text
    assert re.search(r"make .*Completed", text)
    assert "Failed in" in text


def test_a_table_of_many_steps_shows_what_matters(stage: Stage) -> None:
    jobs = {f"step_{n:03}": command("true") for n in range(60)}
    jobs["bad"] = command("exit 1")
    terminal = Terminal()
    assert isinstance(make_display(terminal), LiveTable)
    _, text = show(stage, jobs, terminal)
    assert re.search(r"\d+ of 61 steps completed", text)


class TestTailOfALog:
    def tail(self, tmp_path: Path, data: bytes, count: int = 20) -> list[str]:
        log = tmp_path / "log"
        log.write_bytes(data)
        return last_lines(log, count)

    def test_cannot_drive_the_terminal(self, tmp_path: Path) -> None:
        data = b"\x1b[2J\x1b[31mred\x1b[0m\x1b]0;title\x07 \x9b1m \x00\x08\x07ok\xff\xfe\n"
        (line,) = self.tail(tmp_path, data)
        assert line.startswith("red ")
        assert "ok" in line
        assert all(c.isprintable() for c in line)

    def test_has_the_last_lines_only(self, tmp_path: Path) -> None:
        data = "".join(f"line {n} é\n" for n in range(100_000)).encode()
        assert self.tail(tmp_path, data, 3) == ["line 99997 é", "line 99998 é", "line 99999 é"]

    def test_of_a_progress_bar_is_its_end(self, tmp_path: Path) -> None:
        assert self.tail(tmp_path, b"10%\r50%\r100%\r\nend\r\n") == ["100%", "end"]

    def test_of_one_endless_line(self, tmp_path: Path) -> None:
        (line,) = self.tail(tmp_path, b"x" * 1_000_000)
        assert len(line) < 500

    def test_of_no_log(self, tmp_path: Path) -> None:
        assert last_lines(tmp_path / "none", 20) == []


def test_a_stream_that_knows_no_unicode(stage: Stage) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    job = PipelineJob.model_validate(
        {"display_name": "été 🙂", "jobs": {"a": command("echo 🙂; exit 1")}}
    )
    with make_display(stream, max_parallel=2) as display:
        report = rehearse(job, stage.root, RehearsalOptions(), source="x", progress=display)
    print_summary(report, stream)
    stream.flush()
    assert b"Rehearsing ?t? ?: 1 step" in raw.getvalue()
