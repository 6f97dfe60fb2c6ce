"""Reading azureml.yml: what is accepted, where values come from, and what is said of mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from kedro.config import AbstractConfigLoader, OmegaConfigLoader
from omegaconf import OmegaConf
from pydantic import ValidationError

from kedro_azureml.config import AzureMLConfig, load_config
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.secrets.resolver import register
from tests.kit.bombs import BOMBS

# Kedro's own call, which OmegaConf 2.4 renames.
pytestmark = pytest.mark.filterwarnings(r"ignore:register_new_resolver\(\):UserWarning")

GUID = "11111111-2222-3333-4444-555555555555"

# What kedro-azureml 1.0's `init` left in a project, for the image flow.
WRITTEN_BY_1_0 = f"""\
azure:
  subscription_id: "{GUID}"
  experiment_name: "space-flights"
  resource_group: "rg"
  workspace_name: "ws"
  environment_name: ~
  code_directory: ~
  working_directory: /home/kedro_docker
  pipeline_data_passing:
    enabled: False # disabled by default
  temporary_storage:
    account_name: ~
    container: ~
  compute:
    __default__:
      cluster_name: "cpu"
    chunky:
      cluster_name: "cpu-8"
docker:
  image: registry.example/kedro:latest
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for env in ("base", "local"):
        (tmp_path / "conf" / env).mkdir(parents=True)
    return tmp_path


def write(project: Path, text: str, file: str = "base/azureml.yml") -> None:
    path = project / "conf" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")


def loader_of(project: Path, env: str | None = None, **arguments: Any) -> OmegaConfigLoader:
    defaults = {"base_env": "base", "default_run_env": "local"}
    return OmegaConfigLoader(str(project / "conf"), env=env, **{**defaults, **arguments})


def load(project: Path, env: str | None = None, **arguments: Any) -> AzureMLConfig:
    config = load_config(project, loader_of(project, env, **arguments), env)
    assert config is not None
    return config


def problems(project: Path, env: str | None = None, **arguments: Any) -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        load(project, env, **arguments)
    return [str(d) for d in caught.value.diagnostics]


# What is accepted


def test_no_file_is_no_configuration(project: Path) -> None:
    assert load_config(project, loader_of(project), None) is None


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "azure:\ndocker:\n", "azure: {}\n"])
def test_an_empty_file_is_the_default_configuration(project: Path, text: str) -> None:
    write(project, text)
    assert load(project).model_dump() == AzureMLConfig.default().model_dump()


def test_the_default_uploads_the_project_and_knows_no_compute() -> None:
    azure = AzureMLConfig.default().azure
    assert (azure.code_directory, azure.local_inputs, azure.grouping.by) == (".", "upload", "none")
    assert azure.compute == {}


def test_a_file_written_by_1_0_is_accepted(project: Path) -> None:
    write(project, WRITTEN_BY_1_0)
    config = load(project)
    assert config.azure.subscription_id == GUID
    assert config.azure.compute["chunky"].cluster_name == "cpu-8"
    assert config.azure.code_directory is None
    assert config.azure.working_directory == "/home/kedro_docker"
    assert config.azure.temporary_storage is None
    assert config.docker.image == "registry.example/kedro:latest"


@pytest.mark.parametrize(
    ("azure", "docker", "expected"),
    [
        ("experiment_name: e", "image: ~", "."),
        ("code_directory: src", "image: ~", "src"),
        ("code_directory: ~", "image: ~", None),
        # 1.0 uploaded no code unless it was told a folder.
        ("experiment_name: e", "image: reg/name:1", None),
        ("working_directory: /home/kedro", "image: ~", None),
        ("code_directory: .", "image: reg/name:1", "."),
    ],
)
def test_code_directory_left_out(
    project: Path, azure: str, docker: str, expected: str | None
) -> None:
    write(project, f"azure: {{{azure}}}\ndocker: {{{docker}}}\n")
    assert load(project).azure.code_directory == expected


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("my-env", "my-env@latest"),
        ("my-env@latest", "my-env@latest"),
        ("my-env:3", "my-env:3"),
        ("azureml:my-env:3", "my-env:3"),
        ("my_env:2024.1", "my_env:2024.1"),
        (
            "azureml://registries/reg/environments/e/versions/2",
            "azureml://registries/reg/environments/e/versions/2",
        ),
    ],
)
def test_forms_of_an_environment(project: Path, written: str, used: str) -> None:
    write(project, f'azure:\n  environment_name: "{written}"\n')
    assert load(project).azure.environment_name == used


