"""report.json: the text of its model, whole at every change."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.job.run.model import RunOutput, RunStep, now
from kedro_azureml.job.run.run_json import ReportJson
from kedro_azureml.rehearsal.report import REPORT_FILE, RunReport


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
