"""Where a step's command runs, and what it is told.

The promises: docs/architecture/azureml-contracts.md#what-azure-ml-promises-a-command-step
"""

from __future__ import annotations

import re

import pytest

from tests.kit.executors import Bench
from tests.kit.job_documents import command, output_of


class TestWorkingDirectory:
    def test_is_deep_and_announced(self, bench: Bench) -> None:
        here, announced = bench.run_one(
            'pwd; echo "$AZUREML_CR_EXECUTION_WORKING_DIR_PATH"'
        ).log.splitlines()
        assert here == announced
        assert re.search(r"/[0-9a-f]{32}/exe/wd$", here)

    def test_holds_what_azure_uploads_and_nothing_else(self, bench: Bench) -> None:
        bench.write("code/.amlignore", "*.log\n")
        bench.write("code/run.log", "x")
        bench.write("code/.env", "A=1")
        bench.write("code/empty.txt", "")
        script = bench.write("code/run.sh", "echo hi\n")
        script.chmod(0o755)
        (bench.root / "code/empty").mkdir()
        (bench.root / "code/link.py").symlink_to("main.py")
        step = bench.run_one("find . -mindepth 1 | sort; test -x run.sh || echo not executable")
        assert step.log.splitlines() == [
            "./.amlignore",
            "./.env",
            "./empty.txt",
            "./link.py",
            "./main.py",
            "./run.sh",
            "not executable",
        ]

    def test_is_fresh_for_each_step(self, bench: Bench) -> None:
        job = bench.run(
            {
                "one": command('echo changed > main.py; touch new; touch "${{outputs.o}}/x"'),
                "two": command("cat main.py; ls", inputs={"i": output_of("one", "o")}),
            }
        )
        assert job.status == "Completed"
        assert job.steps["two"].log == "print('main')\nmain.py\n"
        assert (bench.root / "code/main.py").read_text() == "print('main')\n"

    def test_is_a_snapshot_of_the_start(self, bench: Bench) -> None:
        source = bench.root / "code/main.py"
        job = bench.run(
            {
                "one": command(f"echo changed > '{source}'; touch \"${{{{outputs.o}}}}/x\""),
                "two": command("cat main.py", inputs={"i": output_of("one", "o")}),
            }
        )
        assert job.steps["two"].log == "print('main')\n"

    def test_is_empty_when_the_code_is_in_the_image(self, bench: Bench) -> None:
        assert bench.run_one("ls -A | wc -l", code=None).log.strip() == "0"

    @pytest.mark.parametrize("code", [0, 3])
    def test_outputs_and_logs_are_collected_on_failure_too(self, code: int, bench: Bench) -> None:
        step = bench.run_one(
            "mkdir -p outputs/a logs data; echo 1 > outputs/a/metrics.txt; echo 2 > logs/l; "
            f"touch data/lost; exit {code}"
        )
        assert step.status == ("Failed" if code else "Completed")
        texts = {name: file.read_text() for name, file in step.artifacts.items()}
        assert texts == {"outputs/a/metrics.txt": "1\n", "logs/l": "2\n"}


# Every variable that a step with one input of each kind and one output sees; bash adds the last.
ENVIRONMENT = {
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
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_ID",
    "MLFLOW_TRACKING_URI",
    "PATH",
    "out",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "_",
}
#: What only one of them sets, and why.
OWN = {
    # MLflow tells nobody, and OpenBLAS shall not make a busy machine busier.
    "rehearsal": {"MLFLOW_DISABLE_TELEMETRY", "OPENBLAS_THREAD_TIMEOUT"},
    # A laptop has no cluster to describe.
    "stand-in": {"AZUREML_CR_COMPUTE_CONTEXT"},
}


class TestEnvironment:
    def test_is_exactly_that_of_azure(
        self, bench: Bench, executor_name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AZURE_CLIENT_SECRET", "KEDRO_ENV", "PYTHONPATH", "MY_TOKEN", "LC_ALL"):
            monkeypatch.setenv(name, "secret")
        bench.write("data/x.csv", "1")
        step = bench.run_one(
            "env -0 | tr '\\n\\0' ' \\n' | cut -d= -f1; : ${{outputs.out}}",
            inputs={"raw": "${{parent.inputs.raw}}", "n": 3},
            types={"raw": "uri_file", "n": "integer"},
            pipeline_inputs={"raw": {"type": "uri_file", "path": "data/x.csv"}},
        )
        seen = set(step.log.split())
        assert seen | {"OLDPWD"} == ENVIRONMENT | OWN[executor_name]

    def test_values(self, bench: Bench) -> None:
        job = bench.run({"probe": command("env")}, experiment_name="my experiment")
        lines = job.steps["probe"].log.splitlines()
        variables = dict(line.split("=", 1) for line in lines if "=" in line)
        assert variables["AZUREML_RUN_ID"] == variables["MLFLOW_RUN_ID"]
        assert variables["AZUREML_RUN_ID"] != variables["AZUREML_ROOT_RUN_ID"]
        assert variables["MLFLOW_EXPERIMENT_NAME"] == "my experiment"
        assert variables["MLFLOW_EXPERIMENT_ID"] == variables["AZUREML_EXPERIMENT_ID"]
        assert variables["AZUREML_ARM_PROJECT_NAME"] == "my experiment"
        assert variables["AZUREML_CR_HT_CAP_user_logs_PATH"].endswith("/probe/user_logs")
        assert (variables["AZUREML_CR_NODE_RANK"], variables["AZUREML_NODE_COUNT"]) == ("0", "1")

    def test_the_document_may_set_variables(self, bench: Bench) -> None:
        variables = {"LEVEL": 'it\'s $HOME "x"\n${{inputs.x}} é', "AZUREML_NODE_COUNT": "2"}
        step = bench.run_one(
            'printf "%s|" "$LEVEL" "$AZUREML_NODE_COUNT"', environment_variables=variables
        )
        assert step.log == 'it\'s $HOME "x"\n${{inputs.x}} é|2|'

    def test_an_output_called_home_breaks_home(self, bench: Bench) -> None:
        step = bench.run_one('echo "$HOME"; : "${{outputs.HOME}}"')
        assert step.log.strip().endswith("/data-capability/wd/HOME")

    def test_python_is_this_interpreter(self, bench: Bench) -> None:
        import sys

        step = bench.run_one("python -c 'import sys; print(sys.prefix, sys.version)'")
        assert step.log.strip() == f"{sys.prefix} {sys.version}"

    def test_nothing_can_be_read_from_the_terminal(self, bench: Bench) -> None:
        assert bench.run_one("cat; echo end").log == "end\n"
