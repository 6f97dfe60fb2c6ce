"""Where and how each step runs, and in which environment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
import yaml

from kedro_azureml.compiler.placement.requirements import (
    names_plugin,
    problem_of,
    read_requirements,
)
from kedro_azureml.config.models.environments import BASE_IMAGE
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.yaml import dump_job
from tests.kit.bombs import ALIASES
from tests.kit.inprocess import compile_here
from tests.kit.projects import make_project

NODES = """
    node(one, None, "a", name="plain"),
    node(one, "a", "b", name="tagged", tags=["gpu", "other"]),
"""
HEAD = "azure:\n  resource_group: rg\n  workspace_name: ws\n  experiment_name: exp\n"


def project(path: Path, azure: str, nodes: str = NODES) -> Path:
    return make_project(path, nodes, azureml=HEAD + indent(dedent(azure), "  "))


def of_files(path: Path, azure: str, files: dict[str, str]) -> Path:
    made = project(path, azure)
    for name, text in files.items():
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    return made


def findings(made: Path, **request: Any) -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        compile_here(made, **request)
    return [str(d) for d in caught.value.diagnostics]


@pytest.fixture(scope="module")
def load_job() -> Callable[..., Any]:
    azure = pytest.importorskip("azure.ai.ml")
    return azure.load_job  # type: ignore[no-any-return]


ENV = "environment_name: env:1\n"


@pytest.mark.filterwarnings("ignore")
def test_settings_of_an_alias(tmp_path: Path, load_job: Callable[..., Any]) -> None:
    made = project(
        tmp_path,
        """\
        environment_name: env:1
        compute:
          __default__:
            cluster_name: cpu
            timeout: 600
            environment_variables: {LEVEL: info, THREADS: 4}
          gpu:
            cluster_name: k8s
            instance_type: gpu-large
            instance_count: 2
            shm_size: 16g
            docker_args: --ipc=host
            priority: high
            identity: {type: managed, client_id: "1234"}
            environment_variables: {LEVEL: debug}
        """,
    )
    job = compile_here(made, env_vars={"LEVEL": "error"}).job
    plain, tagged = job.jobs["plain"], job.jobs["tagged"]
    assert job.settings.default_compute == "azureml:cpu"
    assert plain.compute is None
    assert plain.component.resources is None
    assert plain.limits is not None
    assert plain.limits.timeout == 600
    assert tagged.compute == "azureml:k8s"
    assert tagged.environment_variables == {"LEVEL": "error", "THREADS": "4"}
    assert tagged.component.resources is not None
    assert tagged.component.resources.model_dump(exclude_none=True) == {
        "instance_type": "gpu-large",
        "instance_count": 2,
        "shm_size": "16g",
        "docker_args": "--ipc=host",
    }
    file = made / "pipeline.yml"
    file.write_text(dump_job(job))
    theirs = load_job(file).jobs["tagged"]
    assert theirs.compute == "k8s"
    assert theirs.limits.timeout == 600
    assert theirs.queue_settings.priority == "high"
    assert theirs.identity.client_id == "1234"
    assert theirs.resources.instance_type == "gpu-large"
    assert theirs.resources.instance_count == 2
    assert theirs.resources.shm_size == "16g"
    assert theirs.resources.docker_args == "--ipc=host"


@pytest.mark.parametrize(
    ("compute", "default", "tagged"),
    [
        ("{__default__: {serverless: true}, gpu: {cluster_name: g}}", "serverless", "azureml:g"),
        ("{__default__: {cluster_name: c}, gpu: {serverless: true}}", "azureml:c", "serverless"),
        ("{__default__: {cluster_name: c}, gpu: {instance_name: i}}", "azureml:c", "azureml:i"),
        ("{__default__: {cluster_name: c}, gpu: {shm_size: 4g}}", "azureml:c", None),
        ("{__default__: {instance_type: D2}}", "serverless", None),
    ],
)
def test_targets(tmp_path: Path, compute: str, default: str, tagged: str | None) -> None:
    compiled = compile_here(project(tmp_path, f"{ENV}compute: {compute}\n"))
    assert compiled.job.settings.default_compute == default
    assert compiled.job.jobs["tagged"].compute == tagged
    assert not [d for d in compiled.diagnostics if d.code == "KAZ105"]


def test_no_compute_is_serverless_and_said(tmp_path: Path) -> None:
    compiled = compile_here(project(tmp_path, f"{ENV}compute: {{gpu: {{cluster_name: c}}}}\n"))
    assert compiled.job.settings.default_compute == "serverless"
    assert compiled.job.jobs["tagged"].compute == "azureml:c"
    (finding,) = [d for d in compiled.diagnostics if d.code == "KAZ105"]
    assert finding.severity == "warning"
    assert "1 step, which runs on serverless compute: 'plain'" in finding.message


def test_a_secret_in_a_variable_is_a_warning(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        f"{ENV}compute: {{__default__: {{environment_variables: {{API_TOKEN: x}}}}}}\n",
    )
    # azureml.yml goes up too, and is searched as every file is.
    finding, in_file = compile_here(made).diagnostics
    assert (finding.code, in_file.code) == ("KAZ104", "KAZ503")
    assert "API_TOKEN" in finding.message
    assert finding.where == (
        "azureml.yml azure.compute.__default__.environment_variables.API_TOKEN"
    )


def test_two_environment_aliases_on_one_node(tmp_path: Path) -> None:
    text = """\
        compute: {__default__: {serverless: true}}
        environments: {gpu: {name: a}, other: {name: b}, __default__: {name: c}}
        """
    (finding,) = findings(project(tmp_path, text))
    assert finding.startswith("KAZ208 azureml.yml azure.environments")
    assert "'gpu' and 'other', and each is an environment alias" in finding


@pytest.mark.filterwarnings("ignore")
def test_every_form_of_environment(tmp_path: Path, load_job: Callable[..., Any]) -> None:
    """Each loads by the SDK, and says the same to it from any folder."""
    tags = ("named", "image", "conda", "pip", "docker")
    nodes = " ".join(f'node(one, None, "{t}", name="{t}", tags=["{t}"]),' for t in tags)
    made = project(
        tmp_path / "project",
        """\
        environment_name: env@latest
        compute: {__default__: {serverless: true}}
        environments:
          named: {name: "training:3"}
          image: {image: registry.example/i:1, environment_variables: {A: "1"}}
          conda: {conda_file: envs/conda.yml, image: registry.example/base:2}
          pip: {requirements: envs/requirements.txt, python_version: "3.11"}
          docker: {build: {path: envs/image, dockerfile: Dockerfile.gpu}}
        """,
        nodes + 'node(one, "named", "last", name="plain"),',
    )
    files = {
        "envs/conda.yml": "dependencies: [python=3.11, {pip: [kedro-azureml]}]\n",
        "envs/requirements.txt": "-r more.txt\nkedro_azureml[azure]  # the plugin\n",
        "envs/more.txt": "pandas>=2 ; python_version < '4' \\\n   --hash=sha256:00\n",
        "envs/image/Dockerfile.gpu": "FROM registry.example/base:2\n",
    }
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    base = tmp_path / "out"
    base.mkdir()
    compiled = compile_here(made, base=base)
    assert compiled.diagnostics == ()
    steps = compiled.job.jobs
    environments = {name: step.component.environment for name, step in steps.items()}
    assert environments == {
        "plain": "azureml:env@latest",
        "named": "azureml:training:3",
        "image": {"image": "registry.example/i:1"},
        "conda": {
            "image": "registry.example/base:2",
            "conda_file": "../project/envs/conda.yml",
        },
        "pip": {
            "image": BASE_IMAGE,
            "conda_file": {
                "name": "kedro",
                "channels": ["conda-forge"],
                "dependencies": [
                    "python=3.11",
                    "pip",
                    {
                        "pip": [
                            "pandas>=2 ; python_version < '4' --hash=sha256:00",
                            "kedro_azureml[azure]",
                        ]
                    },
                ],
            },
        },
        "docker": {"build": {"path": "../project/envs/image", "dockerfile_path": "Dockerfile.gpu"}},
    }
    assert steps["image"].environment_variables == {"A": "1"}
    file = base / "pipeline.yml"
    file.write_text(dump_job(compiled.job))
    theirs = {name: job.component.environment for name, job in load_job(file).jobs.items()}
    assert theirs["conda"].conda_file == yaml.safe_load(files["envs/conda.yml"])
    pip = environments["pip"]
    assert isinstance(pip, dict)
    assert theirs["pip"].conda_file == pip["conda_file"]
    assert theirs["docker"].build.dockerfile_path == "Dockerfile.gpu"
    # The command line replaces them all.
    replaced = compile_here(made, environment="other:2").job
    assert {s.component.environment for s in replaced.jobs.values()} == {"azureml:other:2"}
    assert replaced.jobs["image"].environment_variables == {}


def test_python_of_requirements_is_this_one_by_default(tmp_path: Path) -> None:
    azure = "compute: {gpu: {}}\nenvironments: {__default__: {requirements: r.txt}}\n"
    made = of_files(tmp_path, azure, {"r.txt": "kedro-azureml\n"})
    environment = compile_here(made).job.jobs["plain"].component.environment
    assert isinstance(environment, dict)
    version = f"python={sys.version_info[0]}.{sys.version_info[1]}"
    assert environment["conda_file"]["dependencies"][0] == version


@pytest.mark.parametrize(
    ("environment", "files", "message"),
    [
        ("requirements: r.txt", {}, "'r.txt' cannot be read: No such file or directory"),
        ("requirements: r.txt", {"r.txt": "-r gone.txt\n"}, "'gone.txt' cannot be read"),
        ("requirements: r.txt", {"r.txt": "a\n-e .\n"}, "'r.txt:2' names a file of this machine"),
        ("requirements: r.txt", {"r.txt": "a\\\n>1\n./b\n"}, "'r.txt:3' names a folder or file"),
        ("requirements: r.txt", {"r.txt": "b @ file:///x\n"}, "names a folder or file"),
        ("requirements: r.txt", {"r.txt": ".[dev]\n"}, "names a folder or file"),
        ("requirements: r.txt", {"r.txt": "wheels/a-1.whl\n"}, "names a folder or file"),
        ("requirements: r.txt", {"r.txt": "-f ./wheels\n"}, "names a file of this machine (-f)"),
        ("requirements: r.txt", {"r.txt": "-c limits.txt\n"}, "names a file of this machine (-c)"),
        (
            "requirements: r.txt",
            {"r.txt": "--find-links https://me:hush@index.example/simple\n"},
            "'r.txt:1' holds a password",
        ),
        (
            "requirements: r.txt",
            {"r.txt": "a\npandas=2\n"},
            "'r.txt:2' is no requirement: ",
        ),
        ("conda_file: c.yml", {"c.yml": "dependencies: [{pip: [a b]}]\n"}, "is no requirement"),
        ("conda_file: c.yml", {"c.yml": "a: [\n"}, "is not valid YAML"),
        ("conda_file: c.yml", {"c.yml": f"dependencies: [pip: [*a29]]\n{ALIASES}"}, "valid YAML"),
        ("conda_file: c.yml", {"c.yml": f"{ALIASES}dependencies: [pip: [*a29]]\n"}, "valid YAML"),
        ("conda_file: c.yml", {"c.yml": "name: x\n"}, "is not a conda environment"),
        (
            "conda_file: c.yml",
            {"c.yml": "dependencies: [{pip: [-r r.txt]}]\n"},
            "includes a requirements file (-r)",
        ),
        ("conda_file: c.yml", {"c.yml": "dependencies: [{pip: [-e .]}]\n"}, "of this machine"),
        ("build: {path: image}", {}, "The build context 'image' does not exist"),
        ("build: {path: image}", {"image/x": ""}, "has no 'Dockerfile'"),
    ],
)
def test_files_that_cannot_be_used(
    tmp_path: Path, environment: str, files: dict[str, str], message: str
) -> None:
    azure = f"compute: {{gpu: {{}}}}\nenvironments:\n  __default__: {{{environment}}}\n"
    made = of_files(tmp_path, azure, files)
    said = findings(made)
    (finding,) = [f for f in said if f.startswith("KAZ121")]
    assert message in finding
    assert "hush" not in finding
    assert "azure.environments.__default__" in finding
    # A rehearsal runs in this very environment.
    compile_here(made, local=True)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("Kedro_AzureML[azure]>=2,<3 ; python_version > '3' --hash=sha256:00", True),
        ("git+https://git.example/kedro-azureml.git@main", True),
        ("kedro-azureml @ git+https://git.example/fork.git", True),
        ("kedro-azureml-extras", False),
        ("${INDEX}/other.whl", False),
        ("--pre", False),
    ],
)
def test_what_names_the_plugin(line: str, named: bool) -> None:
    assert problem_of(line) is None
    assert names_plugin(["pandas", line]) is named


def test_a_requirements_file_that_includes_itself_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-r a.txt\n-r b.txt\npandas\n")
    (tmp_path / "b.txt").write_text("-r a.txt\nkedro-azureml\n")
    assert read_requirements(tmp_path / "a.txt").lines == ["kedro-azureml", "pandas"]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("kedro-mlflow>=2\n", ["KAZ332"]),
        ("kedro_mlflow\nazureml.mlflow\n", []),
        ("mlflow\n", []),
    ],
)
def test_kedro_mlflow_without_azureml_mlflow(lines: str, codes: list[str], tmp_path: Path) -> None:
    azure = """\
        compute: {__default__: {serverless: true}}
        environments:
          __default__: {requirements: r.txt}
        """
    files = {"r.txt": f"kedro-azureml\n{lines}"}
    found = compile_here(of_files(tmp_path, azure, files)).diagnostics
    assert [d.code for d in found] == codes


def test_warnings_about_files(tmp_path: Path) -> None:
    azure = """\
        compute: {__default__: {serverless: true}}
        environments:
          __default__: {requirements: r.txt}
          gpu: {build: {path: image}}
        """
    files = {"r.txt": "kedro\n", "image/Dockerfile": "FROM x\n", "image/big": "x" * 2**21}
    found = compile_here(of_files(tmp_path, azure, files)).diagnostics
    assert [d.code for d in found] == ["KAZ122", "KAZ121"]
    assert "'r.txt' does not name kedro-azureml" in found[0].message
    assert "has 2 files of 2.0 MB" in found[1].message
