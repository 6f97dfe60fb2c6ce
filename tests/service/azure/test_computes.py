"""Computes: used as they are, created when the user says so, listed, shown and deleted."""

from __future__ import annotations

import os
import re
import signal
import time
import warnings
from textwrap import dedent, indent
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import yaml

from kedro_azureml.config.models.compute import ComputeConfig
from tests.kit.submission import Kedro
from tests.kit.terminal import run_kedro_on_terminal
from tests.kit.waiting import PATIENCE
from tests.service.azure.test_bad_input import start

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK's own, of its dependencies
    from kedro_azureml.azure.computes.changes import create_computes
    from kedro_azureml.azure.computes.spec import ComputeSpec
    from kedro_azureml.azure.progress import Silent

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

CREATE = "create: {size: Standard_D4s_v5, min_instances: 0, max_instances: 4}"


def configure(kedro: Kedro, compute: str, *, environments: str = "") -> None:
    workspace = kedro.service.workspace
    head = (
        f"azure:\n  resource_group: {workspace.group}\n  workspace_name: {workspace.name}\n"
        "  experiment_name: an-experiment\n"
    )
    head += environments or "  environment_name: test-env@latest\n"
    text = head + "  compute:\n" + indent(dedent(compute), "    ")
    (kedro.project / "conf/base/azureml.yml").write_text(text)


def tag_second(kedro: Kedro, tag: str) -> None:
    file = kedro.project / "src/minimal/pipeline_registry.py"
    file.write_text(file.read_text().replace('name="second"', f'name="second", tags=["{tag}"]'))


def sent(kedro: Kedro) -> dict[str, Any]:
    """The steps of the newest job as the service got them."""
    steps: dict[str, Any] = kedro.service.jobs.runs[kedro.job].definition["jobs"]
    return steps


def created(kedro: Kedro) -> dict[str, Any]:
    """The bodies of the requests that created computes."""
    return {
        s.path.rpartition("/")[2]: s.request.json()
        for s in kedro.service.requests
        if s.method == "PUT" and "/computes/" in s.path
    }


def test_every_setting_reaches_the_service(kedro: Kedro) -> None:
    kedro.service.workspace.add_compute("k8s", "Kubernetes")
    tag_second(kedro, "gpu")
    configure(
        kedro,
        """\
        __default__: {serverless: true, instance_type: Standard_D2, timeout: 120}
        gpu:
          cluster_name: k8s
          instance_type: large
          instance_count: 2
          shm_size: 8g
          docker_args: --ipc=host
          timeout: 3600
          priority: high
          identity: managed
          environment_variables: {LEVEL: debug}
        """,
    )
    kedro("run")
    definition = kedro.service.jobs.runs[kedro.job].definition
    first, second = sent(kedro)["first"], sent(kedro)["second"]
    assert definition["settings"]["default_compute"].endswith("serverless")
    assert first["resources"] == {"instance_type": "Standard_D2"}
    assert first["limits"]["timeout"] in (120, "PT2M")
    assert second["computeId"].endswith("/computes/k8s")
    resources = second["resources"]
    assert (resources["instance_type"], resources["instance_count"]) == ("large", 2)
    assert (resources["shm_size"], resources["docker_args"]) == ("8g", "--ipc=host")
    assert second["limits"]["timeout"] in (3600, "PT1H")
    assert second["queue_settings"]["priority"] in ("high", "High", 3)
    assert "managed" in str(second["identity"]).lower()
    assert second["environment_variables"] == {"LEVEL": "debug"}
    # Nothing is asked about serverless compute.
    assert not kedro.service.count("GET", "/computes/serverless")
    assert kedro.service.count("GET", "/computes/k8s") == 1


@pytest.mark.parametrize(
    ("identity", "expected"),
    [("user", "user_?identity"), ("{type: managed, client_id: the-id}", "the-id")],
)
def test_identities(kedro: Kedro, identity: str, expected: str) -> None:
    configure(kedro, f"__default__: {{cluster_name: cpu-cluster, identity: {identity}}}\n")
    kedro("run")
    assert re.search(expected, str(sent(kedro)["first"]["identity"]), re.I)


def test_a_running_instance(kedro: Kedro) -> None:
    kedro.service.workspace.add_compute("mine", "ComputeInstance")
    configure(kedro, "__default__: {instance_name: mine}\n")
    kedro("run")
    settings = kedro.service.jobs.runs[kedro.job].definition["settings"]
    assert settings["default_compute"].endswith("/computes/mine")


