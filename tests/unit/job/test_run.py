"""The model of a run, and what it is as JSON."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import get_args

import pytest

from kedro_azureml.job.published import schema_of
from kedro_azureml.job.run.model import (
    AT_FAULT,
    ENDED,
    RUNNING,
    STALLED,
    STATUSES,
    Run,
    RunOutput,
    RunStatus,
    RunStep,
    now,
    run_status,
)
from kedro_azureml.job.run.run_json import SCHEMAS as OF_RUNS
from kedro_azureml.job.run.run_json import ReportJson, job_json, jobs_json, report_json, step_json
from kedro_azureml.plan_view.plan_json import SCHEMAS as OF_PLANS
from kedro_azureml.rehearsal.report import REPORT_FILE, RunReport
from tests.kit.schemas import FOLDER, check_schema

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, timezone.utc)


def test_the_sets_of_statuses() -> None:
    assert AT_FAULT < ENDED | STALLED < STATUSES
    assert not RUNNING & ENDED
    assert not STALLED & (RUNNING | ENDED)
    assert {run_status(word) for word in STATUSES} == STATUSES
    assert [run_status(word) for word in (None, "", "running", "\x1b[2J")] == ["Unknown"] * 4


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (RunStep("a", "Failed"), True),
        (RunStep("a", "NotResponding"), True),
        (RunStep("a", "Canceled"), False),
        (RunStep("a", "Canceled", timed_out=True), True),
        (RunStep("a", "NotStarted"), False),
    ],
)
def test_what_is_at_fault(step: RunStep, expected: bool) -> None:
    assert step.at_fault is expected


def test_times_without_a_zone_are_utc() -> None:
    step = RunStep("a", started=MOMENT.replace(tzinfo=None), ended=MOMENT)
    assert step.seconds == 0
    assert RunStep("a").seconds is None
    later = RunStep("a", started=MOMENT, ended=MOMENT.replace(year=2025))
    assert later.seconds == 0


SCHEMAS = OF_RUNS | OF_PLANS


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_that_of_the_model(name: str) -> None:
    published = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert published == schema_of(SCHEMAS[name]), "run: python tools/schemas.py"


def make_run(folder: Path | None) -> Run:
    output = RunOutput("a", "out", Path("/run/steps/a/outputs/out"), True, "table", "local")
    step = RunStep(
        "a",
        "Failed",
        nodes=("one", "two"),
        started=MOMENT,
        ended=MOMENT,
        exit_code=-9,
        reason="it broke",
        outputs=[output],
        log=Path("/run/steps/a/log.txt"),
    )
    waiting = RunStep("b\x1b", reason="needs a")
    return Run(
        name="r",
        status="Failed",
        steps={"a": step, "b\x1b": waiting},
        folder=folder,
        started=MOMENT,
    )


def test_a_job() -> None:
    data = json.loads(job_json(make_run(None)).model_dump_json())
    check_schema("job", data)
    assert [step["name"] for step in data["steps"]] == ["a", "b\x1b"]
    first = data["steps"][0]
    assert first["nodes"] == "one, two"
    assert first["reason"] == first["error"] == "it broke"
    assert first["started"] == "2026-01-02T03:04:05.678+00:00"
    # There is no folder that they could be relative to.
    assert (first["log"], first["outputs"]) == (None, None)
    check_schema("jobs", [job.model_dump(mode="json") for job in jobs_json([make_run(None)])])


def test_a_report() -> None:
    run = make_run(Path("/run"))
    report = report_json(run, source="x", process=1, process_started=2.5, bytes=None)
    report.steps.update({step.name: step_json(step, run.folder) for step in run.steps.values()})
    data = json.loads(report.model_dump_json())
    check_schema("report", data)
    assert data["run_id"] == data["name"] == "r"
    assert data["steps"]["a"]["log"] == "steps/a/log.txt"
    output = {"path": "steps/a/outputs/out", "dataset": "table", "kind": "local", "final": True}
    assert data["steps"]["a"]["outputs"] == {"out": output}
    assert ReportJson.model_validate(data).steps["a"].started == MOMENT.replace(microsecond=678_000)


def test_a_report_of_an_earlier_version_is_read() -> None:
    step = {"status": "Completed", "started": "2026-01-01T00:00:01+00:00", "ended": None}
    report = ReportJson.model_validate(
        {"status": "Running", "started": None, "ended": None, "process": 1, "steps": {"a": step}}
    )
    assert report.steps["a"].status == "Completed"
    assert report.process_started is None


def test_every_status_is_in_the_schemas() -> None:
    for name in OF_RUNS:
        text = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
        assert all(f'"{status}"' in text for status in get_args(RunStatus))


def make_report(folder: Path, *names: str) -> RunReport:
    steps = {name: RunStep(name, nodes=(name,), log=folder / "log.txt") for name in names}
    return RunReport(
        name="run", status="Running", started=now(), folder=folder, source="here", steps=steps
    )


def saved(report: RunReport) -> ReportJson:
    """Save a report, and read it back; its text is what its model makes of it."""
    report.save()
    text = (report.folder / REPORT_FILE).read_text(encoding="utf-8")
    model = ReportJson.model_validate_json(text)
    assert text == f"{model.model_dump_json(indent=1)}\n"
    return model


def test_a_report_without_steps_is_whole(tmp_path: Path) -> None:
    assert saved(make_report(tmp_path)).steps == {}


def test_each_change_of_a_step_is_told(tmp_path: Path) -> None:
    report = make_report(tmp_path, "first", 'a "quoted"\n"steps": {}\n}', "größe")
    step = report.steps["first"]
    assert saved(report).steps["first"].status == "NotStarted"
    step.status, step.started = "Running", now()
    assert saved(report).steps["first"].status == "Running"
    step.warnings.append("what was appended")
    step.outputs.append(RunOutput("first", "out", tmp_path / "out", True))
    step.status, step.ended = "Completed", now()
    told = saved(report).steps["first"]
    assert (told.status, told.warnings) == ("Completed", ["what was appended"])
    assert told.outputs is not None
    assert told.outputs["out"].path == "out"
    assert list(saved(report).steps) == list(report.steps)
