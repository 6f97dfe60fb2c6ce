"""Probe steps ask for what Azure ML promises a command step.

The promises: docs/architecture/azureml-contracts.md#what-azure-ml-promises-a-command-step
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.process.rehearsal.conftest import Stage, command, log_of, log_path, output_of


class TestWorkingDirectory:
    def test_is_deep_and_announced(self, stage: Stage) -> None:
        step = stage.run_one('pwd; echo "$AZUREML_CR_EXECUTION_WORKING_DIR_PATH"')
        here, announced = log_of(step).splitlines()
        assert here == announced
        assert re.search(r"/[0-9a-f]{32}/exe/wd$", here)

    def test_holds_what_azure_uploads_and_nothing_else(self, stage: Stage) -> None:
        stage.write("code/.amlignore", "*.log\n")
        stage.write("code/run.log", "x")
        stage.write("code/.env", "A=1")
        stage.write("code/empty.txt", "")
        script = stage.write("code/run.sh", "echo hi\n")
        script.chmod(0o755)
        (stage.root / "code/empty").mkdir()
        (stage.root / "code/link.py").symlink_to("main.py")
        step = stage.run_one("find . -mindepth 1 | sort; test -x run.sh || echo not executable")
        assert log_of(step).splitlines() == [
            "./.amlignore",
            "./.env",
            "./empty.txt",
            "./link.py",
            "./main.py",
            "./run.sh",
            "not executable",
        ]

    def test_is_fresh_for_each_step(self, stage: Stage) -> None:
        report = stage.run(
            {
                "one": command('echo changed > main.py; touch new; touch "${{outputs.o}}/x"'),
                "two": command("cat main.py; ls", inputs={"i": output_of("one", "o")}),
            }
        )
        assert report.status == "Completed"
        assert log_of(report.steps["two"]) == "print('main')\nmain.py\n"
        assert (stage.root / "code/main.py").read_text() == "print('main')\n"

    def test_is_a_snapshot_of_the_start(self, stage: Stage) -> None:
        source = stage.root / "code/main.py"
        report = stage.run(
            {
                "one": command(f"echo changed > '{source}'; touch \"${{{{outputs.o}}}}/x\""),
                "two": command("cat main.py", inputs={"i": output_of("one", "o")}),
            }
        )
        assert log_of(report.steps["two"]) == "print('main')\n"

    def test_is_empty_when_the_code_is_in_the_image(self, stage: Stage) -> None:
        step = stage.run_one("ls -A | wc -l", code=None)
        assert log_of(step).strip() == "0"

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

    def test_outputs_folder_is_kept_on_failure(self, stage: Stage) -> None:
        step = stage.run_one("mkdir outputs; echo 1 > outputs/metrics.txt; exit 3")
        assert step.status == "Failed"
        (kept,) = log_path(step).parents[1].glob("*/exe/wd/outputs/metrics.txt")
        assert kept.read_text() == "1\n"


# Every variable that a step with one input of each kind and one output sees; bash adds the last.
# OPENBLAS_THREAD_TIMEOUT alone is not Azure's.
EXPECTED_ENVIRONMENT = {
    "AZUREML_ARM_PROJECT_NAME",
    "AZUREML_ARM_RESOURCEGROUP",
    "AZUREML_ARM_SUBSCRIPTION",
    "AZUREML_ARM_WORKSPACE_NAME",
    "AZUREML_CR_DATA_CAPABILITY_PATH",
    "AZUREML_CR_EXECUTION_WORKING_DIR_PATH",
    "AZUREML_CR_HT_CAP_logs_PATH",
    "AZUREML_CR_HT_CAP_user_logs_PATH",
    "AZUREML_CR_NODE_RANK",
    "AZUREML_DATAREFERENCE_raw",
    "AZUREML_DATASET_FILE_OUTPUTS",
    "AZUREML_EXPERIMENT_ID",
    "AZUREML_EXPERIMENT_SCOPE",
    "AZUREML_NODE_COUNT",
    "AZUREML_PARAMETER_n",
    "AZUREML_ROOT_RUN_ID",
    "AZUREML_RUN_ID",
    "AZUREML_WORKSPACE_ID",
    "AZUREML_WORKSPACE_SCOPE",
    "AZURE_ML_INPUT_raw",
    "AZURE_ML_OUTPUT_out",
    "HOME",
    "LANG",
    "MLFLOW_ALLOW_FILE_STORE",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_ID",
    "MLFLOW_TRACKING_URI",
    "OPENBLAS_THREAD_TIMEOUT",
    "PATH",
    "out",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "_",
}


class TestEnvironment:
    def test_is_exactly_that_of_azure(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AZURE_CLIENT_SECRET", "KEDRO_ENV", "PYTHONPATH", "MY_TOKEN", "LC_ALL"):
            monkeypatch.setenv(name, "secret")
        stage.write("data/x.csv", "1")
        step = stage.run_one(
            "env -0 | tr '\\n\\0' ' \\n' | cut -d= -f1; : ${{outputs.out}}",
            inputs={"raw": "${{parent.inputs.raw}}", "n": 3},
            types={"raw": "uri_file", "n": "integer"},
            pipeline_inputs={"raw": {"type": "uri_file", "path": "data/x.csv"}},
        )
        seen = set(log_of(step).split())
        assert seen | {"OLDPWD"} == EXPECTED_ENVIRONMENT

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
        assert variables["MLFLOW_TRACKING_URI"].startswith("file:///")
        assert "%20" in variables["MLFLOW_TRACKING_URI"]

    def test_the_document_may_set_variables(self, stage: Stage) -> None:
        variables = {"LEVEL": 'it\'s $HOME "x"\n${{inputs.x}} é', "AZUREML_NODE_COUNT": "2"}
        step = stage.run_one(
            'printf "%s|" "$LEVEL" "$AZUREML_NODE_COUNT"', environment_variables=variables
        )
        assert log_of(step) == 'it\'s $HOME "x"\n${{inputs.x}} é|2|'

    def test_an_output_called_home_breaks_home(self, stage: Stage) -> None:
        step = stage.run_one('echo "$HOME"; : "${{outputs.HOME}}"')
        assert log_of(step).strip().endswith("/data-capability/wd/HOME")

    def test_python_is_this_interpreter(self, stage: Stage) -> None:
        import sys

        step = stage.run_one("python -c 'import sys; print(sys.prefix, sys.version)'")
        assert log_of(step).strip() == f"{sys.prefix} {sys.version}"

    def test_mlflow_finds_a_run_that_was_started(self, stage: Stage) -> None:
        step = stage.run_one(
            "cd \"$(python -c 'import os, urllib.parse; "
            'print(urllib.parse.unquote(os.environ["MLFLOW_TRACKING_URI"][7:]))\')"; '
            'cat "$MLFLOW_EXPERIMENT_ID/$MLFLOW_RUN_ID/meta.yaml"; '
            'ls "$MLFLOW_EXPERIMENT_ID/$MLFLOW_RUN_ID"'
        )
        text, folders = log_of(step).split("artifacts\n", 1)
        meta = yaml.safe_load(text)
        assert meta["run_name"] == "probe"
        assert meta["status"] == 1
        assert folders.split() == ["meta.yaml", "metrics", "params", "tags"]

    def test_nothing_can_be_read_from_the_terminal(self, stage: Stage) -> None:
        assert log_of(stage.run_one("cat; echo end")) == "end\n"


class TestData:
    def test_names_on_disk(self, stage: Stage) -> None:
        stage.write("data/sample.csv", "a,b")
        stage.write("folder/deep/x.txt", "x")
        step = stage.run_one(
            'echo "${{inputs.raw}}"; echo "${{inputs.all}}"; echo "${{outputs.out}}"; '
            'test -d "${{outputs.out}}" && ls "$AZUREML_CR_DATA_CAPABILITY_PATH"; '
            'cat "${{inputs.raw}}" "${{inputs.all}}/deep/x.txt"',
            inputs={"raw": "${{parent.inputs.raw}}", "all": "${{parent.inputs.all}}"},
            types={"raw": "uri_file"},
            pipeline_inputs={
                "raw": {"type": "uri_file", "path": "data/sample.csv"},
                "all": {"type": "uri_folder", "path": "folder"},
            },
        )
        lines = log_of(step).splitlines()
        base = lines[0].removesuffix("/INPUT_raw/sample.csv")
        assert base.endswith("/cap/data-capability/wd")
        assert lines[1:] == [
            f"{base}/INPUT_all",
            f"{base}/out",
            "INPUT_all",
            "INPUT_raw",
            "out",
            "a,bx",
        ]

    def test_an_input_folder_obeys_its_own_ignore_file(self, stage: Stage) -> None:
        stage.write("folder/.gitignore", "*.tmp\n")
        stage.write("folder/a.tmp", "x")
        stage.write("folder/b.csv", "x")
        (stage.root / "folder/empty").mkdir()
        step = stage.run_one(
            'ls -A "${{inputs.all}}"',
            inputs={"all": {"path": "folder", "type": "uri_folder"}},
        )
        assert log_of(step).split() == [".gitignore", "b.csv"]

    def test_files_pass_from_step_to_step(self, stage: Stage) -> None:
        report = stage.run(
            {
                "one": command(
                    'echo 1 > "${{outputs.file}}"; mkdir -p "${{outputs.all}}/a/empty"; '
                    'touch "${{outputs.all}}/a/x é.txt"',
                    outputs={"file": "uri_file"},
                ),
                "two": command(
                    'cat "${{inputs.file}}"; cd "${{inputs.all}}"; find . | sort',
                    inputs={"file": output_of("one", "file"), "all": output_of("one", "all")},
                    types={"file": "uri_file"},
                ),
            }
        )
        assert report.status == "Completed"
        assert log_of(report.steps["two"]).splitlines() == ["1", ".", "./a", "./a/x é.txt"]

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

    def test_outputs_of_a_failure(self, stage: Stage) -> None:
        step = stage.run_one(
            'touch "${{outputs.mounted}}/a" "${{outputs.uploaded}}/a"; exit 1',
            outputs={"uploaded": {"type": "uri_folder", "mode": "upload"}},
        )
        assert [(o.name, o.path.exists()) for o in step.outputs] == [("mounted", True)]
        assert not list(log_path(step).parents[1].rglob("uploaded"))

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

    def test_one_step_cannot_spoil_the_input_of_another(self, stage: Stage) -> None:
        report = stage.run(
            {
                "make": command('echo 1 > "${{outputs.o}}/a"'),
                "bad": command('echo 2 > "${{inputs.i}}/a"', inputs={"i": output_of("make", "o")}),
                "good": command(
                    'sleep 0.3; cat "${{inputs.i}}/a"', inputs={"i": output_of("make", "o")}
                ),
            }
        )
        assert report.steps["bad"].status == "Failed"
        assert log_of(report.steps["good"]) == "1\n"

    def test_a_read_only_mode(self, stage: Stage) -> None:
        stage.write("data/a.csv", "1")
        step = stage.run_one(
            'stat -c "%A %F" "${{inputs.i}}" "${{inputs.i}}/a.csv"',
            inputs={"i": {"path": "data", "type": "uri_folder"}},
        )
        assert log_of(step).splitlines() == ["dr-xr-xr-x directory", "-r--r--r-- regular file"]

    def test_a_download_may_be_changed(self, stage: Stage) -> None:
        stage.write("data/a.csv", "1")
        step = stage.run_one(
            'echo 2 > "${{inputs.i}}/a.csv"; touch "${{inputs.i}}/b"',
            inputs={"i": {"path": "data", "type": "uri_folder", "mode": "download"}},
        )
        assert step.status == "Completed"
        assert (stage.root / "data/a.csv").read_text() == "1"

    def test_a_finished_run_can_be_deleted(self, stage: Stage) -> None:
        step = stage.run_one('mkdir "${{outputs.o}}/d"; touch "${{outputs.o}}/d/x"')
        run = log_path(step).parents[3]
        folders = [run, *(p for p in run.rglob("*") if p.is_dir())]
        assert all(folder.stat().st_mode & 0o200 for folder in folders)


class TestCommand:
    def test_placeholders_are_replaced_as_text(self, stage: Stage) -> None:
        step = stage.run_one(
            "echo ${{inputs.a}} '${{ inputs.a }}' \"${{inputs.a}}\"",
            inputs={"a": "x  $((1+1)) `echo y`"},
            types={"a": "string"},
        )
        assert log_of(step) == "x 2 y x  $((1+1)) `echo y` x  2 y\n"

    def test_literals_are_spelt_as_the_sdk_spells_them(self, stage: Stage) -> None:
        step = stage.run_one(
            "echo ${{inputs.b}} ${{inputs.i}} ${{inputs.f}} ${{inputs.g}} ${{inputs.d}} "
            "${{inputs.p}}",
            inputs={"b": True, "i": 3, "f": 1.0, "g": 1e-7, "p": "a-${{parent.inputs.x}}-b"},
            types={
                "b": "boolean",
                "i": "integer",
                "f": "number",
                "g": "number",
                "d": {"type": "string", "default": "dflt"},
                "p": "string",
            },
            pipeline_inputs={"x": {"type": "boolean", "default": False}},
        )
        assert log_of(step) == "True 3 1.0 1e-07 dflt a-False-b\n"

    @pytest.mark.parametrize(
        ("value", "told"), [(None, "[]"), ("", "[]"), ("v", "[--opt v]")], ids=repr
    )
    def test_an_optional_block(self, value: str | None, told: str, stage: Stage) -> None:
        step = stage.run_one(
            'echo "[$[[--opt ${{inputs.o}}]]]"',
            inputs={} if value is None else {"o": value},
            types={"o": {"type": "string", "optional": True}},
        )
        assert log_of(step).strip() == told

    def test_is_run_by_bash(self, stage: Stage) -> None:
        step = stage.run_one("set -o pipefail; [[ a == a ]] && echo {1..3} | cat")
        assert log_of(step) == "1 2 3\n"


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

    def test_a_timeout_cancels(self, stage: Stage) -> None:
        begun = time.monotonic()
        step = stage.run_one("sleep 60", limits={"timeout": 1})
        assert time.monotonic() - begun < 20
        assert (step.status, step.reason) == ("Canceled", "ran longer than its limit of 1 s")
        assert step.exit_code == -signal.SIGTERM

    def test_who_ignores_the_signal_is_killed(self, stage: Stage) -> None:
        step = stage.run_one(
            "trap '' TERM; while true; do sleep 0.1; done", limits={"timeout": 1}, kill_grace=0.5
        )
        assert (step.status, step.exit_code) == ("Canceled", -signal.SIGKILL)
        assert 1.4 < (step.seconds or 0) < 15

    def test_a_canceled_step_may_clean_up(self, stage: Stage) -> None:
        step = stage.run_one(
            "trap 'echo bye; exit 0' TERM; while true; do sleep 0.1; done", limits={"timeout": 1}
        )
        assert step.status == "Canceled"
        assert "bye" in log_of(step)

    @pytest.mark.skipif(sys.platform != "linux", reason="found by /proc")
    def test_nothing_is_left_of_what_has_a_session_of_its_own(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        mark = tmp_path / "alive"
        script = f"setsid bash -c 'while true; do touch {mark}; sleep 0.1; done' & sleep 0.5"
        assert stage.run_one(script).status == "Completed"
        mark.unlink()
        time.sleep(0.5)
        assert not mark.exists()

    def test_nothing_of_the_group_is_left(self, stage: Stage, tmp_path: Path) -> None:
        marker = tmp_path / "marker"
        step = stage.run_one(f"(sleep 1; touch '{marker}') & sleep 300 & echo $!")
        assert step.status == "Completed"
        with pytest.raises(ProcessLookupError):
            os.kill(int(log_of(step)), 0)
        time.sleep(1.2)
        assert not marker.exists()

    def test_a_command_longer_than_the_system_allows(self, stage: Stage) -> None:
        step = stage.run_one(f"echo {'x' * 200_000}")
        assert step.status == "Failed"
        assert "Argument list too long" in (step.reason or "")

    def test_a_log_of_any_bytes(self, stage: Stage) -> None:
        step = stage.run_one("head -c 200000 /dev/urandom; printf '\\nété 🙂\\n'; exit 1")
        assert step.status == "Failed"
        assert log_path(step).stat().st_size > 200_000

    def test_much_output(self, stage: Stage) -> None:
        step = stage.run_one("yes a line of text | head -c 50000000")
        assert step.status == "Completed"
        assert log_path(step).stat().st_size == 50_000_000