def test_a_missing_cluster_is_created_when_told(kedro: Kedro) -> None:
    kedro.service.computes.polls = 2
    configure(
        kedro,
        """\
        __default__:
          cluster_name: new-cluster
          create:
            size: Standard_D4s_v5
            min_instances: 0
            max_instances: 6
            tier: low_priority
            idle_time_before_scale_down: 300
            location: westeurope
            ssh_public_access_enabled: false
            ssh_settings: {admin_username: me, ssh_key_value: ssh-rsa AAAA}
            identity:
              type: user_assigned
              user_assigned_identities: [{resource_id: /subscriptions/s/resourceGroups/g/id}]
        """,
    )
    done = kedro("run", "--create-compute")
    assert "Does not exist yet: compute cluster 'new-cluster' (Standard_D4s_v5, 0 to 6" in (
        done.stderr
    )
    assert "Created 'new-cluster' in" in done.stderr
    assert f"Submitted {kedro.job}" in done.stdout
    body = created(kedro)["new-cluster"]
    assert body["location"] == "westeurope"
    assert body["tags"] == {"created_by": "kedro-azureml"}
    assert "/subscriptions/s/resourceGroups/g/id" in body["identity"]["userAssignedIdentities"]
    properties = body["properties"]["properties"]
    assert properties["vmSize"] == "Standard_D4s_v5"
    assert properties["vmPriority"] == "LowPriority"
    assert properties["scaleSettings"] == {
        "minNodeCount": 0,
        "maxNodeCount": 6,
        "nodeIdleTimeBeforeScaleDown": "PT5M",
    }
    assert properties["remoteLoginPortPublicAccess"] == "Disabled"
    assert properties["userAccountCredentials"]["adminUserName"] == "me"
    assert properties["userAccountCredentials"]["adminUserSshPublicKey"] == "ssh-rsa AAAA"

    # It exists now, and differs in nothing from what was asked for.
    done = kedro("run", "--create-compute")
    assert "KAZ721" not in done.stderr
    assert len([s for s in kedro.service.requests if s.method == "PUT" and "/computes/" in s.path])


def test_a_missing_instance_is_created_when_told(kedro: Kedro) -> None:
    configure(
        kedro,
        """\
        __default__:
          instance_name: new-instance
          create: {size: Standard_D4s_v5, idle_time_before_shutdown_minutes: 60}
        """,
    )
    kedro("run", "--create-compute")
    body = created(kedro)["new-instance"]
    assert body["properties"]["computeType"] == "ComputeInstance"
    assert body["properties"]["properties"]["idleTimeBeforeShutdown"] == "PT60M"
    assert "KAZ721" not in kedro("run").stderr


def test_nothing_is_created_unless_told(kedro: Kedro) -> None:
    configure(kedro, f"__default__: {{cluster_name: new-cluster, {CREATE}}}\n")
    said = kedro.refused("KAZ705", "run")
    assert "The workspace has no compute 'new-cluster'. No job was submitted." in said
    assert "Give --create-compute, or run 'kedro azureml compute create __default__'" in said
    done = kedro("run", "--dry-run", "--create-compute")
    assert "Does not exist yet: compute cluster 'new-cluster'" in done.stderr
    assert created(kedro) == {}
    assert kedro.service.jobs.created == 0


def test_on_a_terminal_it_is_asked_for(kedro: Kedro) -> None:
    configure(kedro, f"__default__: {{cluster_name: new-cluster, {CREATE}}}\n")
    code, screen = run_kedro_on_terminal(
        kedro.project,
        *("azureml", "run"),
        conversation=[("Create it?", "n\n")],
        **kedro.variables(),
    )
    assert code == 1, screen
    assert "error KAZ705" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    assert created(kedro) == {}
    code, screen = run_kedro_on_terminal(
        kedro.project,
        *("azureml", "run"),
        conversation=[("Create it?", "y\n")],
        **kedro.variables(),
    )
    assert code == 0, screen
    assert list(created(kedro)) == ["new-cluster"]
    assert kedro.service.jobs.created == 1


