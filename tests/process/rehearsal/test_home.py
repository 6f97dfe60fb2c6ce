"""Where runs are kept, listed and pruned."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.run.progress import NoProgress
from kedro_azureml.plan_view.times import newest_times
from kedro_azureml.rehearsal import RehearsalOptions, rehearse
from kedro_azureml.rehearsal.processes.identity import start_time
from kedro_azureml.rehearsal.workspace.run_folders import (
    make_run_folder,
    past_runs,
    prune,
    runs_folder,
)
from tests.kit.job_documents import command
from tests.process.rehearsal.conftest import Stage


def test_runs_are_kept_in_the_project_and_out_of_git(stage: Stage) -> None:
    report = stage.run({"a": command("true")})
    assert report.folder.parent == stage.root / ".kedro_azureml/runs"
    assert report.folder.name.endswith("-probe")
    assert (stage.root / ".kedro_azureml/.gitignore").read_text() == "*\n"
    assert PipelineJob.model_validate({"jobs": {"a": command("true")}}).jobs
    assert (report.folder / "job.yml").read_text().startswith("$schema:")


@pytest.mark.parametrize("made_before", [False, True])
def test_a_run_is_its_users_alone(stage: Stage, made_before: bool) -> None:
    """Its copies of code and data keep the modes that they would have anywhere."""
    if made_before:
        (stage.root / ".kedro_azureml/runs").mkdir(parents=True, mode=0o755)
    old = os.umask(0o022)
    try:
        report = stage.run({"a": command('echo x > "${{outputs.out}}/x"')})
    finally:
        os.umask(old)
    assert mode(report.folder) == 0o700
    assert mode(stage.root / ".kedro_azureml") == (0o755 if made_before else 0o700)
    assert mode(next(report.folder.rglob("x"))) == 0o444


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_where_users_have_no_numbers_nothing_is_looked_for_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, for `plan --html`."""
    monkeypatch.delattr(os, "getuid")
    assert newest_times(tmp_path, ["a"]) is None


def test_two_runs_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    made = {make_run_folder(tmp_path, "x/../é y") for _ in range(3)}
    assert len(made) == 3
    assert all(folder.parent == runs_folder(tmp_path) for folder in made)


class Notices(NoProgress):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def notice(self, message: str) -> None:
        self.messages.append(message)


def test_a_project_that_cannot_be_written(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Also for root, whom permissions do not stop.
    (stage.root / ".kedro_azureml").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    notices = Notices()
    job = PipelineJob.model_validate({"jobs": {"a": command("true")}})
    report = rehearse(job, stage.root, RehearsalOptions(), source="x.yml", progress=notices)
    assert report.status == "Completed"
    assert report.folder.is_relative_to(tmp_path / "cache/kedro-azureml")
    assert notices.messages == [
        f"This run is kept in {report.folder}: {stage.root} cannot be used for it."
    ]


def test_no_place_at_all(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = stage.write("file", "")
    with pytest.raises(DiagnosticError, match="KAZ604 No folder for the rehearsal"):
        stage.run({"a": command("true")}, runs_home=blocked / "runs")


def test_a_full_disk(stage: Stage, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made by root")
    try:
        stage.write("code/big.bin", "x" * 400_000)
        with pytest.raises(DiagnosticError, match=r"KAZ604 .*no space left to copy 'big.bin'"):
            stage.run({"a": command("true")}, runs_home=small / "runs")
        assert list((small / "runs").iterdir()) == []
        (stage.root / "code/big.bin").unlink()
        report = stage.run(
            {
                "fills": command('head -c 1M /dev/zero > "${{outputs.o}}/x"'),
                "other": command("echo fine"),
            },
            runs_home=small / "runs",
        )
        assert report.steps["fills"].status == "Failed"
        assert report.status == "Failed"
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


class TestPastRuns:
    def test_are_listed_newest_first(self, stage: Stage) -> None:
        good = stage.run({"a": command("true")})
        bad = stage.run({"a": command("true"), "b": command("false")})
        found = past_runs(good.folder.parent)
        assert [(r.folder, r.status, r.steps) for r in found] == [
            (bad.folder, "Failed", (2, 1)),
            (good.folder, "Completed", (1, 1)),
        ]
        assert all(run.size() > 500 for run in found)

    def test_are_pruned_read_only_folders_and_all(self, stage: Stage) -> None:
        reports = [
            stage.run({"a": command('mkdir -p "${{outputs.o}}/x"; touch "${{outputs.o}}/x/y"')})
            for _ in range(4)
        ]
        home = reports[0].folder.parent
        locked = reports[0].folder / "steps/a/outputs/o/x"
        locked.chmod(0o500)
        other = home / "not a run"
        other.mkdir()
        assert {r.folder for r in prune(home, 2)} == {r.folder for r in reports[:2]}
        assert set(home.iterdir()) == {reports[2].folder, reports[3].folder, other}
        # Whatever began beside it, a run does not delete itself.
        assert [r.folder for r in prune(home, 1, reports[2].folder)] == [reports[3].folder]

    def test_of_a_killed_process_are_over_although_its_number_is_used_again(
        self, stage: Stage
    ) -> None:
        report = stage.run({"a": command("true")})
        written = json.loads((report.folder / "report.json").read_text())
        # This process has the number, as one that was started after the rehearsal would.
        assert written["process"] == os.getpid()
        for changed, status in (
            ({"status": "Running"}, "Running"),
            ({"status": "Running", "process_started": 1.0}, "Interrupted"),
            ({"status": "CancelRequested", "process_started": 1.0}, "Interrupted"),
            ({"status": "Running", "process_started": None}, "Running"),
            ({"status": "Running", "process": 2**22 + 1}, "Interrupted"),
        ):
            (report.folder / "report.json").write_text(json.dumps({**written, **changed}))
            assert [run.status for run in past_runs(report.folder.parent)] == [status]

    def test_of_a_process_that_nobody_reaps_are_over(self, stage: Stage) -> None:
        report = stage.run({"a": command("true")})
        written = json.loads((report.folder / "report.json").read_text())
        process = subprocess.Popen(["sleep", "300"])
        changes = {
            "status": "Running",
            "process": process.pid,
            "process_started": start_time(process.pid),
        }
        (report.folder / "report.json").write_text(json.dumps({**written, **changes}))
        assert [run.status for run in past_runs(report.folder.parent)] == ["Running"]
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert [run.status for run in past_runs(report.folder.parent)] == ["Interrupted"]
        process.wait()

    def test_that_are_damaged_are_listed_and_pruned(self, stage: Stage) -> None:
        report = stage.run({"a": command("true")})
        (report.folder / "report.json").write_text("{")
        home = report.folder.parent
        assert [run.status for run in past_runs(home)] == ["Unknown"]
        prune(home, 0)
        assert past_runs(home) == []
