"""Pipeline components, batch endpoints and copies of jobs, through the unmodified SDK."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService

pytest_plugins = ("tests.kit.azureml.fixtures",)

_DEPLOY = """
from azure.ai.ml import load_component, Input
from azure.ai.ml.entities import BatchEndpoint, PipelineComponentBatchDeployment
def deploy(version, default=True):
    component = load_component(folder + "/component.yml", params_override=[{"version": version}])
    made = ml.components.create_or_update(component)
    deployment = PipelineComponentBatchDeployment(
        name="v" + version, endpoint_name="kedro-ep", component=made.id,
        settings={"default_compute": "cpu-cluster", "continue_on_step_failure": False})
    ml.batch_deployments.begin_create_or_update(deployment).result()
    if default:
        endpoint = ml.batch_endpoints.get("kedro-ep")
        endpoint.defaults = {"deployment_name": "v" + version}
        ml.batch_endpoints.begin_create_or_update(endpoint).result()
def endpoint():
    ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="kedro-ep")).result()
"""


def component(submitter: Path) -> None:
    """A pipeline component that repeats the text of a file."""
    repeat = step(
        'for i in $(seq ${{inputs.n}}); do cat "${{inputs.raw}}"; done > "${{outputs.out}}/r.txt"',
        inputs={"raw": {"type": "uri_file"}, "n": {"type": "integer"}},
        outputs={"out": {"type": "uri_folder"}},
    )
    repeat["inputs"] = {"raw": "${{parent.inputs.raw}}", "n": "${{parent.inputs.n}}"}
    repeat["outputs"] = {"out": "${{parent.outputs.final}}"}
    document = {
        "type": "pipeline",
        "name": "kedro_default",
        "version": "1",
        "inputs": {
            "raw": {"type": "uri_file"},
            "n": {"type": "integer", "default": 2, "min": 1, "max": 5},
        },
        "outputs": {"final": {"type": "uri_folder"}},
        "jobs": {"repeat": repeat},
    }
    (submitter / "component.yml").write_text(yaml.safe_dump(document))


def result_of(service: AzureService, name: str) -> str:
    run = service.jobs.runs[name]
    assert run.over.wait(60)
    assert run.status == "Completed", run.error
    child = run.children["repeat"]
    container = service.workspace.blob_container
    return service.storage.read(container, f"azureml/{child.id}/out/r.txt").decode()


@pytest.fixture
def deployed(azure_service: AzureService, sdk: Sdk, submitter: Path) -> str:
    component(submitter)
    azure_service.workspace.add_data("text", submitter / "raw.txt")
    sdk.run(_DEPLOY + 'endpoint(); deploy("1")')
    text = azure_service.workspace.assets["data"]["text"]["1"]["dataUri"]
    return f'raw=Input(type="uri_file", path="{text}")'


def test_invocation(azure_service: AzureService, sdk: Sdk, deployed: str) -> None:
    code = f"""
from azure.ai.ml import Input
def invoke(**inputs):
    return ml.batch_endpoints.invoke("kedro-ep", inputs=dict({deployed}, **inputs)).name
result = [invoke(), invoke(n=Input(type="integer", default=3))]
"""
    default, three = sdk.run(code)
    assert result_of(azure_service, default) == "abcabc"
    assert result_of(azure_service, three) == "abcabcabc"
    assert sdk.run(f'result = ml.jobs.get("{three}").status') == "Completed"
    with pytest.raises(SdkError, match="at most 5"):
        sdk.run(code + 'invoke(n=Input(type="integer", default=6))')
    with pytest.raises(SdkError, match="no input other"):
        sdk.run(code + 'invoke(other=Input(type="integer", default=6))')


def test_deployments(azure_service: AzureService, sdk: Sdk, deployed: str) -> None:
    sdk.run(_DEPLOY + 'deploy("2", default=False)')
    shown = sdk.run(
        """
        result = [
            [e.name for e in ml.batch_endpoints.list()],
            ml.batch_endpoints.get("kedro-ep").defaults.deployment_name,
            [d.name for d in ml.batch_deployments.list("kedro-ep")],
            [c.version for c in ml.components.list("kedro_default")],
        ]
        """
    )
    assert shown == [["kedro-ep"], "v1", ["v1", "v2"], ["2", "1"]]
    with pytest.raises(SdkError, match="default of its endpoint"):
        sdk.run('ml.batch_deployments.begin_delete("v1", "kedro-ep").result()')
    sdk.run('ml.batch_deployments.begin_delete("v2", "kedro-ep").result()')
    sdk.run('ml.batch_endpoints.begin_delete("kedro-ep").result()')
    assert sdk.run("result = [e.name for e in ml.batch_endpoints.list()]") == []


def test_name_that_is_taken(azure_service: AzureService, sdk: Sdk) -> None:
    azure_service.endpoints.taken.add("kedro-ep")
    with pytest.raises(SdkError, match="already taken in the region"):
        sdk.run(_DEPLOY + "endpoint()")


def test_copy_of_a_job(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    """Three requests: the same components, nothing uploaded."""
    say = step('test "${{inputs.n}}" = 11', inputs={"n": {"type": "integer"}})
    say["inputs"] = {"n": "${{parent.inputs.n}}"}
    write_job(inputs={"n": 3}, outputs={}, jobs={"say": say})
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Failed"
    azure_service.gateway.seen.clear()
    sdk.run(
        """
        job = ml.jobs.get("the-job")
        job.name, job.display_name, job.inputs.n = "copy", "copy", 11
        ml.jobs.create_or_update(job, skip_validation=True)
        """
    )
    requests = azure_service.control_requests
    assert [s.method for s in requests if "/jobs/" in s.path] == ["GET", "GET", "PUT"]
    assert {s.method for s in requests if "/jobs/" not in s.path} <= {"GET"}
    assert sdk.run(WAIT.replace("the-job", "copy")) == "Completed"


def test_empty_text_vanishes(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    say = step("true", inputs={"text": {"type": "string"}})
    say["inputs"] = {"text": "${{parent.inputs.text}}"}
    write_job(inputs={"text": "", "flag": True, "x": 1e-7}, outputs={}, jobs={"say": say})
    azure_service.execution.mode = "held"
    sdk.run(SUBMIT)
    inputs = azure_service.jobs.runs["the-job"].definition["inputs"]
    assert {name: value["value"] for name, value in inputs.items()} == {
        "flag": "True",
        "x": "1e-07",
    }