def test_a_compute_that_differs_is_used_as_it_is(kedro: Kedro) -> None:
    configure(
        kedro,
        """\
        __default__:
          cluster_name: cpu-cluster
          create:
            size: standard_ds3_v2
            min_instances: 1
            max_instances: 4
            tier: low_priority
            identity: {type: system_assigned}
            location: East US
        """,
    )
    done = kedro("run", "--create-compute")
    said = " ".join(done.stderr.split())
    assert said.count("warning KAZ721") == 3
    assert "exists with identity none, and azureml.yml says system_assigned" in said
    assert "exists with min_instances 0, and azureml.yml says 1. It is used as it is." in said
    assert "exists with tier dedicated, and azureml.yml says low_priority" in said
    assert created(kedro) == {}
    assert kedro.service.jobs.created == 1


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (f"{{cluster_name: mine, {CREATE}}}", "is a compute instance, and azure.compute.__default"),
        ("{instance_name: cpu-cluster}", "is a compute cluster, and azure.compute.__default__"),
        ("{instance_name: stopped}", "is a compute instance that is not running (its state is St"),
        ("{cluster_name: broken}", "cannot be used: its provisioning state is Failed"),
        ("{instance_name: nowhere}", "The workspace has no compute 'nowhere'"),
    ],
)
def test_computes_that_cannot_be_used(kedro: Kedro, compute: str, message: str) -> None:
    workspace = kedro.service.workspace
    workspace.add_compute("mine", "ComputeInstance")
    workspace.add_compute("stopped", "ComputeInstance", state="Stopped")
    workspace.add_compute("broken", provisioning="Failed")
    configure(kedro, f"__default__: {compute}\n")
    assert message in kedro.refused("KAZ705", "run", "--create-compute")
    assert not [s for s in kedro.service.requests if s.method == "PUT"]


def test_a_compute_that_cannot_be_provisioned(kedro: Kedro) -> None:
    kedro.service.computes.failing["new-cluster"] = "Not enough cores in this region."
    configure(
        kedro,
        f"__default__: {{cluster_name: new-cluster, {CREATE}}}\n",
        environments="  environments: {__default__: {name: test-env}}\n",
    )
    said = kedro.refused("KAZ722", "environment", "build", "__default__", "--create-compute")
    assert "Not enough cores in this region." in said
    assert "No job was submitted." in said
    assert kedro.service.jobs.created == 0
    said = kedro.refused("KAZ705", "run", "--create-compute")
    assert "its provisioning state is Failed" in said
    assert "compute delete __default__" in said


def test_no_permission_to_create(kedro: Kedro) -> None:
    kedro.service.inject("forbidden", method="PUT", path="/computes/")
    configure(kedro, f"__default__: {{cluster_name: new-cluster, {CREATE}}}\n")
    said = kedro.refused("KAZ703", "run", "--create-compute")
    assert "'AzureML Compute Operator'" in said


def test_control_c_while_a_compute_is_created(kedro: Kedro) -> None:
    kedro.service.computes.polls = 1_000
    configure(kedro, f"__default__: {{cluster_name: new-cluster, {CREATE}}}\n")
    process = start(kedro, "run", "--create-compute")
    while not kedro.service.count("GET", "computeOperationsStatus"):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Azure ML goes on creating 'new-cluster'." in errors
    assert "No job was submitted." in errors
    assert "Traceback" not in errors


def test_control_c_before_the_service_has_answered() -> None:
    """What was asked for by then may be made all the same."""

    class Computes:
        def begin_create_or_update(self, compute: Any) -> Any:
            if compute.name == "second":
                raise KeyboardInterrupt
            return SimpleNamespace(done=lambda: False)

    class Lines(Silent):
        lines: ClassVar[list[str]] = []

        def say(self, line: str) -> None:
            self.lines.append(line)

    settings = ComputeConfig.model_validate(yaml.safe_load(f"{{cluster_name: x, {CREATE}}}"))
    wanted = [ComputeSpec(name, name, settings) for name in ("first", "second", "third")]
    connection: Any = SimpleNamespace(ml=SimpleNamespace(compute=Computes()))
    with pytest.raises(KeyboardInterrupt):
        create_computes(connection, wanted, Lines())
    assert Lines.lines == ["Azure ML goes on creating 'first', 'second'."]


def test_a_name_that_the_service_refuses(kedro: Kedro) -> None:
    configure(kedro, f"__default__: {{cluster_name: new_cluster!, {CREATE}}}\n")
    said = kedro.refused("KAZ104", "run", "--create-compute")
    assert "'new_cluster!' is not the name of a compute" in said