@pytest.mark.parametrize("written", ["cpu", "azureml:cpu"])
def test_forms_of_a_compute(project: Path, written: str) -> None:
    write(project, f'azure: {{compute: {{__default__: {{cluster_name: "{written}"}}}}}}\n')
    assert load(project).azure.compute["__default__"].cluster_name == "cpu"


def test_every_key_of_the_model_is_accepted_as_null_or_default(project: Path) -> None:
    text = AzureMLConfig.default().model_dump_json()
    write(project, text, "base/azureml.json")
    assert load(project).model_dump() == AzureMLConfig.default().model_dump()
    nulls = dict.fromkeys(json.loads(text)["azure"]) | {
        "local_inputs": "code",
        "cloud": "AzureUSGovernment",
    }
    write(project, json.dumps({"azure": nulls}), "base/azureml.json")
    assert load(project).azure.local_inputs == "code"


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        AzureMLConfig.default().azure.experiment_name = "other"  # type: ignore[misc]


# Where values come from


def test_an_environment_replaces_a_section_as_kedro_does(project: Path) -> None:
    write(project, "azure: {experiment_name: base, workspace_name: ws}\n")
    write(project, "azure: {experiment_name: prod}\n", "prod/azureml.yml")
    azure = load(project, "prod").azure
    assert (azure.experiment_name, azure.workspace_name) == ("prod", None)
    assert load(project).azure.experiment_name == "base"
    # What base says counts no more, and no place in it is told.
    config = load(project, "prod")
    assert config.place("azure", "workspace_name") == "conf/prod/azureml.yml:1 azure.workspace_name"
    soft = load(project, "prod", merge_strategy={"azureml": "soft"})
    assert soft.place("azure", "workspace_name").startswith("conf/base/azureml.yml:1")


def test_a_merge_strategy_of_the_project_is_followed(project: Path) -> None:
    write(project, "azure: {experiment_name: base, workspace_name: ws}\n")
    write(project, "azure: {experiment_name: prod}\n", "prod/azureml.yml")
    azure = load(project, "prod", merge_strategy={"azureml": "soft"}).azure
    assert (azure.experiment_name, azure.workspace_name) == ("prod", "ws")


def test_a_file_in_the_environment_alone(project: Path) -> None:
    write(project, "azure: {experiment_name: prod}\n", "prod/azureml.yml")
    assert load(project, "prod").azure.experiment_name == "prod"
    assert load_config(project, loader_of(project), None) is None


def test_the_environment_may_differ_from_the_loaders(project: Path) -> None:
    write(project, "azure: {experiment_name: prod}\n", "prod/azureml.yml")
    loader = loader_of(project)
    config = load_config(project, loader, "prod")
    assert config is not None
    assert config.azure.experiment_name == "prod"
    assert loader.env is None


