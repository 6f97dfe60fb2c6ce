"""`kedro azureml init`: what it writes, what it asks, what it keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kedro_azureml.config import AzureMLConfig
from kedro_azureml.job.snapshot.ignore import IgnoreRules
from tests.kit.projects import PACKAGE, make_bare_project
from tests.kit.shell import environment, run_kedro
from tests.kit.terminal import run_kedro_on_terminal

GUID = "11111111-2222-3333-4444-555555555555"
QUICKSTART = ("rg", "ws", "exp", "cpu-cluster", "account", "container", "my-env@latest")
OPTIONS = (
    *("--resource-group", "rg", "--workspace-name", "ws", "--experiment-name", "exp"),
    *("--cluster-name", "cpu-cluster", "--storage-account-name", "account"),
    *("--storage-container", "container", "--environment-name", "my-env@latest"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_bare_project(tmp_path / "project")


def init(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_kedro(project, "azureml", "init", *arguments, check=False, variables=variables)


def initialised(project: Path, *arguments: str) -> AzureMLConfig:
    result = init(project, *arguments)
    assert result.returncode == 0, result.stderr
    return config_of(project)


def config_of(project: Path, file: str = "conf/base/azureml.yml") -> AzureMLConfig:
    text = (project / file).read_text(encoding="utf-8")
    return AzureMLConfig.model_validate(yaml.safe_load(text))


def refused(result: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    said = " ".join(result.stderr.split())
    for text in expected:
        assert text in said, result.stderr


def rules_of(project: Path) -> IgnoreRules:
    return IgnoreRules.parse((project / ".amlignore").read_text(encoding="utf-8").splitlines())


# The command line


def test_the_older_quickstarts_form_verbatim(project: Path) -> None:
    azure = initialised(project, *QUICKSTART).azure
    assert (azure.resource_group, azure.workspace_name) == ("rg", "ws")
    assert azure.experiment_name == "exp"
    assert azure.compute["__default__"].cluster_name == "cpu-cluster"
    assert azure.temporary_storage is not None
    assert azure.temporary_storage.account_name == "account"
    assert azure.temporary_storage.container == "container"
    assert azure.environment_name == "my-env@latest"
    assert azure.subscription_id is None


def test_every_value_as_an_option(project: Path, tmp_path: Path) -> None:
    initialised(project, *QUICKSTART)
    other = make_bare_project(tmp_path / "other")
    initialised(other, *OPTIONS)
    assert (other / "conf/base/azureml.yml").read_text() == (
        project / "conf/base/azureml.yml"
    ).read_text()


def test_the_form_of_1_0_with_the_subscription_first(project: Path) -> None:
    azure = initialised(
        project,
        *(GUID, "rg", "ws", "exp", "cpu", "--aml-env", "my-env@latest"),
        *("-a", "account", "-c", "container"),
    ).azure
    assert (azure.subscription_id, azure.resource_group) == (GUID, "rg")
    assert (azure.experiment_name, azure.environment_name) == ("exp", "my-env@latest")
    assert azure.compute["__default__"].cluster_name == "cpu"


def test_the_form_of_1_0_with_an_image(project: Path) -> None:
    config = initialised(
        project, GUID, "rg", "ws", "exp", "cpu", "-d", "reg/i:1", "--use-pipeline-data-passing"
    )
    assert config.docker.image == "reg/i:1"
    assert config.azure.code_directory is None
    assert config.azure.environment_name is None
    assert config.azure.temporary_storage is None


def test_seven_arguments_are_the_quickstarts_even_if_the_first_looks_like_an_id(
    project: Path,
) -> None:
    azure = initialised(project, GUID, *QUICKSTART[1:]).azure
    assert (azure.resource_group, azure.subscription_id) == (GUID, None)


def test_the_experiment_defaults_to_the_projects_name(tmp_path: Path) -> None:
    project = make_bare_project(tmp_path, name="Żółte loty (v2)")
    azure = initialised(
        project,
        *("--resource-group", "rg", "--workspace-name", "ws", "--cluster-name", "serverless"),
        *("--environment-name", "my-env", "--use-pipeline-data-passing", "-s", GUID),
    ).azure
    assert azure.experiment_name == "te-loty-v2"
    assert azure.environment_name == "my-env@latest"
    assert azure.subscription_id == GUID


def test_what_is_missing_is_one_error_without_a_terminal(project: Path) -> None:
    result = init(project, "rg")
    refused(
        result,
        "KAZ108 Missing: WORKSPACE_NAME (--workspace-name), CLUSTER_NAME (--cluster-name).",
    )
    assert result.stderr.count("error KAZ108") == 1
    assert not (project / "conf/base/azureml.yml").exists()
    assert not (project / ".amlignore").exists()


def test_neither_a_storage_nor_an_environment_is_needed(project: Path) -> None:
    (project / "requirements.txt").write_text("kedro-azureml\n")
    azure = initialised(project, "rg", "ws", "exp", "cpu").azure
    assert azure.environments["__default__"].requirements == "requirements.txt"
    assert azure.environment_name is None
    assert azure.temporary_storage is None
    assert azure.pipeline_data_passing is not None
    assert azure.pipeline_data_passing.enabled
    run_kedro(project, "azureml", "compile")
    document = yaml.safe_load((project / "pipeline.yml").read_text())
    (step,) = document["jobs"].values()
    packages = step["component"]["environment"]["conda_file"]["dependencies"]
    assert packages[-1] == {"pip": ["kedro-azureml"]}


def test_a_project_without_requirements_is_told_how_to_name_an_environment(project: Path) -> None:
    azure = initialised(project, "rg", "ws", "exp", "cpu").azure
    assert not azure.environments
    refused(
        run_kedro(project, "azureml", "compile", check=False),
        "KAZ106",
        "Write '__default__: {requirements: requirements.txt}' under azure.environments in",
    )


def test_half_a_storage(project: Path) -> None:
    result = init(project, "rg", "ws", "exp", "cpu", "-a", "account")
    refused(result, "KAZ108 Missing: STORAGE_CONTAINER (--storage-container).")


def test_an_empty_argument_is_a_missing_one(project: Path) -> None:
    refused(init(project, "", *QUICKSTART[1:]), "Missing: RESOURCE_GROUP (--resource-group).")


def test_a_value_given_twice(project: Path) -> None:
    refused(
        init(project, *QUICKSTART, "--cluster-name", "gpu"),
        "KAZ107 --cluster-name CLUSTER_NAME is given twice: 'cpu-cluster' as an argument and 'gpu' "
        "as an option.",
    )
    assert init(project, *QUICKSTART, "--cluster-name", "cpu-cluster").returncode == 0


def test_every_wrong_value_is_named_at_once(project: Path) -> None:
    result = init(
        project,
        *("rg", "{ws}", "my exp", "cpu", "My_Account", "c--", "env@3", "-s", "sub"),
        *("-d", "reg/image:1"),
    )
    refused(
        result,
        "KAZ107 --workspace-name '{ws}' is a placeholder.",
        "KAZ107 --experiment-name 'my exp' is not an experiment name.",
        "KAZ107 --storage-account-name 'My_Account' is not a storage account name.",
        "KAZ107 --storage-container 'c--' is not a container name.",
        "KAZ107 --environment-name 'env@3' is not an environment.",
        "KAZ107 --subscription-id 'sub' is not a subscription id.",
    )
    assert not (project / "conf/base/azureml.yml").exists()


def test_names_that_azure_could_not_have(project: Path) -> None:
    result = init(project, "r?", "w/s", "exp", "?")
    refused(
        result,
        "KAZ107 --resource-group 'r?' is not the name of a resource group.",
        "KAZ107 --workspace-name 'w/s' is not the name of a workspace.",
        "KAZ107 --cluster-name '?' is not the name of a compute.",
    )
    assert not (project / "conf/base/azureml.yml").exists()


def test_an_image_and_an_environment(project: Path) -> None:
    refused(init(project, *QUICKSTART, "-d", "reg/i:1"), "An image and an Azure ML environment")


def test_too_many_arguments(project: Path) -> None:
    refused(init(project, *QUICKSTART, "more"), "There are more than 7 arguments: 'more'.")


@pytest.mark.parametrize("before", [True, False])
def test_the_environment_to_write_to(project: Path, before: bool) -> None:
    env = ("-e", "prod")
    words = (*env, "init", *QUICKSTART) if before else ("init", *QUICKSTART, *env)
    result = run_kedro(project, "azureml", *words, check=False)
    assert result.returncode == 0, result.stderr
    assert config_of(project, "conf/prod/azureml.yml").azure.resource_group == "rg"
    assert not (project / "conf/base/azureml.yml").exists()
    assert "kedro azureml run --local -e prod" in result.stdout


def test_an_environment_that_is_no_folder_name(project: Path) -> None:
    refused(init(project, *QUICKSTART, "-e", "../../x"), "KAZ107 -e/--env '../../x' is not the na")


def test_it_ends_with_the_next_commands(project: Path) -> None:
    output = init(project, *QUICKSTART).stdout
    lines = output.splitlines()
    assert "Wrote conf/base/azureml.yml" in lines
    assert "Wrote .amlignore" in lines
    assert lines[-2].split()[:4] == ["kedro", "azureml", "run", "--local"]
    assert lines[-1].split()[:3] == ["kedro", "azureml", "compile"]


# On a terminal


def test_what_is_missing_is_asked_for_on_a_terminal(project: Path) -> None:
    code, screen = run_kedro_on_terminal(
        project,
        "azureml",
        "init",
        conversation=[
            ("Subscription id", "\n"),
            ("Resource group", "rg\n"),
            ("workspace", "\n"),
            ("workspace", "ws\n"),
            ("Experiment [Minimal-Project]", "\n"),
            ("Compute cluster", "cpu\n"),
            ("Storage account", "Bad\n"),
            ("'Bad' is not a storage account name", "account\n"),
            ("Storage container", "container\n"),
            ("Azure ML environment", "my-env\n"),
        ],
    )
    assert code == 0, screen
    azure = config_of(project).azure
    assert azure.subscription_id is None
    assert (azure.resource_group, azure.workspace_name) == ("rg", "ws")
    assert azure.experiment_name == "Minimal-Project"
    assert azure.temporary_storage is not None
    assert azure.temporary_storage.account_name == "account"
    assert azure.environment_name == "my-env@latest"


def test_no_storage_can_be_chosen_on_a_terminal(project: Path) -> None:
    code, screen = run_kedro_on_terminal(
        project,
        *("azureml", "init", "rg", "ws", "exp", "-s", GUID),
        conversation=[
            ("Compute cluster", "cpu\n"),
            ("Storage account", "\n"),
            ("Azure ML environment", "my-env\n"),
        ],
    )
    assert code == 0, screen
    azure = config_of(project).azure
    assert azure.temporary_storage is None
    assert azure.pipeline_data_passing is not None
    assert azure.pipeline_data_passing.enabled


def test_nothing_is_asked_when_all_is_given(project: Path) -> None:
    code, screen = run_kedro_on_terminal(project, "azureml", "init", *QUICKSTART)
    assert code == 0, screen
    assert config_of(project).azure.resource_group == "rg"


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
def test_leaving_at_a_question_changes_nothing(project: Path, key: str) -> None:
    before = sorted(project.rglob("*"))
    code, screen = run_kedro_on_terminal(
        project,
        "azureml",
        "init",
        conversation=[("Subscription id", "\n"), ("Resource group", key)],
    )
    assert code == 130, screen
    assert "Interrupted." in screen
    assert "Traceback" not in screen
    assert [p for p in sorted(project.rglob("*")) if "__pycache__" not in p.parts] == before


# What it writes


@pytest.mark.parametrize("name", ["on", "1e3", "null", "0x1F", "012", "1_000"])
def test_values_that_yaml_takes_for_something_else(project: Path, name: str) -> None:
    result = init(project, name, *QUICKSTART[1:])
    assert result.returncode == 0, result.stderr
    assert config_of(project).azure.resource_group == name.strip()


def test_the_configuration_is_runnable_as_generated(project: Path) -> None:
    initialised(project, *QUICKSTART)
    compiled = run_kedro(project, "azureml", "compile", "-o", "job.yml", check=False)
    assert compiled.returncode == 0, compiled.stderr
    document = yaml.safe_load((project / "job.yml").read_text())
    assert document["experiment_name"] == "exp"
    assert "{" not in str(document["settings"].get("default_compute", ""))


def test_conf_source_and_base_env_of_the_project_are_respected(project: Path) -> None:
    shutil.move(project / "conf", project / "settings")
    shutil.move(project / "settings/base", project / "settings/common")
    (project / "settings/common/azure-secrets.yml").write_text("key: {a: b}\n")
    (project / f"src/{PACKAGE}/settings.py").write_text(
        'CONF_SOURCE = "settings"\n'
        'CONFIG_LOADER_ARGS = {"base_env": "common", "default_run_env": "local",\n'
        '    "config_patterns": {"credentials": ["**/azure-secrets*"]}}\n'
    )
    result = init(project, *QUICKSTART)
    assert result.returncode == 0, result.stderr
    assert config_of(project, "settings/common/azureml.yml").azure.resource_group == "rg"
    rules = rules_of(project)
    assert rules.excludes("settings/local/credentials.yml")
    assert rules.excludes("settings/common/azure-secrets.yml")
    assert not rules.excludes("settings/common/parameters.yml")


# What it keeps


def test_init_refuses_to_overwrite_azureml_yml(project: Path) -> None:
    file = project / "conf/base/azureml.yml"
    file.write_text("azure: {experiment_name: mine}\n")
    refused(
        init(project, *QUICKSTART),
        "KAZ109 conf/base/azureml.yml exists. It was kept and nothing was written.",
        "--force",
    )
    assert file.read_text() == "azure: {experiment_name: mine}\n"
    assert not (project / ".amlignore").exists()
    assert init(project, *QUICKSTART, "--force").returncode == 0
    assert config_of(project).azure.experiment_name == "exp"


def test_the_same_command_again_changes_nothing(project: Path) -> None:
    initialised(project, *QUICKSTART)
    before = (project / "conf/base/azureml.yml").stat().st_mtime_ns
    result = init(project, *QUICKSTART)
    assert result.returncode == 0, result.stderr
    assert "Kept conf/base/azureml.yml" in result.stdout
    assert "Kept .amlignore" in result.stdout
    assert (project / "conf/base/azureml.yml").stat().st_mtime_ns == before


def test_without_values_it_adds_what_is_missing(project: Path) -> None:
    """A project of 1.0 gets its .amlignore without answering questions again."""
    file = project / "conf/base/azureml.yml"
    file.write_text("azure: {experiment_name: mine}\n")
    result = init(project)
    assert result.returncode == 0, result.stderr
    assert "Kept conf/base/azureml.yml" in result.stdout
    assert "Wrote .amlignore" in result.stdout
    assert file.read_text() == "azure: {experiment_name: mine}\n"


def test_another_file_with_the_settings_is_not_doubled(project: Path) -> None:
    other = project / "conf/base/azureml.yaml"
    other.write_text("azure: {experiment_name: mine}\n")
    refused(init(project, *QUICKSTART), "KAZ109 conf/base/azureml.yaml exists.")
    refused(init(project, *QUICKSTART, "--force"), "KAZ109 conf/base/azureml.yaml holds settings")
    assert not (project / "conf/base/azureml.yml").exists()


def test_an_amlignore_of_the_user_is_kept(project: Path) -> None:
    (project / ".amlignore").write_text("mine/\n.env*\n.git\nconf/**/credentials*\n")
    result = init(project, *QUICKSTART)
    assert result.returncode == 0, result.stderr
    assert "Kept .amlignore" in result.stdout
    assert "KAZ503" not in result.stderr
    assert (project / ".amlignore").read_text().startswith("mine/")
    init(project, *QUICKSTART, "--force")
    assert "mine/" not in (project / ".amlignore").read_text()


def test_the_empty_amlignore_of_1_0_is_warned_of(project: Path) -> None:
    (project / ".amlignore").write_text("")
    result = init(project, *QUICKSTART)
    assert result.returncode == 0, result.stderr
    assert "warning KAZ503  .amlignore" in result.stderr
    said = " ".join(result.stderr.split())
    assert ".env, .git/config, conf/local/credentials.yml be uploaded" in said


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs util-linux's setpriv")
def test_a_read_only_project(project: Path) -> None:
    for folder in (project, project / "conf/base"):
        folder.chmod(0o555)
    try:
        # Root writes anywhere, unless it lacks the capability to.
        as_user = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
        result = subprocess.run(
            [*as_user, sys.executable, "-m", "kedro", "azureml", "init", *QUICKSTART],
            cwd=project,
            env=environment(PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for folder in (project, project / "conf/base"):
            folder.chmod(0o755)
    refused(
        result,
        "KAZ110 conf/base/azureml.yml cannot be written: Permission denied. Make the folder "
        "writable",
    )
    assert sorted(p.name for p in (project / "conf/base").iterdir()) == [
        "catalog.yml",
        "parameters.yml",
    ]


def test_a_folder_in_the_way(project: Path) -> None:
    (project / "conf/base/azureml.yml").mkdir()
    refused(init(project, *QUICKSTART), "KAZ110 conf/base/azureml.yml cannot be written:")


# .amlignore

NOT_UPLOADED = [
    ".git/config",
    ".git",
    ".env",
    ".env.production",
    ".envrc",
    "src/minimal/.env",
    "conf/base/credentials.yml",
    "conf/local/credentials.json",
    "conf/local/globals.yml",
    "conf/local/parameters.yml",
    "conf/prod/credentials_azure.yaml",
    "conf/prod/team/credentials.yml",
    "conf/prod/credentials/storage.yml",
    ".venv/bin/python",
    "venv/lib/python3.11/site-packages/x/__init__.py",
    "src/minimal/__pycache__/nodes.cpython-311.pyc",
    ".mypy_cache/x.json",
    ".pytest_cache/v/x",
    "data/01_raw/companies.csv",
    "logs/info.log",
    "info.log",
    "notebooks/.ipynb_checkpoints/a-checkpoint.ipynb",
    ".kedro_azureml/runs/1/report.json",
    "pipeline.yml",
    "site/index.html",
    "docs/build/html/index.html",
    "keys/service.pem",
    "service.pfx",
    ".azure/accessTokens.json",
    "node_modules/x/index.js",
]
UPLOADED = [
    "pyproject.toml",
    "requirements.txt",
    ".telemetry",
    "src/minimal/data/reference.csv",
    "src/minimal/build/nodes.py",
    "src/minimal/credentials.py",
    "conf/base/catalog.yml",
    "conf/base/azureml.yml",
    "conf/env/parameters.yml",
    "conf/logging.yml",
    "notebooks/explore.ipynb",
]


def test_init_writes_a_real_amlignore(project: Path) -> None:
    init(project, *QUICKSTART)
    rules = rules_of(project)
    assert [path for path in NOT_UPLOADED if not rules.excludes(path)] == []
    assert [path for path in UPLOADED if rules.excludes(path)] == []


def test_virtual_environments_of_any_name(project: Path) -> None:
    (project / "my-tools").mkdir()
    (project / "my-tools/pyvenv.cfg").write_text("home = x\n")
    init(project, *QUICKSTART)
    assert rules_of(project).excludes("my-tools/bin/activate")


KEDROS_GITIGNORE = """\
# ignore all local configuration
conf/local/**
!conf/local/.gitkeep
.telemetry
conf/**/*credentials*
data/**
!data/**/
!.gitkeep
!data/01_raw/*
*.log
target/
secrets/
*.xlsx
[
\\
"""


def test_the_projects_gitignore_is_carried_over(project: Path) -> None:
    """Azure ML reads .amlignore or .gitignore, never both: writing one switches the other off."""
    (project / ".gitignore").write_text(KEDROS_GITIGNORE)
    (project / f"src/{PACKAGE}/target").mkdir()
    (project / f"src/{PACKAGE}/target/nodes.py").touch()
    result = init(project, *QUICKSTART)
    assert result.returncode == 0, result.stderr
    rules = rules_of(project)
    assert rules.excludes("secrets/token.txt")
    assert rules.excludes("notes.xlsx")
    # A negation does not bring back what must stay here.
    assert rules.excludes("data/01_raw/companies.csv")
    assert rules.excludes("conf/base/my_credentials.yml")
    # What a step needs is not left behind, and that is said.
    assert not rules.excludes(f"src/{PACKAGE}/target/nodes.py")
    assert not rules.excludes(".telemetry")
    said = result.stdout
    # Kedro's own meaning of conf/local: one person's, on one machine.
    assert rules.excludes("conf/local/globals.yml")
    assert "without 'conf/local/**'" not in said
    assert f"without 'target/' from .gitignore: a step needs src/{PACKAGE}/target/nodes.py" in said
    assert "without '\\' from .gitignore: Azure ML cannot read it" in said