def test_steps_that_do_not_fit_their_cluster(kedro: Kedro) -> None:
    tag_second(kedro, "big")
    configure(
        kedro,
        """\
        __default__: {cluster_name: cpu-cluster, instance_type: Standard_NC6}
        big: {cluster_name: cpu-cluster, instance_count: 9}
        """,
    )
    said = " ".join(kedro("run").stderr.split())
    assert "are STANDARD_DS3_V2; instance_type Standard_NC6 is for Kubernetes" in said
    assert "takes 9 machines, and the compute cluster 'cpu-cluster' has at most 4" in said


COMPUTES = f"""\
__default__: {{cluster_name: cpu-cluster, {CREATE}}}
gpu: {{cluster_name: gpu-cluster, {CREATE}}}
far: {{serverless: true, instance_type: Standard_D2}}
lost: {{cluster_name: lost-cluster}}
"""


def test_list_and_show(kedro: Kedro) -> None:
    kedro.service.workspace.add_compute("another", "ComputeInstance", state="Stopped")
    configure(kedro, COMPUTES)
    lines = kedro("compute", "list").stdout
    assert re.search(
        r"^__default__ +cpu-cluster +compute cluster of STANDARD_DS3_V2, 0 to 4", lines, re.M
    )
    assert re.search(r"^gpu +gpu-cluster +missing: .*compute create gpu", lines, re.M)
    assert re.search(r"^lost +lost-cluster +missing$", lines, re.M)
    assert re.search(r"^far +serverless", lines, re.M)
    assert re.search(r"another +compute instance of STANDARD_DS3_V2, Stopped", lines)
    data = {item["alias"]: item for item in kedro.json("compute", "list")}
    assert data["__default__"]["exists"] is True
    assert data["gpu"]["exists"] is False
    assert data[None]["name"] == "another"

    shown = kedro("compute", "show", "__default__").stdout
    assert "cpu-cluster: compute cluster of STANDARD_DS3_V2, 0 to 4 machines" in shown
    assert "\n  create.max_instances: 4\n" in shown
    assert "missing" in kedro("compute", "show", "lost").stdout
    assert "serverless" in kedro("compute", "show", "far").stdout
    assert "Did you mean 'gpu'?" in kedro.refused("KAZ107", "compute", "show", "gpuu")
    assert kedro.json("compute", "show", "far")["instance_type"] == "Standard_D2"


def test_create(kedro: Kedro) -> None:
    configure(kedro, COMPUTES)
    assert "Created 'gpu-cluster'" in kedro("compute", "create", "gpu").stderr
    assert list(created(kedro)) == ["gpu-cluster"]
    again = kedro("compute", "create", "gpu")
    assert "'gpu-cluster' exists already" in again.stdout
    assert len(kedro.service.workspace.computes) == 2
    said = kedro.refused("KAZ705", "compute", "create", "lost")
    assert "azureml.yml does not say what 'lost-cluster' is to be created as" in said
    assert "has no compute of its own" in kedro.refused("KAZ107", "compute", "create", "far")


def test_delete(kedro: Kedro) -> None:
    kedro.service.workspace.add_compute("k8s", "Kubernetes")
    configure(kedro, COMPUTES + "pods: {cluster_name: k8s}\n")
    said = kedro.refused("KAZ108", "compute", "delete", "__default__")
    assert "--yes" in said
    assert kedro.service.computes.deleted == []
    assert "Deleted 'cpu-cluster'" in kedro("compute", "delete", "__default__", "--yes").stdout
    assert "Detached 'k8s'" in kedro("compute", "delete", "pods", "-y").stdout
    assert kedro.service.computes.deleted == [("cpu-cluster", "Delete"), ("k8s", "Detach")]
    assert "cpu-cluster" not in kedro.service.workspace.computes
    said = kedro.refused("KAZ705", "compute", "delete", "__default__", "-y")
    assert "The workspace has no compute 'cpu-cluster'" in said


def test_delete_asks_on_a_terminal(kedro: Kedro) -> None:
    configure(kedro, COMPUTES)
    code, screen = run_kedro_on_terminal(
        kedro.project,
        *("azureml", "compute", "delete", "__default__"),
        conversation=[("Delete compute cluster of STANDARD_DS3_V2", "n\n")],
        **kedro.variables(),
    )
    assert code == 1, screen
    assert kedro.service.computes.deleted == []
