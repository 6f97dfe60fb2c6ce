"""What the rehearsal says and does beside the contract, which tests/process/contract asks of it."""

from __future__ import annotations

import os

import pytest

from tests.kit.job_documents import command, output_of
from tests.process.rehearsal.conftest import Stage, log_of, log_path


class TestWorkingDirectory:
    def test_files_left_there_are_reported(self, stage: Stage) -> None:
        step = stage.run_one(
            "mkdir -p data/out outputs logs x/__pycache__; touch data/out/a.csv outputs/o logs/l "
            "x/__pycache__/c; echo more >> main.py"
        )
        assert step.status == "Completed"
        told = "Azure ML would discard what it wrote into its working directory: "
        assert step.warnings == [f"{told}'data/out/a.csv', 'main.py'"]
        left = log_path(step).parents[1] / "wd"
        assert (left / "data/out/a.csv").exists()
        assert (left / "outputs/o").exists()

    def test_what_the_ignore_file_names_and_by_products_are_no_finding(self, stage: Stage) -> None:
        stage.write("code/.amlignore", "*.tmp\n/mlruns/\n/data/\n")
        step = stage.run_one(
            "mkdir -p .viz .git mlruns/0 a/__pycache__ data; touch .viz/stats.json .git/index "
            "info.log info.log.1 a/scratch.tmp mlruns/0/meta.yaml a/__pycache__/c .telemetry"
        )
        assert (step.status, step.warnings) == ("Completed", [])
        assert (log_path(step).parents[1] / "wd/info.log").exists()

    def test_data_that_a_node_writes_itself_is_a_finding_though_data_is_ignored(
        self, stage: Stage
    ) -> None:
        stage.write("code/.amlignore", "/data/\n")
        step = stage.run_one("mkdir data; touch data/plot.png info.log")
        assert [w.rpartition(": ")[2] for w in step.warnings] == ["'data/plot.png'"]