def test_globals_and_environment_variables(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_CLUSTER", "from-shell")
    write(project, "team: red\n", "base/globals.yml")
    write(
        project,
        """\
        _cluster: ${oc.env:MY_CLUSTER}
        azure:
          experiment_name: ${globals:team}
          compute:
            __default__:
              cluster_name: ${_cluster}
        """,
    )
    azure = load(project).azure
    assert azure.experiment_name == "red"
    assert azure.compute["__default__"].cluster_name == "from-shell"
    assert not OmegaConf.has_resolver("oc.env")


def test_a_resolver_of_the_project_is_used_and_kept(project: Path) -> None:
    write(project, "azure: {experiment_name: '${oc.env:ANY}'}\n")
    loader = loader_of(project, custom_resolvers={"oc.env": lambda name: f"own-{name}"})
    try:
        config = load_config(project, loader, None)
        assert config is not None
        assert config.azure.experiment_name == "own-ANY"
        assert OmegaConf.has_resolver("oc.env")
    finally:
        OmegaConf.clear_resolver("oc.env")


def test_files_by_the_patterns_of_1_0(project: Path) -> None:
    write(project, "azure: {experiment_name: e}\n", "base/azureml/team/main.yaml")
    write(project, "docker: {image: reg/i:1}\n", "base/team/azureml_docker.yml")
    write(project, "azure: {experiment_name: hidden}\n", "base/.old/azureml.yml")
    config = load(project)
    assert (config.azure.experiment_name, config.docker.image) == ("e", "reg/i:1")


def test_patterns_of_the_project_win(project: Path) -> None:
    write(project, "azure: {experiment_name: cloud}\n", "base/cloud.yml")
    config = load(project, config_patterns={"azureml": ["cloud*"]})
    assert config.azure.experiment_name == "cloud"
    write(project, "azure: {experiment_nam: cloud}\n", "base/cloud.yml")
    assert "conf/base/cloud.yml:1" in problems(project, config_patterns={"azureml": ["cloud*"]})[0]


def test_settings_that_a_hook_put_into_the_loader(project: Path) -> None:
    loader = loader_of(project)
    loader["azureml"] = {"azure": {"experiment_name": "hook"}}
    config = load_config(project, loader, None)
    assert config is not None
    assert config.azure.experiment_name == "hook"


class OwnLoader(AbstractConfigLoader):
    """A project's loader that knows only Kedro's files."""

    def __getitem__(self, key: str) -> Any:
        if key in {"catalog", "parameters"}:
            return {}
        raise KeyError(key)


def test_a_loader_of_the_projects_own_class(project: Path) -> None:
    loader = OwnLoader(str(project / "conf"))
    assert load_config(project, loader, None) is None
    write(project, "azure: {experiment_name: e}\n")
    config = load_config(project, loader, None)
    assert config is not None
    assert config.azure.experiment_name == "e"


def test_the_projects_loader_is_left_as_it_was(project: Path) -> None:
    write(project, "azure: {experiment_name: e}\n")
    write(project, "a: 1\n", "base/parameters.yml")
    loader = loader_of(project, runtime_params={"b": 2})
    before = dict(vars(loader), config_patterns=dict(loader.config_patterns))
    load_config(project, loader, None)
    assert dict(vars(loader), config_patterns=dict(loader.config_patterns)) == before
    assert "azureml" not in loader.config_patterns
    assert loader["parameters"] == {"a": 1, "b": 2}


def test_the_default_environment_may_be_missing(project: Path) -> None:
    (project / "conf/local").rmdir()
    write(project, "azure: {experiment_name: e}\n")
    assert load(project).azure.experiment_name == "e"


def test_an_environment_that_does_not_exist(project: Path) -> None:
    write(project, "azure: {experiment_name: e}\n")
    (project / "conf/production").mkdir()
    assert problems(project, "prodution") == [
        (
            "KAZ107 -e/--env or KEDRO_ENV: The conf environment 'prodution' does not exist: there "
            "is no folder 'conf/prodution'. Did you mean 'production'?"
        )
    ]


# What is said of mistakes


def test_malformed_yaml_names_file_and_line(project: Path) -> None:
    write(project, "azure:\n  compute:\n    a: [1\n  b: 2\n")
    (found,) = problems(project)
    assert found.startswith("KAZ102 conf/base/azureml.yml:4: The YAML is malformed:")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"azure:\n\texperiment_name: e\n", "azureml.yml:2: The YAML is malformed"),
        (b"azure: {}\n---\ndocker: {}\n", "azureml.yml:2: The YAML is malformed"),
        (b"azure: \xff\xfe\n", "azureml.yml: The file is not UTF-8 text"),
        (b"azure: \x00\n", "azureml.yml: The YAML is malformed"),
        (b"- azure\n", "azureml.yml:1: The file must hold keys with values"),
        (b"azure\n", "azureml.yml:1: The file must hold keys with values"),
        (b"azure: {}\nother: !foo bar\n", "azureml.yml:2: The YAML is malformed"),
        *((f"azure: {{}}\n{bomb}".encode(), "The YAML is malformed: it") for bomb in BOMBS),
        (b"azure: &a\n  x: *a\n", "azureml.yml:1: The YAML is malformed: a section holds itself"),
        (
            b"azure:\n  x: &a [1, {y: *a}]\n",
            "azureml.yml:2: The YAML is malformed: a section holds itself",
        ),
        (
            b"azure:\n  local_inputs: code\n  cloud: AzureCloud\n  local_inputs: upload\n",
            "azureml.yml:4: The key 'local_inputs' stands twice in one section, first on line 2",
        ),
    ],
)
def test_files_that_cannot_be_read(project: Path, content: bytes, expected: str) -> None:
    (project / "conf/base/azureml.yml").write_bytes(content)
    (found,) = problems(project)
    assert found.startswith("KAZ102 ")
    assert expected in found


def test_what_is_no_expression_is_named(project: Path) -> None:
    write(project, "azure:\n  cloud: AzureCloud\n  experiment_name: ${{x}}\n")
    (found,) = problems(project)
    assert found.startswith("KAZ104 conf/base/azureml.yml:3 azure.experiment_name: ")


