"""What is wrong in the workspace is named by the place that the user edits."""

from __future__ import annotations

import subprocess
import sys

from tests.kit.shell import environment
from tests.kit.submission import Kedro
from tests.service.azure.test_computes import tag_second

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

SUBMIT = """
from kedro_azureml import DiagnosticError, compile_project, dump_job, load_job, submit

job = compile_project()
dump_job(job, "pipeline.yml")
for job in (job, load_job("pipeline.yml")):
    try:
        submit(job)
    except DiagnosticError as error:
        print(*(finding.where for finding in error.diagnostics))
"""


def test_what_is_missing_is_named_by_its_line_in_azureml_yml(kedro: Kedro) -> None:
    workspace = kedro.service.workspace
    tag_second(kedro, "gpu")
    (kedro.project / "conf/base/azureml.yml").write_text(
        f"azure:\n  resource_group: {workspace.group}\n  workspace_name: {workspace.name}\n"
        "  experiment_name: e\n"
        "  compute:\n"
        "    __default__:\n"
        "      cluster_name: cpu-clutser\n"  # line 7
        "    gpu:\n"
        "      cluster_name: gpu-clutser\n"
        "  environments:\n"
        "    __default__: {name: tset-env@latest}\n"
        "    gpu:\n"
        "      name: test-env:7\n"
    )
    said = kedro.refused("KAZ705", "run")
    base = "conf/base/azureml.yml"
    assert f"KAZ705 {base}:7 azure.compute.__default__.cluster_name The workspace" in said
    assert f"KAZ705 {base}:9 azure.compute.gpu.cluster_name The workspace" in said
    assert f"KAZ706 {base}:11 azure.environments.__default__.name The workspace" in said
    assert f"KAZ706 {base}:13 azure.environments.gpu.name The environment" in said
    assert "KAZ706 --aml-env" in kedro.refused("KAZ706", "run", "--aml-env", "tset-env@latest")
    # What was compiled before is itself what to edit.
    kedro("compile")
    said = kedro.refused("KAZ705", "run", "-f", "pipeline.yml")
    assert "KAZ705 settings.default_compute The workspace" in said


def test_machines_that_a_cluster_does_not_have_are_named_by_their_line(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    workspace = kedro.service.workspace
    file.write_text(
        f"azure:\n  resource_group: {workspace.group}\n  workspace_name: {workspace.name}\n"
        "  experiment_name: e\n  environment_name: test-env@latest\n"
        "  compute:\n"
        "    __default__:\n"
        "      cluster_name: cpu-cluster\n"
        "      instance_type: Standard_NC6\n"
    )
    said = " ".join(kedro("run", "--dry-run").stderr.split())
    assert "KAZ721 conf/base/azureml.yml:9 azure.compute.__default__.instance_type" in said


def test_python_names_the_same_places_as_the_command(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(file.read_text().replace("cpu-cluster", "cpu-clutser"))
    done = subprocess.run(
        [sys.executable, "-c", SUBMIT],
        cwd=kedro.project,
        env=environment(**kedro.variables()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-2:] == [
        "conf/base/azureml.yml:8 azure.compute.__default__.cluster_name",
        "settings.default_compute",
    ], done.stdout + done.stderr
