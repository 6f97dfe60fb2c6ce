"""The workspace that a rehearsal's steps are told they run in: that of azureml.yml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kedro_azureml.rehearsal.workspace.run_folders import runs_folder
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import environment, run_kedro

NODES = 'node(show, None, "shown", name="show")'
REGISTRY = f"""\
    import os
    from kedro.pipeline import Pipeline, node

    def show():
        for name in ("SUBSCRIPTION", "RESOURCEGROUP", "WORKSPACE_NAME"):
            print(os.environ["AZUREML_ARM_" + name])
        print(os.environ["AZUREML_WORKSPACE_SCOPE"])
        return 1

    def register_pipelines():
        return {{"__default__": Pipeline([{NODES}])}}
    """
OURS, SHELL_S = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
WITH_SUBSCRIPTION = AZUREML_YML.replace("azure:\n", f"azure:\n  subscription_id: {OURS}\n")
NOBODY_S = "00000000-0000-0000-0000-000000000000"


def _workspace(project: Path) -> list[str]:
    (log,) = runs_folder(project).glob("*/steps/show/user_logs/std_log.txt")
    *names, scope = [line for line in log.read_text().splitlines() if "INFO" not in line][-4:]
    assert scope == (
        f"/subscriptions/{names[0]}/resourceGroups/{names[1]}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{names[2]}"
    )
    return names


@pytest.mark.parametrize(
    ("azureml", "variable", "expected"),
    [
        (WITH_SUBSCRIPTION, SHELL_S, [OURS, "rg", "ws"]),
        (AZUREML_YML, SHELL_S, [SHELL_S, "rg", "ws"]),
        (AZUREML_YML, "no GUID", [NOBODY_S, "rg", "ws"]),
        (None, None, [NOBODY_S, "rehearsal", "rehearsal"]),
    ],
    ids=["azureml.yml", "the shell", "nobody", "no azureml.yml"],
)
def test_the_steps_are_told_the_workspace_of_azureml_yml(
    azureml: str | None, variable: str | None, expected: list[str], tmp_path: Path
) -> None:
    project = make_project(tmp_path / "p", registry=REGISTRY, azureml=azureml)
    run_kedro(project, "azureml", "run", "--local", variables={"AZURE_SUBSCRIPTION_ID": variable})
    assert _workspace(project) == expected


def test_so_are_those_of_a_compiled_file_if_azureml_yml_can_be_read(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", registry=REGISTRY, azureml=WITH_SUBSCRIPTION)
    run_kedro(project, "azureml", "compile", "-o", "job.yml")
    run_kedro(project, "azureml", "run", "--local", "-f", "job.yml")
    assert _workspace(project) == [OURS, "rg", "ws"]
    (project / "conf/base/azureml.yml").write_text("azure: [")
    run_kedro(project, "azureml", "run", "--local", "-f", "job.yml", "--keep", "1")
    assert _workspace(project) == [NOBODY_S, "rehearsal", "rehearsal"]


def test_so_are_those_of_a_rehearsal_from_python(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", registry=REGISTRY, azureml=WITH_SUBSCRIPTION)
    program = "from kedro_azureml import *; rehearse(compile_project())"
    subprocess.run([sys.executable, "-c", program], cwd=project, env=environment(), check=True)
    assert _workspace(project) == [OURS, "rg", "ws"]