def test_every_malformed_file_is_named(project: Path) -> None:
    write(project, "azure: [\n")
    write(project, "azure: {\n", "local/azureml.yml")
    found = problems(project)
    assert [line.split(":")[0] for line in found] == [
        "KAZ102 conf/local/azureml.yml",
        "KAZ102 conf/base/azureml.yml",
    ]


def test_one_key_in_two_files_of_one_environment(project: Path) -> None:
    write(project, "azure: {experiment_name: a}\n")
    write(project, "azure: {experiment_name: b}\n", "base/azureml_more.yml")
    (found,) = problems(project)
    assert found.startswith("KAZ104 Duplicate keys found in conf/base/azureml")
    assert str(project) not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "azure:\n  experiment_name: e\n  resorce_group: rg\n",
            (
                "KAZ103 conf/base/azureml.yml:3 azure.resorce_group: 'resorce_group' is not a key "
                "of 'azure'. Did you mean 'resource_group'?"
            ),
        ),
        (
            "azur: {}\n",
            (
                "KAZ103 conf/base/azureml.yml:1 azur: 'azur' is not a key of azureml.yml. Did you "
                "mean 'azure'?"
            ),
        ),
        (
            "azure:\n  compute:\n    chunky:\n      cluster: c\n      cluster_name: c\n",
            (
                "KAZ103 conf/base/azureml.yml:4 azure.compute.chunky.cluster: 'cluster' is not a "
                "key of 'azure.compute.chunky'. Did you mean 'cluster_name'?"
            ),
        ),
        (
            "workspace_name: ws\n",
            (
                "KAZ103 conf/base/azureml.yml:1 workspace_name: 'workspace_name' is not a key of "
                "azureml.yml. 'workspace_name' belongs under 'azure'."
            ),
        ),
        (
            "azure:\n  docker: {image: i}\n",
            (
                "KAZ103 conf/base/azureml.yml:2 azure.docker: 'docker' is not a key of 'azure'. "
                "'docker' belongs at the top."
            ),
        ),
    ],
)
def test_unknown_keys(project: Path, text: str, expected: str) -> None:
    write(project, text)
    assert problems(project) == [expected]


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("subscription_id: my-sub", "subscription_id", "'my-sub' is not a subscription id. Exp"),
        ("experiment_name: 'a b'", "experiment_name", "'a b' is not an experiment name. Expected"),
        ("experiment_name: 12", "experiment_name", "12 is not a value for 'experiment_name'. Exp"),
        ("resource_group: ''", "resource_group", "The value is empty. Write it, or null"),
        ("workspace_name: '  '", "workspace_name", "The value is empty. Write it, or null"),
        ("workspace_name: <name>", "workspace_name", "'<name>' is a placeholder. Put the real"),
        ("resource_group: '{rg}'", "resource_group", "'{rg}' is a placeholder. Put the real"),
        ("resource_group: ???", "resource_group", "'???' is a placeholder. Put the real"),
        (r'resource_group: "a\nb"', "resource_group", r"'a\nb' holds a line break or a control"),
        ("environment_name: a@3", "environment_name", "'a@3' is not an environment. Expected"),
        ("environment_name: 'a:'", "environment_name", "'a:' is not an environment. Expected"),
        ("local_inputs: mount", "local_inputs", "Expected 'upload' or 'code'."),
        ("cloud: Azure", "cloud", "Expected 'AzureCloud', 'AzureChinaCloud' or 'AzureUSG"),
        ("code_directory: ''", "code_directory", "The value is empty."),
        ("pipeline_data_passing: {enabled: maybe}", "pipeline_data_passing.enabled", "true or fa"),
        ("pipeline_data_passing: true", "pipeline_data_passing", "Expected a section: keys with"),
        ("compute: [cpu]", "compute", "['cpu'] is not a value for 'compute'. Expected a section"),
        ("compute: {a: cpu}", "compute.a", "'cpu' is not a value for 'a'. Expected a section"),
        (
            "compute: {a: {cluster_name: c, create: {}}}",
            "compute.a.create.size",
            "'size' is missing in 'azure.compute.a.create'",
        ),
        ("compute: {a: ~}", "compute.a", "None is not a value for 'a'. Expected a section"),
        ("compute: {12: {cluster_name: c}}", "compute.12", "Expected text. Put it in quotes."),
        (
            "compute: {__default__: {cluster_name: '{cluster_name}'}}",
            "compute.__default__.cluster_name",
            "'{cluster_name}' is a placeholder.",
        ),
        ("compute: {<tag>: {cluster_name: c}}", "compute.<tag>", "'<tag>' is a placeholder."),
        ("jobs: {a: {parameters: {x: .nan}}}", "jobs.a.parameters", "'x' cannot be passed on: Out"),
        ("jobs: {a: {parameters: {x: {1: b}}}}", "jobs.a.parameters", "no other keys than texts"),
        ("grouping: {depth: 0}", "grouping.depth", "0 is not a value for 'depth'."),
        ("grouping: {by: nodes}", "grouping.by", "'nodes' is not a value for 'by'. Expected"),
        ("temporary_storage: {account_name: acc}", "temporary_storage", "'container' is missing."),
        (
            "temporary_storage: {account_name: My_Acc, container: c-1}",
            "temporary_storage.account_name",
            "'My_Acc' is not a storage account name. Expected 3 to 24 lower-case letters",
        ),
        (
            "temporary_storage: {account_name: acc, container: C--1}",
            "temporary_storage.container",
            "'C--1' is not a container name. Expected 3 to 63 lower-case letters, digits and",
        ),
    ],
)
def test_bad_values(project: Path, text: str, place: str, expected: str) -> None:
    write(project, f"azure:\n  {text}\n")
    (found,) = problems(project)
    assert found.startswith(f"KAZ104 conf/base/azureml.yml:2 azure.{place}: ")
    assert expected in found


