"""Jobs by name: what azureml.yml says of them, and what the command line says over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.cli.options.compile import request_from_options
from kedro_azureml.compiler import Compilation, compile_project
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.yaml import load_job
from kedro_azureml.project import Project
from tests.kit.inprocess import enter
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import run_kedro
from tests.unit.compiler.test_compile import record

JOBS = """\
  environments:
    torch: {name: torch-env@latest}
  jobs:
    nightly:
      pipeline: science
      slice: {from_nodes: [fit]}
      parameters: {alpha: 2, model: {depth: 3, width: 4}}
      compute: gpu
      environment: torch
      grouping: {by: pipeline}
      experiment_name: nights
      display_name: The nightly job
      description: Fits anew.
      tags: {team: blue}
    small:
      slice: {tags: [chunky]}
      environment: other@latest
    plain: {}
"""
REGISTRY = """\
from kedro.pipeline import Pipeline, node

def one(*args): return "1"

def register_pipelines():
    load = node(one, "raw", "table", name="load", tags="chunky")
    fit = node(one, ["table", "params:alpha"], "model", name="fit")
    score = node(one, ["model", "params:model"], "scores", name="score")
    both = Pipeline([load, fit, score])
    return {"__default__": both, "science": both}
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/raw.txt}
table: {type: text.TextDataset, filepath: data/table.txt}
"""
GIVEN: dict[str, Any] = {
    "env": None,
    "pipeline": None,
    "params": "",
    "expose": [],
    "sweep": (),
    "is_zip": False,
    "max_concurrent": None,
    "image": None,
    "aml_env": None,
    "env_var": (),
    "load_versions": "",
    "group_by": None,
    "strict": False,
    "runner": None,
    "is_async": False,
    "runner_params": "",
    "only_missing_outputs": False,
    "conf_source": None,
    "pipelines": (),
    **dict.fromkeys(
        ("tags", "nodes", "from_nodes", "to_nodes", "from_inputs", "to_outputs", "namespaces"), ()
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "p",
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="{alpha: 1, model: {depth: 1, width: 1, height: 1}}",
        azureml=AZUREML_YML + JOBS,
        files={"data/raw.txt": "x", "data/table.txt": "x"},
    )


def compile_job(project: Path, job: str, **options: Any) -> Compilation:
    enter(project)
    request = request_from_options(Project(project), project, job=job, **{**GIVEN, **options})
    return compile_project(request)


def test_all_that_a_job_says(project: Path) -> None:
    job = compile_job(project, "nightly").job
    assert list(job.jobs) == ["science"]
    step = job.jobs["science"]
    assert record(job, "science").nodes == ("fit", "score")
    assert record(job, "science").parameters == {"alpha": 2, "model": {"depth": 3, "width": 4}}
    assert job.settings.default_compute == "azureml:v100"
    assert step.compute is None
    assert step.component.environment == "azureml:torch-env@latest"
    assert job.experiment_name == "nights"
    assert job.display_name == "The nightly job"
    assert job.description == "Fits anew."
    assert job.tags == {"kedro_pipeline": "science", "team": "blue"}


def test_the_command_line_comes_first(project: Path) -> None:
    job = compile_job(
        project,
        "nightly",
        pipeline="__default__",
        params="model.depth=9",
        group_by="none",
        aml_env="mine:7",
        to_nodes=("fit",),
    ).job
    assert list(job.jobs) == ["load", "fit"]
    assert record(job, "fit").parameters == {"alpha": 2, "model": {"depth": 9, "width": 4}}
    assert job.jobs["fit"].component.environment == "azureml:mine:7"
    assert job.tags["kedro_pipeline"] == "__default__"
    # `load` is tagged with another alias, and the job's compute is for all steps.
    assert job.jobs["load"].compute is None


def test_what_a_job_leaves_out_is_as_without_it(project: Path) -> None:
    job = compile_job(project, "plain").job
    assert list(job.jobs) == ["load", "fit", "score"]
    assert job.jobs["load"].compute == "azureml:big"
    assert job.display_name == "plain"
    assert job.experiment_name == "exp"
    small = compile_job(project, "small").job
    assert list(small.jobs) == ["load"]
    assert small.jobs["load"].component.environment == "azureml:other@latest"


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("nightli: {}", "KAZ131", "Did you mean 'nightli'?"),
        ("nightly: {compute: gpus}", "KAZ104", "azure.jobs.nightly.compute: 'gpus' is no alias"),
        ("nightly: {environment: torch}", "KAZ104", "'torch' is no alias of azure.environments"),
        ("nightly: {slice: {tag: [x]}}", "KAZ103", "azure.jobs.nightly.slice.tag"),
        ("nightly: {slice: {tags: x}}", "KAZ104", "Expected a list"),
        ("../up: {}", "KAZ104", "is not a name for a job"),
        ("nightly: {grouping: {by: x}}", "KAZ104", "azure.jobs.nightly.grouping.by"),
    ],
)
def test_mistakes_in_jobs(project: Path, text: str, code: str, expected: str) -> None:
    (project / "conf/base/azureml.yml").write_text(f"{AZUREML_YML}  jobs:\n    {text}\n")
    with pytest.raises(DiagnosticError) as caught:
        compile_job(project, "nightly")
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    assert expected in str(finding)


def test_the_configuration_is_read_without_the_project(project: Path) -> None:
    enter(project)
    assert list(Project(project).required_config().azure.jobs) == ["nightly", "small", "plain"]


def test_several_jobs_are_compiled_at_once(project: Path) -> None:
    done = run_kedro(
        project, "azureml", "compile", "-j", "nightly", "-j", "plain", "-o", "build", check=False
    )
    assert done.returncode == 0, done.stderr
    assert load_job(project / "build/nightly.yml").display_name == "The nightly job"
    assert load_job(project / "build/plain.yml").jobs["load"].component.code == ".."
    assert "1 step for 2 nodes (1 saved)" in done.stdout
    done = run_kedro(project, "azureml", "compile", "-j", "plain", "-j", "nope", check=False)
    assert done.returncode == 1
    assert "KAZ131" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "plain.yml").exists()


def test_several_jobs_are_rehearsed_one_after_the_other(project: Path) -> None:
    done = run_kedro(
        project,
        "azureml",
        "run",
        "--local",
        "-j",
        "plain",
        "--job",
        "nightly",
        "--env-var",
        "A=b",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("Job plain") < done.stdout.index("Job nightly")
    assert "3 completed." in done.stdout
    assert "1 completed." in done.stdout
