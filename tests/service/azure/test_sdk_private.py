"""The SDK's private names: they do what is asked of them, and nothing needs them."""

from __future__ import annotations

import json

import pytest

from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# Settings are read by every command: this is an SDK that has lost the names.
WITHOUT = """
from kedro_azureml.azure.connect import sdk_private

for name in ("runs_below", "run_details", "upload_input", "find_output"):
    setattr(sdk_private, name, lambda *arguments, **options: None)
"""
WITH = """
from kedro_azureml.azure.connect import sdk_private

def counted(name):
    function = getattr(sdk_private, name)
    def call(*arguments, **options):
        answer = function(*arguments, **options)
        with open("answers.txt", "a") as file:
            print(name, answer is not None, file=file)
        return answer
    return call

for name in ("runs_below", "run_details", "upload_input", "find_output"):
    setattr(sdk_private, name, counted(name))
"""


@pytest.mark.parametrize("settings", [WITH, WITHOUT], ids=["with", "without"])
def test_everything_works(kedro: Kedro, settings: str) -> None:
    kedro.service.execution.mode = "real"
    (kedro.project / "src/minimal/settings.py").write_text(settings)
    # In the steps the module has no Azure SDK to import, nor a reason to.
    (kedro.project / "src/minimal/settings.py").write_text(
        f"import os\n\nif 'AZUREML_RUN_ID' not in os.environ:\n{_indented(settings)}"
    )
    done = kedro("run", "--follow-logs")
    assert f"{kedro.job}: Completed" in done.stdout
    assert "first | " in done.stdout
    shown = kedro.json("job", "show", kedro.job)
    assert [step["status"] for step in shown["steps"]] == ["Completed", "Completed"]
    assert "Running node: first" in kedro("job", "logs", kedro.job, "first").stdout
    kedro("job", "download", kedro.job, "result", "-o", "fetched")
    assert json.loads((kedro.project / "fetched/result/result.json").read_text()) == 1

    if settings is WITH:
        answers = set((kedro.project / "answers.txt").read_text().splitlines())
        assert answers == {
            "runs_below True",
            "run_details True",
            "upload_input True",
            "find_output True",
        }
        assert all(step["seconds"] is not None for step in shown["steps"])


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def test_a_failure_without_private_names(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro.service.execution.failing = {"first": "the disk is on fire"}
    (kedro.project / "src/minimal/settings.py").write_text(
        f"import os\n\nif 'AZUREML_RUN_ID' not in os.environ:\n{_indented(WITHOUT)}"
    )
    done = kedro("run", "--wait-for-completion", check=False)
    assert done.returncode == 1
    assert "the disk is on fire" in done.stdout + done.stderr
    assert "The step 'first' failed" in done.stderr
