"""Which step runs when: probe steps that write down when they ran."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from kedro_azureml.job.step_record import STEP_MODULE
from kedro_azureml.rehearsal.options import EARLY_STEPS, KILL_GRACE_SECONDS
from kedro_azureml.step.start import START_VARIABLE
from tests.process.rehearsal.conftest import Stage, command, log_of, output_of

STEP = f"python -m {STEP_MODULE} --pipeline p"
# A stand-in for our own step, in the snapshot: it can be started early in the same way.
EARLY_STEP = """\
import os, sys, time
print("imported", flush=True)
if "fail-early" in sys.argv:
    sys.exit("cannot import")
fd = os.environ.get("START_VARIABLE")
if fd is not None:
    print("waiting", flush=True)
    if os.read(int(fd), 1) != b"g":
        print("never", flush=True)
        sys.exit(0)
print("go", flush=True)
for word in sys.argv[1:]:
    if word.startswith("read:"):
        print(open(word[5:] + "/data").read())
    elif word.startswith("write:"):
        for name in ("data", "_manifest.json"):
            open(f"{word[6:]}/{name}", "w").write("x")
    elif word.replace(".", "").isdigit():
        time.sleep(float(word))
"""


def early(stage: Stage) -> None:
    program = EARLY_STEP.replace("START_VARIABLE", START_VARIABLE)
    stage.write("code/kedro_azureml/__init__.py", "")
    stage.write("code/kedro_azureml/step/__init__.py", "")
    stage.write("code/kedro_azureml/step/__main__.py", program)


def spans(tmp_path: Path, names: str) -> dict[str, tuple[float, float]]:
    read = {n: (tmp_path / n).read_text().split() for n in names}
    return {n: (float(a), float(b)) for n, (a, b) in read.items()}


def timed(tmp_path: Path, name: str, seconds: float, **options: object) -> dict[str, object]:
    note = f"date +%s.%N >> '{tmp_path / name}'"
    return command(f'{note}; sleep {seconds}; {note}; touch "${{{{outputs.o}}}}/x"', **options)


def test_independent_steps_run_at_the_same_time(stage: Stage, tmp_path: Path) -> None:
    jobs = {name: timed(tmp_path, name, 2) for name in "abc"}
    assert stage.run(jobs, max_parallel=3).status == "Completed"
    found = spans(tmp_path, "abc")
    assert max(start for start, _ in found.values()) < min(end for _, end in found.values())


def test_no_more_at_a_time_than_allowed(stage: Stage, tmp_path: Path) -> None:
    jobs = {name: timed(tmp_path, name, 0.1) for name in "abcdef"}
    assert stage.run(jobs, max_parallel=2).status == "Completed"
    found = spans(tmp_path, "abcdef")
    moments = [start for start, _ in found.values()]
    assert all(sum(a <= m < b for a, b in found.values()) <= 2 for m in moments)


def test_data_decides_the_order(stage: Stage, tmp_path: Path) -> None:
    def after(*names: str) -> dict[str, object]:
        return {"inputs": {f"i_{n}": output_of(n, "o") for n in names}}

    jobs = {
        "d": timed(tmp_path, "d", 0.05, **after("b", "c")),
        "c": timed(tmp_path, "c", 0.05, **after("a")),
        "b": timed(tmp_path, "b", 0.05, **after("a")),
        "a": timed(tmp_path, "a", 0.05),
    }
    assert stage.run(jobs).status == "Completed"
    found = spans(tmp_path, "abcd")
    assert found["a"][1] < min(found["b"][0], found["c"][0])
    assert max(found["b"][1], found["c"][1]) < found["d"][0]


class TestAfterAFailure:
    def jobs(self, long: float = 1.5) -> dict[str, dict[str, object]]:
        return {
            "bad": command('sleep 0.3; touch "${{outputs.o}}/x"; exit 1'),
            "long": command(f'sleep {long}; touch "${{{{outputs.o}}}}/x"'),
            "after_bad": command("echo never", inputs={"i": output_of("bad", "o")}),
            "after_that": command("echo never", inputs={"i": output_of("after_bad", "o")}),
            "after_long": command("echo ran", inputs={"i": output_of("long", "o")}),
        }

    @pytest.mark.parametrize("settings", [{}, {"continue_on_step_failure": True}])
    def test_independent_steps_go_on_by_default(
        self, settings: dict[str, bool], stage: Stage
    ) -> None:
        jobs = self.jobs()
        jobs["after_bad"]["component"]["outputs"] = {"o": {"type": "uri_folder"}}  # type: ignore[index]
        report = stage.run(jobs, document={"settings": settings})
        assert report.status == "Failed"
        assert {name: step.status for name, step in report.steps.items()} == {
            "bad": "Failed",
            "long": "Completed",
            "after_bad": "NotStarted",
            "after_that": "NotStarted",
            "after_long": "Completed",
        }
        assert report.steps["after_bad"].reason == "needs the step 'bad', which did not complete"
        assert report.steps["after_that"].reason == (
            "needs the step 'after_bad', which was not started"
        )

    def test_running_steps_are_canceled_when_the_job_says_so(self, stage: Stage) -> None:
        jobs = self.jobs(long=120)
        jobs["after_bad"]["component"]["outputs"] = {"o": {"type": "uri_folder"}}  # type: ignore[index]
        begun = time.monotonic()
        report = stage.run(jobs, document={"settings": {"continue_on_step_failure": False}})
        assert time.monotonic() - begun < 60
        assert report.status == "Failed"
        assert {name: step.status for name, step in report.steps.items()} == {
            "bad": "Failed",
            "long": "Canceled",
            "after_bad": "NotStarted",
            "after_that": "NotStarted",
            "after_long": "NotStarted",
        }

    def test_an_optional_input_of_a_failed_step_has_no_value(self, stage: Stage) -> None:
        report = stage.run(
            {
                "bad": command('touch "${{outputs.o}}/x"; exit 1'),
                "next": command(
                    'echo "got:$[[ ${{inputs.i}}]]"',
                    inputs={"i": output_of("bad", "o")},
                    types={"i": {"type": "uri_folder", "optional": True}},
                ),
            }
        )
        assert report.steps["next"].status == "Completed"
        assert log_of(report.steps["next"]) == "got:\n"

    def test_a_timeout_is_a_failure_of_the_job(self, stage: Stage) -> None:
        report = stage.run(
            {
                "slow": command('sleep 60; : "${{outputs.o}}"', limits={"timeout": 1}),
                "next": command("true", inputs={"i": output_of("slow", "o")}),
            }
        )
        assert report.status == "Failed"
        assert report.steps["slow"].at_fault
        assert report.steps["next"].status == "NotStarted"


class TestEarlyStart:
    def test_a_step_waits_for_its_inputs(self, stage: Stage) -> None:
        early(stage)
        report = stage.run(
            {
                "one": command(f'{STEP} --node 2 --output o "write:${{{{outputs.o}}}}"'),
                "two": command(
                    f'{STEP} --node two --input i "read:${{{{inputs.i}}}}"',
                    inputs={"i": output_of("one", "o")},
                ),
            }
        )
        assert report.status == "Completed"
        assert log_of(report.steps["one"]).split() == ["imported", "go"]
        assert log_of(report.steps["two"]).split() == ["imported", "waiting", "go", "x"]
        # The time of waiting is not the step's.
        assert (report.steps["two"].seconds or 0) < 1.5

    def test_a_failed_import_is_told_when_the_step_is_due(self, stage: Stage) -> None:
        early(stage)
        report = stage.run(
            {
                "one": command('sleep 1; touch "${{outputs.o}}/data"'),
                "two": command(
                    f"{STEP} --node fail-early",
                    inputs={"i": output_of("one", "o")},
                ),
            },
            document={"settings": {"continue_on_step_failure": False}},
        )
        one, two = report.steps["one"], report.steps["two"]
        assert (one.status, two.status) == ("Completed", "Failed")
        assert one.ended is not None
        assert two.started is not None
        assert two.started >= one.ended
        assert "cannot import" in log_of(two)

    def test_a_step_that_is_never_due_leaves_nothing(self, stage: Stage) -> None:
        early(stage)
        report = stage.run(
            {
                "one": command('sleep 0.7; exit 1; : "${{outputs.o}}"'),
                "two": command(f"{STEP} --node 1", inputs={"i": output_of("one", "o")}),
            }
        )
        two = report.steps["two"]
        assert two.log is not None
        assert (two.status, two.started, two.log.exists()) == ("NotStarted", None, False)

    def test_only_so_many_are_ahead(self, stage: Stage) -> None:
        early(stage)
        jobs = {
            f"s{n}": command(f"{STEP} --node 1", inputs={"i": output_of("one", "o")})
            for n in range(6)
        }
        jobs["one"] = command('sleep 1; touch "${{outputs.o}}/data"')
        report = stage.run(jobs, max_parallel=2)
        waited = [n for n, s in report.steps.items() if "waiting" in log_of(s)]
        assert waited[:EARLY_STEPS] == ["s0", "s1"]
        assert report.status == "Completed"

    def test_a_step_with_an_uncertain_command_is_not_started_early(self, stage: Stage) -> None:
        early(stage)
        report = stage.run(
            {
                "one": command('sleep 0.7; exit 1; : "${{outputs.o}}"'),
                "two": command(
                    f"{STEP} --node x $[[--input i ${{{{inputs.i}}}}]]",
                    inputs={"i": output_of("one", "o")},
                    types={"i": {"type": "uri_folder", "optional": True}},
                ),
            }
        )
        assert log_of(report.steps["two"]).split() == ["imported", "go"]

    def test_its_limit_counts_from_the_word(self, stage: Stage) -> None:
        early(stage)
        report = stage.run(
            {
                "one": command('sleep 4; touch "${{outputs.o}}/data"'),
                "two": command(
                    f"{STEP} --node 0.1",
                    inputs={"i": output_of("one", "o")},
                    limits={"timeout": 3},
                ),
            }
        )
        assert report.steps["two"].status == "Completed"


def test_the_report_is_true_while_steps_run(stage: Stage) -> None:
    look = "cat ../../../../../report.json"
    report = stage.run({"one": command(f"sleep 0.2; {look}")})
    seen = json.loads(log_of(report.steps["one"]))
    assert seen["status"] == "Running"
    assert seen["steps"]["one"]["status"] == "Running"
    written = json.loads((report.folder / "report.json").read_text())
    assert written["status"] == "Completed"
    assert written["steps"]["one"]["exit_code"] == 0
    assert written["steps"]["one"]["log"] == "steps/one/user_logs/std_log.txt"


def test_the_grace_is_that_of_azure() -> None:
    assert KILL_GRACE_SECONDS == 30