class TestEnvironment:
    def test_lets_through_what_is_named(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JAVA_HOME", "/opt/a b")
        step = stage.run_one('echo "$JAVA_HOME|$NOT_THERE"', pass_env=("JAVA_HOME", "NOT_THERE"))
        assert log_of(step) == "/opt/a b|\n"

    def test_values(self, stage: Stage) -> None:
        report = stage.run({"probe": command("env")}, document={"experiment_name": "my experiment"})
        variables = dict(
            line.split("=", 1) for line in log_of(report.steps["probe"]).splitlines() if "=" in line
        )
        assert variables["AZUREML_ROOT_RUN_ID"] == report.name
        assert variables["AZUREML_RUN_ID"] == variables["MLFLOW_RUN_ID"]
        assert variables["MLFLOW_EXPERIMENT_NAME"] == "my experiment"
        assert variables["AZUREML_ARM_PROJECT_NAME"] == "my experiment"
        assert variables["AZUREML_CR_HT_CAP_user_logs_PATH"].endswith("/probe/user_logs")
        assert variables["MLFLOW_TRACKING_URI"].startswith("kedro-azureml:///")
        assert "%20" in variables["MLFLOW_TRACKING_URI"]


class TestData:
    def test_an_empty_output_cannot_be_read(self, stage: Stage) -> None:
        report = stage.run(
            {
                "one": command('mkdir "${{outputs.o}}/empty"'),
                "two": command('ls "${{inputs.i}}"', inputs={"i": output_of("one", "o")}),
            }
        )
        assert report.steps["one"].warnings == [
            "its output 'o' is empty, and Azure ML has no empty folders"
        ]
        assert report.steps["two"].status == "Failed"
        assert "no empty folders" in (report.steps["two"].reason or "")

    def test_a_missing_file_output_is_reported(self, stage: Stage) -> None:
        step = stage.run_one('test ! -e "${{outputs.o}}"', outputs={"o": "uri_file"})
        assert step.status == "Completed"
        assert step.warnings == ["the file of its output 'o' is missing"]

    @pytest.mark.parametrize(
        ("text", "change"),
        [
            ("echo more >> a.csv", "'a.csv' was changed"),
            ("echo x > new.csv", "'new.csv' was added"),
            ("rm a.csv", "'a.csv' was removed"),
            ("mkdir deep/er", "'deep/er' was added"),
            ("chmod 777 a.csv", "the permissions of 'a.csv' were changed"),
            ("touch a.csv", "'a.csv' was changed"),
            ("cp a.csv b && mv b deep/x.csv", "'deep/x.csv' was replaced"),
            ("touch .lock && rm .lock", "something in it was made or renamed"),
            ("printf 2 > a.csv; touch -d '2020-01-01' a.csv", "'a.csv' was changed"),
        ],
    )
    @pytest.mark.parametrize("raw", [True, False], ids=["raw input", "upstream"])
    def test_inputs_are_read_only_even_for_root(
        self, text: str, change: str, raw: bool, stage: Stage
    ) -> None:
        stage.write("data/a.csv", "1")
        stage.write("data/deep/x.csv", "1")
        before = {p: p.stat() for p in (stage.root / "data").rglob("*")}
        source = {"path": "data", "type": "uri_folder"} if raw else output_of("make", "o")
        jobs = {"probe": command(f'cd "${{{{inputs.i}}}}" && {text}', inputs={"i": source})}
        if not raw:
            jobs["make"] = command(
                'cd "${{outputs.o}}"; mkdir deep; printf 1 | tee a.csv > deep/x.csv'
            )
        step = stage.run(jobs).steps["probe"]
        assert step.status == "Failed"
        if os.geteuid() == 0:
            assert step.reason == (
                f"changed its input 'i', which is read-only on Azure ML: {change}"
            )
        after = {p: p.stat() for p in (stage.root / "data").rglob("*")}
        assert {p: (s.st_mode, s.st_mtime_ns, s.st_nlink) for p, s in before.items()} == {
            p: (s.st_mode, s.st_mtime_ns, s.st_nlink) for p, s in after.items()
        }

    def test_a_finished_run_can_be_deleted(self, stage: Stage) -> None:
        step = stage.run_one('mkdir "${{outputs.o}}/d"; touch "${{outputs.o}}/d/x"')
        run = log_path(step).parents[3]
        folders = [run, *(p for p in run.rglob("*") if p.is_dir())]
        assert all(folder.stat().st_mode & 0o200 for folder in folders)


_KILLED = "signal 9, SIGKILL, often for want of memory"


class TestEnd:
    @pytest.mark.parametrize(
        ("text", "code", "reason"),
        [
            ("exit 1", 1, "exited with code 1"),
            ("exit 255", 255, "exited with code 255"),
            ("nonsense", 127, "exited with code 127"),
            (
                "kill -9 $$",
                -9,
                "was killed by signal 9 (SIGKILL, often for want of memory)",
            ),
            ("kill -TERM $$", -15, "was killed by signal 15 (SIGTERM)"),
            (
                "bash -c 'kill -9 $$'; exit $?",
                137,
                f"exited with code 137 (a process in it: {_KILLED})",
            ),
        ],
    )
    def test_failures(self, text: str, code: int, reason: str, stage: Stage) -> None:
        step = stage.run_one(text)
        assert (step.status, step.exit_code, step.reason) == ("Failed", code, reason)

    def test_a_command_longer_than_the_system_allows(self, stage: Stage) -> None:
        step = stage.run_one(f"echo {'x' * 200_000}")
        assert step.status == "Failed"
        assert "Argument list too long" in (step.reason or "")

    def test_much_output(self, stage: Stage) -> None:
        step = stage.run_one("yes a line of text | head -c 50000000")
        assert step.status == "Completed"
        assert log_path(step).stat().st_size == 50_000_000
