"""What a job leaves in the workspace: as `az ml` submits it, and what is refused before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.azureml.samples import WAIT
from tests.kit.azureml.sdk import Sdk
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

_STORE = "azureml://datastores"


def register_result(kedro: Kedro, settings: str) -> None:
    file = kedro.project / "conf/base/catalog.yml"
    changed = f"result.json, metadata: {{azureml: {{{settings}}}}}}}"
    file.write_text(file.read_text().replace("result.json}", changed))


def export(kedro: Kedro, section: str) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(f"{file.read_text()}  export: {section}\n")


def test_the_compiled_file_is_enough(kedro: Kedro, sdk: Sdk) -> None:
    """As `az ml job create -f` does it: the unmodified SDK reads and submits the file."""
    register_result(kedro, "register: the-result, type: uri_file")
    export(kedro, "{path: 'all/\\${{name}}', register: '{job}'}")
    kedro("compile")
    kedro.service.execution.mode = "real"
    file = kedro.project / "pipeline.yml"
    sdk.run(
        f"""
        job = load_job("{file}")
        job.name = "the-job"
        result = ml.jobs.create_or_update(job).name
        """
    )
    assert sdk.run(WAIT) == "Completed"
    found = sdk.run(
        """
        result = [
            [data.name, data.version, data.type, data.path.partition("/paths/")[2]]
            for data in (ml.data.get(name, label="latest") for name in ("the-result", "minimal"))
        ]
        """
    )
    assert [item[:3] for item in found] == [
        ["the-result", "1", "uri_file"],
        ["minimal", "1", "uri_folder"],
    ]
    child = kedro.service.jobs.runs["the-job"].children["export"]
    assert found[1][3].strip("/") == f"all/{child.id}"
    container = kedro.service.workspace.blob_container
    names = kedro.service.storage.names(container, f"all/{child.id}/")
    assert [name.rpartition(f"{child.id}/")[2] for name in names] == ["result/result.json"]


@pytest.mark.parametrize("of_export", [False, True])
def test_a_datastore_that_does_not_exist(kedro: Kedro, of_export: bool) -> None:
    if of_export:
        export(kedro, "{datastore: workspaceblobstor}")
        where = "jobs.export.outputs.export.path"
    else:
        register_result(kedro, f"path: '{_STORE}/workspaceblobstor/paths/x/{{date}}'")
        where = "jobs.second.outputs.result.path"
    said = kedro.refused("KAZ707", "run")
    assert "The workspace has no datastore 'workspaceblobstor'." in said
    assert "Did you mean 'workspaceblobstore'?" in said
    assert where in said
    assert kedro.service.jobs.created == 0


def test_a_job_that_is_run_again_exports_beside(kedro: Kedro) -> None:
    """The folder of the first run is not empty, which the service refuses."""
    export(kedro, "{path: 'all/{date}', register: '{job}'}")
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    first = kedro.job
    kedro("job", "rerun", first, "--wait-for-completion")
    paths = [kedro.json("job", "show", job)["export"]["path"] for job in (first, kedro.job)]
    assert paths[1].startswith(f"{paths[0].rstrip('/')}-again-20")
    container, storage = kedro.service.workspace.blob_container, kedro.service.storage
    for path in paths:
        prefix = path.partition("/paths/")[2]
        names = storage.names(container, prefix)
        assert [name.removeprefix(prefix) for name in names] == ["result/result.json"]
    assert list(kedro.service.workspace.assets["data"]["minimal"]) == ["1", "2"]
    step = kedro.service.jobs.runs[kedro.job].children["export"].definition
    assert step["environment_variables"] == {"KEDRO_AZUREML_EXPORT": paths[1]}


def test_a_failed_step_keeps_the_export_from_being_made(kedro: Kedro, tmp_path: Path) -> None:
    export(kedro, "{register: '{job}', datasets: [result]}")
    registry = kedro.project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace("return 1, 2", "raise ValueError('no')"))
    kedro.service.execution.mode = "real"
    assert kedro("run", "--wait-for-completion", check=False).returncode == 1
    assert "minimal" not in kedro.service.workspace.assets["data"]
    steps = {step["name"]: step["status"] for step in kedro.json("job", "show", kedro.job)["steps"]}
    assert steps["second"] == "Failed"
    assert steps["export"] in ("NotStarted", "Canceled")