def test_a_bad_image(project: Path) -> None:
    write(project, "docker:\n  image: '{registry}/name:latest'\n")
    assert (
        "azureml.yml:2 docker.image: '{registry}/name:latest' is a placeholder"
        in (problems(project)[0])
    )


def test_all_problems_are_named_at_once_each_where_it_stands(project: Path) -> None:
    write(project, "azure:\n  experiment_name: a b\n  wrong: 1\ndocker:\n  image: a b\n")
    write(
        project,
        """\
        azure:
          # a comment
          compute:
            <<: &shared
              gpu: {cluster_name: ''}
          locl_inputs: code
        """,
        "local/azureml.yml",
    )
    assert [line.split(": ")[0] for line in problems(project)] == [
        "KAZ104 conf/local/azureml.yml:5 azure.compute.gpu.cluster_name",
        "KAZ103 conf/local/azureml.yml:6 azure.locl_inputs",
        "KAZ104 conf/base/azureml.yml:5 docker.image",
    ]


def test_values_that_cannot_be_resolved_are_named_with_all_else(project: Path) -> None:
    write(
        project,
        """\
        azure:
          experiment_name: ${oc.env:NOT_SET_ANYWHERE}
          resource_group: ${globals:missing}
          workspace_name: ok-${no_such_resolver:1}
          environment_name: a@3
          compute:
            __default__: {cluster_name: "${docker.image}"}
        docker: {image: "reg/i:1"}
        """,
    )
    found = problems(project)
    assert [line.split(": ")[0] for line in found] == [
        "KAZ104 conf/base/azureml.yml:2 azure.experiment_name",
        "KAZ104 conf/base/azureml.yml:3 azure.resource_group",
        "KAZ104 conf/base/azureml.yml:4 azure.workspace_name",
        "KAZ104 conf/base/azureml.yml:5 azure.environment_name",
    ]
    assert "Environment variable 'NOT_SET_ANYWHERE' not found" in found[0]
    assert "Globals key 'missing' not found" in found[1]
    assert not OmegaConf.has_resolver("oc.env")


def test_a_long_value_is_cut_in_the_message(project: Path) -> None:
    write(project, f"azure: {{experiment_name: '{'x y' * 500}'}}\n")
    (found,) = problems(project)
    assert len(found) < 400


def test_no_value_of_a_secret_gets_in(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "s3ntinel")
    register()
    variables = "{URL: 'https://${azureml.secret:API_KEY}@host'}"
    text = f"azure:\n  compute:\n    __default__:\n      environment_variables: {variables}\n"
    write(project, text)
    with pytest.raises(DiagnosticError) as refused:
        load(project)
    (finding,) = refused.value.diagnostics
    assert finding.code == "KAZ104"
    assert finding.where == (
        "conf/base/azureml.yml:4 azure.compute.__default__.environment_variables.URL"
    )
    assert "The secret 'API_KEY' would stand in the compiled document" in finding.message
    assert "azure.secrets.names" in finding.remedy
