"""What becomes of the outputs of a job that the unmodified SDK submits to the test service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService

pytest_plugins = ("tests.kit.azureml.fixtures",)

_MODEL = (
    "mkdir -p model && printf 'flavors:\\n  python_function: {}\\n' > \"${{outputs.out}}/MLmodel\""
)
_WRITE = 'echo abc > "${{outputs.out}}/a.txt"'


def writing(
    output: dict[str, Any], command: str = _WRITE, kind: str = "uri_folder", **pipeline: Any
) -> dict[str, Any]:
    """A job of one step that writes one output."""
    made = step(command, outputs={"out": {"type": kind}})
    made["outputs"] = {"out": output or "${{parent.outputs.final}}"}
    return {"jobs": {"write": made}, "outputs": {"final": pipeline} if pipeline else {}}


def run_job(service: AzureService, sdk: Sdk, name: str = "the-job") -> str:
    """Submit job.yml and wait: the status, and why it failed."""
    sdk.run(SUBMIT.replace("the-job", name))
    status = sdk.run(WAIT.replace("the-job", name))
    run = service.jobs.runs[name]
    causes = [str(r.error) for r in (*run.children.values(), run) if r.error]
    return str(status) if not causes else f"{status}: {causes[0]}"


@pytest.mark.parametrize("of_pipeline", [False, True])
def test_named_output_becomes_a_data_asset(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path, of_pipeline: bool
) -> None:
    """Each run makes a new version, which the next job reads."""
    named = {"type": "uri_folder", "name": "made"}
    write_job(**writing({}, **named) if of_pipeline else writing(named))
    assert run_job(azure_service, sdk, "one") == "Completed"
    assert run_job(azure_service, sdk, "two") == "Completed"
    found = sdk.run(
        """
        made = ml.data.get("made", label="latest")
        result = [made.version, made.type, made.path, [d.name for d in ml.data.list()]]
        """
    )
    child = azure_service.jobs.runs["two"].children["write"]
    assert found[:2] == ["2", "uri_folder"]
    assert found[2].endswith(f"/datastores/workspaceblobstore/paths/azureml/{child.id}/out/")
    assert found[3] == ["made"]
    job, output = ("two", "final") if of_pipeline else (child.id, "out")
    target = submitter / f"fetched-{of_pipeline}"
    sdk.run(f'ml.jobs.download("{job}", download_path="{target}", output_name="{output}")')
    assert (target / "named-outputs" / output / "a.txt").read_text() == "abc\n"


def test_version_that_exists_fails_the_job(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job(**writing({"type": "uri_folder", "name": "made", "version": "5"}))
    assert run_job(azure_service, sdk, "one") == "Completed"
    assert "an asset made with the version 5 already exists" in run_job(azure_service, sdk, "two")
    write_job(**writing({}, type="uri_folder", name="made", version="5"))
    status = run_job(azure_service, sdk, "three")
    assert status.startswith("Failed: ")
    assert "already exists" in status
    assert list(azure_service.workspace.assets["data"]["made"]) == ["5"]


def test_failed_job_registers_nothing(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job(**writing({"type": "uri_folder", "name": "made"}, f"{_WRITE}; exit 3"))
    assert run_job(azure_service, sdk).startswith("Failed")
    assert "made" not in azure_service.workspace.assets["data"]


@pytest.mark.parametrize("of_pipeline", [False, True])
@pytest.mark.parametrize("kind", ["mlflow_model", "custom_model"])
def test_models(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    kind: str,
    of_pipeline: bool,
) -> None:
    named = {"type": kind, "name": "the-model"}
    job = writing({}, _MODEL, kind, **named) if of_pipeline else writing(named, _MODEL, kind)
    write_job(**job)
    assert run_job(azure_service, sdk) == "Completed"
    found = sdk.run(
        """
        model = ml.models.get("the-model", label="latest")
        result = [model.version, model.type, sorted(model.flavors or {}), model.job_name]
        """
    )
    child = azure_service.jobs.runs["the-job"].children["write"]
    by = "the-job" if of_pipeline else child.id
    assert found == ["1", kind, ["python_function"] if kind == "mlflow_model" else [], by]
    # `jobs.download` of azure-ai-ml 1.35.2 breaks at a model: it cannot make this request's body.
    uris = sdk.run(
        f"""
        run = ml.jobs._runs_operations.get_run_data("{by}").run_metadata
        (output,) = run.outputs.values()
        operations = ml.jobs._model_dataplane_operations._operation
        scope = ml.subscription_id, ml.resource_group_name, ml.workspace_name
        answer = operations.batch_get_resolved_uris(*scope, body={{"values": [output.asset_id]}})
        result = [output.type, *(answer.as_dict()["values"][output.asset_id].values())]
        """
    )
    assert uris[0] == {"mlflow_model": "MLFlowModel", "custom_model": "CustomModel"}[kind]
    assert any(uri.endswith(f"/paths/azureml/{child.id}/out/") for uri in uris)


def test_mlflow_model_without_its_file(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job(**writing({"type": "mlflow_model", "name": "m"}, _WRITE, "mlflow_model"))
    assert "there is no file MLmodel" in run_job(azure_service, sdk)


def test_model_made_from_a_job(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    """As the SDK's users do it, with the address of an output."""
    write_job(**writing({}, _MODEL, type="uri_folder"))
    assert run_job(azure_service, sdk) == "Completed"
    found = sdk.run(
        """
        from azure.ai.ml.entities import Model
        path = "azureml://jobs/the-job/outputs/final"
        model = Model(name="m", path=path, type="mlflow_model")
        result = ml.models.create_or_update(model).version
        """
    )
    assert found == "1"
    write_job(
        inputs={"model": {"type": "mlflow_model", "path": "azureml:m:1"}},
        outputs={},
        jobs={
            "read": {
                **step('ls "${{inputs.m}}"', inputs={"m": {"type": "mlflow_model"}}),
                "inputs": {"m": "${{parent.inputs.model}}"},
            }
        },
    )
    assert run_job(azure_service, sdk, "reader") == "Completed"


def test_expressions_in_a_path(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    path = "azureml://datastores/${{default_datastore}}/paths/x y/${{name}}/${{output_name}}/"
    write_job(**writing({"type": "uri_folder", "path": path}))
    assert run_job(azure_service, sdk) == "Completed"
    child = azure_service.jobs.runs["the-job"].children["write"]
    container = azure_service.workspace.blob_container
    assert azure_service.storage.names(container, "x y/") == [f"x y/{child.id}/out/a.txt"]


def test_fixed_path(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    """A folder must be empty; a file is overwritten."""
    azure_service.workspace.add_datastore("other", "other-container")
    folder = {"type": "uri_folder", "path": "azureml://datastores/other/paths/fixed/"}
    write_job(**writing({}, **folder))
    assert run_job(azure_service, sdk, "one") == "Completed"
    assert "is not empty" in run_job(azure_service, sdk, "two")
    file = {"type": "uri_file", "path": "azureml://datastores/other/paths/file.txt"}
    for number in ("1", "2"):
        command = f'echo {number} > "${{{{outputs.out}}}}"'
        write_job(**writing({}, command, "uri_file", **file))
        assert run_job(azure_service, sdk, f"file{number}") == "Completed"
    assert azure_service.storage.read("other-container", "file.txt") == b"2\n"


def test_path_that_cannot_be_written(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job(**writing({"type": "uri_folder", "path": "azureml://datastores/gone/paths/x/"}))
    assert "cannot be written: the datastore gone" in run_job(azure_service, sdk)
