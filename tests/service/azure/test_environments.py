"""Environments: what of each form reaches the service, what is resolved, and building one."""

from __future__ import annotations

from typing import Any

import yaml

from tests.kit.submission import Kedro
from tests.service.azure.test_computes import configure

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

COMPUTE = "__default__: {cluster_name: cpu-cluster}\n"


def tag(kedro: Kedro, **tags: str) -> None:
    file = kedro.project / "src/minimal/pipeline_registry.py"
    text = file.read_text()
    for name, value in tags.items():
        text = text.replace(f'name="{name}"', f'name="{name}", tags=["{value}"]')
    file.write_text(text)


def write(kedro: Kedro, **files: str) -> None:
    folder = kedro.project / "envs"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yml", ".yml").replace("_txt", ".txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def environments(kedro: Kedro, **entries: str) -> str:
    lines = "".join(f"    {alias}: {text}\n" for alias, text in entries.items())
    return f"  environments:\n{lines}"


def anonymous(kedro: Kedro) -> list[dict[str, Any]]:
    """The environments that were described, as the service got them."""
    assets = kedro.service.workspace.assets["environments"]
    return list(assets.get("CliV2AnonymousEnvironment", {}).values())


def of_step(kedro: Kedro, step: str) -> dict[str, Any]:
    """The environment that a step of the newest job runs in, as the service got it."""
    assets = kedro.service.workspace.assets
    node = kedro.service.jobs.runs[kedro.job].children[step].definition
    _, name, _, version = node["componentId"].rsplit("/", 3)
    spec = assets["components"][name][version]["componentSpec"]
    _, name, _, version = spec["environment"].rsplit("/", 3)
    found: dict[str, Any] = assets["environments"][name][version]
    return found


def test_conda_and_requirements(kedro: Kedro) -> None:
    tag(kedro, first="conda", second="pip")
    write(
        kedro,
        conda_yml="dependencies: [python=3.11, {pip: [kedro-azureml]}]\n",
        requirements_txt="kedro-azureml\npandas>=2  # tables\n",
    )
    found = environments(
        kedro,
        conda="{conda_file: envs/conda.yml, image: registry.example/base:1}",
        pip='{requirements: envs/requirements.txt, python_version: "3.12", '
        "environment_variables: {A: b}}",
    )
    configure(kedro, COMPUTE, environments=found)
    kedro("run")
    conda, pip = of_step(kedro, "first"), of_step(kedro, "second")
    assert conda["image"] == "registry.example/base:1"
    assert yaml.safe_load(conda["condaFile"])["dependencies"][0] == "python=3.11"
    assert pip["image"].startswith("mcr.microsoft.com/azureml/")
    assert yaml.safe_load(pip["condaFile"])["dependencies"] == [
        "python=3.12",
        "pip",
        {"pip": ["kedro-azureml", "pandas>=2"]},
    ]
    assert all(item["isAnonymous"] for item in anonymous(kedro))
    variables = kedro.service.jobs.runs[kedro.job].children["second"].definition
    assert variables["environment_variables"] == {"A": "b"}

    # The same content is the same environment; other content is another one.
    kedro("run")
    assert len(anonymous(kedro)) == 2
    write(kedro, requirements_txt="kedro-azureml\npandas>=3\n")
    kedro("run")
    assert len(anonymous(kedro)) == 3


def test_image(kedro: Kedro) -> None:
    """Two aliases of one image are one environment, registered once."""
    tag(kedro, second="same")
    image = "{image: registry.example/i:1, environment_variables: {LEVEL: info, A: b}}"
    found = environments(kedro, __default__=image, same="{image: registry.example/i:1}")
    compute = "__default__: {cluster_name: cpu-cluster, environment_variables: {LEVEL: debug}}\n"
    configure(kedro, compute, environments=found)
    kedro("run", "--env-var", "A=c")
    assert of_step(kedro, "first")["image"] == of_step(kedro, "second")["image"]
    assert kedro.service.count("PUT", "/environments/CliV2AnonymousEnvironment/") == 1
    steps = kedro.service.jobs.runs[kedro.job].definition["jobs"]
    assert steps["first"]["environment_variables"] == {"LEVEL": "debug", "A": "c"}
    assert steps["second"]["environment_variables"] == {"LEVEL": "debug", "A": "c"}


