"""Which step runs when: probe steps that write down when they ran."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kedro_azureml.job.step_record import STEP_MODULE
from kedro_azureml.rehearsal.options import EARLY_STEPS, KILL_GRACE_SECONDS
from kedro_azureml.step.process.start import START_VARIABLE
from tests.kit.job_documents import command, output_of
from tests.process.rehearsal.conftest import Stage, log_of

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


def test_no_more_at_a_time_than_allowed(stage: Stage, tmp_path: Path) -> None:
    jobs = {name: timed(tmp_path, name, 0.1) for name in "abcdef"}
    assert stage.run(jobs, max_parallel=2).status == "Completed"
    found = spans(tmp_path, "abcdef")
    moments = [start for start, _ in found.values()]
    assert all(sum(a <= m < b for a, b in found.values()) <= 2 for m in moments)


def test_a_step_whose_code_cannot_be_copied_says_so(stage: Stage) -> None:
    lose = "find ../../../../../snapshot -name main.py -delete"
    jobs = {
        "one": command(f'{lose}; touch "${{{{outputs.o}}}}/data"'),
        "two": command("true", inputs={"i": output_of("one", "o")}),
    }
    reason = stage.run(jobs).steps["two"].reason
    assert reason is not None
    assert re.match(r"could not be run: .*main\.py", reason)


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

    @pytest.mark.parametrize("goes_on", [False, True])
    def test_one_that_cannot_be_started_says_why(self, goes_on: bool, stage: Stage) -> None:
        """It has ended though it was not due: it is neither canceled nor started once more."""
        early(stage)
        report = stage.run(
            {
                "one": command('sleep 1; touch "${{outputs.o}}/data"'),
                "two": command(
                    f"{STEP} --node 1",
                    inputs={"i": output_of("one", "o")},
                    environment_variables={"PATH": "/nowhere"},
                ),
            },
            document={"settings": {"continue_on_step_failure": goes_on}},
        )
        one, two = report.steps["one"], report.steps["two"]
        assert two.status == "Failed"
        assert two.reason == "could not be run: there is no 'bash' on the PATH"
        if goes_on:
            assert one.status == "Completed"
            assert one.ended is not None
            assert two.ended is not None
            assert two.ended < one.ended
        else:
            # Whether it had begun by then is a matter of chance.
            assert one.status in ("Canceled", "NotStarted")

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
