"""``azure.compute`` and ``azure.environments``: what is accepted, refused and inherited."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kedro_azureml.config import AzureMLConfig, ComputeConfig, EnvironmentConfig

Settings = dict[str, Any]


def settings(alias: str, **compute: Settings) -> ComputeConfig:
    config = AzureMLConfig.model_validate({"azure": {"compute": compute}})
    found = config.azure.compute_settings(alias)
    assert found is not None
    return found


def test_what_an_alias_leaves_out_comes_from_the_default() -> None:
    default: Settings = {
        "cluster_name": "cpu",
        "shm_size": "4g",
        "timeout": 60,
        "identity": "managed",
        "priority": "low",
        "instance_count": 2,
        "environment_variables": {"A": "1", "B": "2"},
        "create": {"size": "Standard_D4s_v5"},
    }
    found = settings(
        "x", __default__=default, x={"timeout": 90, "environment_variables": {"B": "3", "C": "4"}}
    )
    assert found.target == "cpu"
    assert (found.shm_size, found.timeout, found.priority) == ("4g", 90, "low")
    assert found.identity is not None
    assert found.identity.type == "managed"
    assert found.environment_variables == {"A": "1", "B": "3", "C": "4"}
    assert found.create is not None


@pytest.mark.parametrize(
    "target", [{"serverless": True}, {"cluster_name": "gpu"}, {"instance_name": "mine"}]
)
def test_a_target_is_taken_as_a_whole(target: Settings) -> None:
    default: Settings = {
        "cluster_name": "cpu",
        "instance_type": "small",
        "shm_size": "4g",
        "create": {"size": "Standard_D4s_v5"},
    }
    found = settings("x", __default__=default, x=target)
    assert found.target == target.get("cluster_name", target.get("instance_name"))
    assert (found.instance_type, found.create, found.shm_size) == (None, None, "4g")


def test_one_compute_is_created_in_one_way() -> None:
    small, large = ({"cluster_name": "c", "create": {"size": size}} for size in ("S", "L"))
    same = settings("b", a=small, b=small)
    assert same.create is not None
    with pytest.raises(ValidationError, match="'a' and 'b' create 'c' in two ways"):
        settings("a", a=small, b=large)


def test_null_is_written_and_so_not_inherited() -> None:
    default: Settings = {"cluster_name": "cpu", "timeout": 60, "identity": "user"}
    found = settings("x", __default__=default, x={"timeout": None, "identity": None})
    assert (found.timeout, found.identity, found.target) == (None, None, "cpu")
    found = settings("x", __default__=default, x={"cluster_name": None})
    assert found.target == "cpu"


def test_nothing_named_is_serverless() -> None:
    for compute in ({}, {"instance_type": "Standard_NC4as_T4_v3"}, {"cluster_name": "serverless"}):
        assert settings("x", x=compute).is_serverless


@given(st.dictionaries(st.sampled_from(["shm_size", "timeout", "priority"]), st.none()))
def test_over_itself_is_itself(stated: Settings) -> None:
    config = ComputeConfig.model_validate({"cluster_name": "c", "instance_count": 3, **stated})
    assert config.over(config) == config


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        ({"cluster_name": "a", "serverless": True}, "name two computes"),
        ({"cluster_name": "a", "instance_name": "b"}, "name two computes"),
        ({"instance_name": "a", "instance_type": "b"}, "takes no 'instance_type'"),
        ({"instance_name": "a", "instance_count": 2}, "takes no 'instance_count'"),
        ({"serverless": True, "create": {"size": "s"}}, "needs the name"),
        ({"create": {"size": "s"}}, "needs the name"),
        (
            {"instance_name": "a", "create": {"size": "s", "max_instances": 2}},
            "compute instance is not created with 'max_instances'",
        ),
        (
            {
                "cluster_name": "a",
                "create": {"size": "s", "idle_time_before_shutdown_minutes": 30},
            },
            "cluster is not created with 'idle_time_before_shutdown_minutes'",
        ),
        (
            {"cluster_name": "a", "create": {"size": "s", "min_instances": 3, "max_instances": 2}},
            "min_instances is 3 and max_instances is 2",
        ),
        (
            {"cluster_name": "a", "create": {"size": "s", "ssh_settings": {"admin_username": "u"}}},
            "lack the user or the public key",
        ),
        (
            {"cluster_name": "a", "create": {"size": "s", "ssh_settings": {"admin_password": "u"}}},
            "admin_password",
        ),
        (
            {"cluster_name": "a", "create": {"size": "s", "identity": {"type": "user_assigned"}}},
            "belong together",
        ),
        ({"timeout": True}, "not a whole number"),
        ({"timeout": 0}, "greater than or equal to 1"),
        ({"instance_count": 1.5}, "not a whole number"),
        ({"shm_size": "8 GB"}, "not a size"),
        ({"priority": "urgent"}, "'low', 'medium' or 'high'"),
        ({"identity": "me"}, "'managed', 'user' or 'default'"),
        ({"identity": {"type": "user", "client_id": "x"}}, "belongs to 'type: managed'"),
        ({"environment_variables": {"a b": "x"}}, "cannot be the name of an environment variable"),
        ({"environment_variables": {"A": True}}, "valid string"),
    ],
)
def test_what_is_refused(compute: Settings, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ComputeConfig.model_validate(compute)


@pytest.mark.parametrize(
    ("written", "document"),
    [
        ("managed", {"type": "managed"}),
        ("user", {"type": "user_identity"}),
        ("default", None),
        ({"type": "managed", "client_id": "x"}, {"type": "managed", "client_id": "x"}),
    ],
)
def test_identities(written: Any, document: Any) -> None:
    identity = ComputeConfig.model_validate({"identity": written}).identity
    assert identity is not None
    assert identity.document() == document


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "Nothing says what the environment is"),
        ({"name": "a", "image": "b"}, "'name' and 'image' say two things"),
        ({"conda_file": "a", "requirements": "b"}, "say two things"),
        ({"build": {"path": "a"}, "image": "b"}, "'build' and 'image' say two things"),
        ({"image": "a", "python_version": "3.11"}, "belongs to 'requirements'"),
        ({"requirements": "a", "python_version": "3"}, "not a version of Python"),
        ({"requirements": "a", "python_version": 3.1}, "valid string"),
        ({"name": "a b"}, "not an environment"),
        ({"build": {}}, "path"),
    ],
)
def test_environments_that_are_refused(environment: Settings, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EnvironmentConfig.model_validate(environment)


def test_one_key_names_the_default_environment() -> None:
    environments = {"__default__": {"name": "e"}}
    for data in (
        {"azure": {"environments": environments, "environment_name": "f"}},
        {"azure": {"environments": environments}, "docker": {"image": "f"}},
    ):
        with pytest.raises(ValidationError, match="both name the environment"):
            AzureMLConfig.model_validate(data)