def test_build_context(kedro: Kedro) -> None:
    tag(kedro, first="gpu", second="gpu")
    write(kedro, image__Dockerfile_gpu="FROM registry.example/base:1\n", image__tool_txt="x")
    found = environments(kedro, gpu="{build: {path: envs/image, dockerfile: Dockerfile_gpu}}")
    configure(kedro, COMPUTE, environments=found)
    done = kedro("run")
    assert "Build context 'envs/image': 2 files, 30 bytes" in done.stderr
    (item,) = anonymous(kedro)
    assert item["build"]["dockerfilePath"] == "Dockerfile_gpu"
    uri = item["build"]["contextUri"]
    storage = kedro.service.storage
    container, _, prefix = uri.split("blob.core.windows.net/")[1].partition("/")
    names = sorted(name.removeprefix(prefix) for name in storage.names(container, prefix))
    assert names == ["Dockerfile_gpu", "tool.txt"]
    # One upload for two steps, and none the next time.
    puts = kedro.service.count("PUT", "Dockerfile_gpu")
    kedro("run")
    assert kedro.service.count("PUT", "Dockerfile_gpu") == puts
    assert len(anonymous(kedro)) == 1

    (kedro.project / "envs/image/.env").write_text("TOKEN=abc")
    said = kedro.refused("KAZ503", "run")
    assert "The build context 'envs/image' would upload .env" in said


def test_what_latest_means_is_noted(kedro: Kedro) -> None:
    kedro.service.workspace.add_environment("other", "7")
    tag(kedro, second="new")
    found = environments(kedro, __default__="{name: test-env}", new="{name: other@latest}")
    configure(kedro, COMPUTE, environments=found)
    kedro("compile")
    assert "environment: azureml:test-env@latest" in (kedro.project / "pipeline.yml").read_text()
    noted = "kedro_resolved: other@latest = other:7, test-env@latest = test-env:1"
    printed = kedro("run", "--dry-run").stdout
    assert noted in printed
    assert "azureml:other:7" in printed
    kedro("run")
    definition = kedro.service.jobs.runs[kedro.job].definition
    assert f"kedro_resolved: {definition['properties']['kedro_resolved']}" == noted
    assert of_step(kedro, "second")["image"] == "test-image"

    kedro("compile", "--resolve")
    text = (kedro.project / "pipeline.yml").read_text()
    assert noted in text
    assert "@latest" not in text.replace(noted, "")
    kedro("run", "-f", "pipeline.yml")
    properties = kedro.service.jobs.runs[kedro.job].definition["properties"]
    assert properties["kedro_resolved"] == definition["properties"]["kedro_resolved"]


def test_environments_that_are_missing(kedro: Kedro) -> None:
    tag(kedro, second="new")
    found = environments(kedro, __default__="{name: test-env}", new="{name: 'tset-env:1'}")
    configure(kedro, COMPUTE, environments=found)
    said = kedro.refused("KAZ706", "run")
    assert "The workspace has no environment 'tset-env'. Did you mean 'test-env'?" in said
    assert "KAZ706" in kedro.refused("KAZ706", "compile", "--resolve")


def test_a_document_whose_conda_file_is_gone(kedro: Kedro) -> None:
    write(kedro, conda_yml="dependencies: [{pip: [kedro-azureml]}]\n")
    found = environments(kedro, __default__="{conda_file: envs/conda.yml}")
    configure(kedro, COMPUTE, environments=found)
    kedro("compile")
    (kedro.project / "envs/conda.yml").unlink()
    said = kedro.refused("KAZ121", "run", "-f", "pipeline.yml")
    assert "'envs/conda.yml', which an environment is made of, does not exist" in said


def test_build(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    write(kedro, requirements_txt="kedro-azureml\n")
    found = environments(
        kedro, __default__="{name: test-env}", pip="{requirements: envs/requirements.txt}"
    )
    configure(kedro, COMPUTE + "pip: {serverless: true}\n", environments=found)
    done = kedro("environment", "build", "pip")
    assert "The environment 'pip' is built." in done.stdout
    assert "build | Successfully built the image" in done.stdout
    definition = kedro.service.jobs.runs[kedro.job].definition
    assert definition["jobs"]["build"]["computeId"].endswith("serverless")
    assert "kedro-azureml" in of_step(kedro, "build")["condaFile"]
    assert kedro.service.jobs.runs[kedro.job].display_name == "build-pip"

    kedro.service.execution.mode = "instant"
    done = kedro("environment", "build", "__default__", "--compute", "pip", "--no-wait")
    assert f"kedro azureml job watch {kedro.job}" in done.stdout
    assert of_step(kedro, "build")["image"] == "test-image"
    said = kedro.refused("KAZ107", "environment", "build", "pop")
    assert "azureml.yml has no environment alias 'pop'. Did you mean 'pip'?" in said
    said = kedro.refused("KAZ107", "environment", "build", "pip", "--compute", "x")
    assert "--compute azureml.yml has no compute alias 'x'" in said


def test_a_build_that_fails(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro.service.execution.failing = {"build": "No matching distribution found"}
    configure(kedro, COMPUTE, environments=environments(kedro, __default__="{name: test-env}"))
    done = kedro("environment", "build", "__default__", check=False)
    assert done.returncode == 1
    assert "error KAZ711" in done.stderr
    assert "No matching distribution found" in done.stdout
    assert "is built" not in done.stdout
