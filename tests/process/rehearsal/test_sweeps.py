"""Sweeps together with what else a job can be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kedro_azureml.job.yaml import load_job
from tests.kit.shell import run_kedro
from tests.kit.sweep_project import SWEEP, compiled, project_with, results, waits


@pytest.mark.parametrize("grouping", [{"by": "pipeline"}, {"by": "memory"}])
def test_nodes_that_share_a_step_are_copied_together(
    tmp_path: Path, grouping: dict[str, str]
) -> None:
    project = project_with(tmp_path / "p", grouping=grouping)
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert {label: made["alpha"] for label, made in results(project).items()} == {
        "alpha=0.5": 0.5,
        "alpha=2": 2,
    }
    assert {label: made["r2"] for label, made in results(project, "metrics").items()} == {
        "alpha=0.5": 5.0,
        "alpha=2": 20,
    }


def test_other_parameters_stay_inputs_of_the_job(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p", job_inputs=["noise", "model.alpha"])
    job = compiled(project, *SWEEP)
    assert set(job.inputs) == {"noise"}
    run_kedro(
        project, "azureml", "run", "--local", "-f", "job.yml", "--set", "noise=7", "--into-catalog"
    )
    assert {made["noise"] for made in results(project).values()} == {7}


def test_processes_of_a_distributed_node_are_those_of_each_copy(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    done = run_kedro(
        project, "azureml", "run", "--local", "-p", "two", *SWEEP, "--max-concurrent", "1",
        "--into-catalog",
    )  # fmt: skip
    assert len(results(project)) == 2
    assert "2 combinations completed." in done.stdout


def test_each_result_is_exported(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p", export={"datasets": ["metrics"]})
    run_kedro(project, "azureml", "run", "--local", *SWEEP)
    exported = list(project.glob(".kedro_azureml/runs/*/steps/export_alpha_*/outputs/export/*/*"))
    assert len(exported) == 2
    assert {json.loads(file.read_text())["r2"] for file in exported} == {5.0, 20}


def test_data_between_steps_may_go_through_storage(tmp_path: Path) -> None:
    project = project_with(
        tmp_path / "p", temporary_storage={"account_name": "account", "container": "container"}
    )
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert {made["alpha"] for made in results(project).values()} == {0.5, 2}


def test_a_published_dataset_has_a_place_for_each_combination(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    place = "azureml://datastores/d/paths/models/{date}"
    (project / "conf/base/catalog.yml").write_text(
        f"model: {{type: json.JSONDataset, filepath: data/06/model.json, metadata: {{azureml: "
        f"{{path: '{place}', register: best}}}}}}\n"
    )
    done = run_kedro(project, "azureml", "compile", "-o", "job.yml", *SWEEP)
    assert "warning KAZ263" in done.stderr
    job = load_job(project / "job.yml")
    paths = [
        output.path
        for step in job.jobs.values()
        for output in step.outputs.values()
        if not isinstance(output, str)
    ]
    assert paths == [f"{place}/alpha=0.5/", f"{place}/alpha=2/"]


def test_a_job_of_azureml_yml_is_a_sweep_that_a_schedule_starts(tmp_path: Path) -> None:
    study = {"sweep": {"parameters": {"model.alpha": [0.5, 2]}, "max_concurrent": 1}}
    project = project_with(
        tmp_path / "p",
        jobs={"study": study},
        schedules={"nightly": {"job": "study", "cron": "0 3 * * *"}},
    )
    run_kedro(project, "azureml", "compile", "--schedule", "nightly")
    run_kedro(project, "azureml", "run", "--local", "--schedule", "nightly", "--into-catalog")
    assert set(results(project)) == {"alpha=0.5", "alpha=2"}
    job = compiled(project, "-j", "study")
    assert waits(job) == 2
    # The values of the command line replace those of the job; the bound stays.
    job = compiled(project, "-j", "study", "--sweep", "model.alpha=1,2,3")
    assert sum("train" in name for name in job.jobs) == 3
    assert waits(job) == 4
    job = compiled(project, "-j", "study", "--max-concurrent", "2")
    assert waits(job) == 0


def test_a_parameter_that_another_one_changes_is_swept_too(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    (project / "conf/base/parameters.yml").write_text(
        "n: 10\nnoise: ${model.alpha}\nmodel: {alpha: 1, depth: 2}\n"
    )
    # Only `noise` is read: by `--params`, Kedro would change it with the other one.
    registry = project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace('"params:model.alpha"', '"params:n"'))
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert {label: made["noise"] for label, made in results(project).items()} == {
        "alpha=0.5": 0.5,
        "alpha=2": 2,
    }
    # So it is with an input of the job.
    run_kedro(project, "azureml", "compile", "-o", "job.yml", "--expose", "model.alpha")
    run_kedro(
        project, "azureml", "run", "--local", "-f", "job.yml", "--set", "model.alpha=7",
        "--into-catalog",
    )  # fmt: skip
    assert json.loads((project / "data/06/model.json").read_text())["noise"] == 7


def test_a_part_that_a_parameter_does_not_have_is_said(tmp_path: Path) -> None:
    """All nodes read the whole, and nobody looks for it: each combination gives the same."""
    project = project_with(tmp_path / "p")
    registry = project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace('"params:model.alpha"', '"params:model"'))
    done = run_kedro(project, "azureml", "compile", "--sweep", "model.alhpa=1,2")
    said = " ".join(done.stderr.split())
    assert "warning KAZ261 --sweep" in said
    assert "no parameter 'model.alhpa' yet" in said
    assert "Did you mean 'model.alpha'?" in said
    done = run_kedro(project, "azureml", "compile", "--sweep", "model.alpha=1,2")
    assert "KAZ261" not in done.stderr


def test_what_is_compiled_once_cannot_depend_on_the_value(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    catalog = project / "conf/base/catalog.yml"
    catalog.write_text(
        catalog.read_text().replace("data/06/", "'data/${runtime_params:noise, 1}/", 1)
        .replace("model.json}", "model.json'}", 1)
    )  # fmt: skip
    sweep = ("--sweep", "noise=1,2")
    done = run_kedro(project, "azureml", "compile", *sweep, check=False)
    assert "error KAZ261" in done.stderr
    assert "'model' depends on the parameter 'noise'" in " ".join(done.stderr.split())


@pytest.mark.parametrize("remote", ["model", "metrics"])
def test_combinations_that_would_write_to_one_place(remote: str, tmp_path: Path) -> None:
    """Who reads `model` would get that of any combination; nobody reads `metrics`."""
    project = project_with(tmp_path / "p")
    catalog = project / "conf/base/catalog.yml"
    path = "06/model" if remote == "model" else "08/metrics"
    catalog.write_text(catalog.read_text().replace(f"data/{path}", f"s3://bucket/{path}"))
    done = run_kedro(project, "azureml", "compile", *SWEEP, check=False)
    said = " ".join(done.stderr.split())
    assert done.returncode == (1 if remote == "model" else 0)
    assert f"KAZ264 --sweep Each combination writes '{remote}' to the same place" in said
    assert said.count("KAZ264 --sweep") == 1
    # One combination has it to itself.
    done = run_kedro(project, "azureml", "compile", "--sweep", "model.alpha=1")
    assert "KAZ264" not in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--sweep", "model.alpha=1,1"), "KAZ261", "is there twice"),
        (("--sweep", "model.alpha="), "KAZ261", "has no values"),
        (("--sweep", "model.alpha"), "KAZ107", "not of the form"),
        (("--sweep", "model.alpha=["), "KAZ107", "cannot be read"),
        (("--sweep", "model.alpha=1", "--sweep", "model.alpha=2"), "KAZ107", "given twice"),
        (("--sweep", "model=1", "--sweep", "model.alpha=2"), "KAZ261", "is a part of"),
        (("--sweep", "model.depth=1"), "KAZ211", "cannot be swept"),
        (("--sweep", "n=1", "--sweep", "noise=1,2", "--zip"), "KAZ261", "different numbers"),
        (("--max-concurrent", "2"), "KAZ107", "there is none"),
        (("--sweep", "noise=1,'${oc.env:HOME}'"), "KAZ107 --sweep", "the name of another value"),
        (
            ("--sweep", "n=1,2", "--only-missing-outputs"),
            "KAZ107",
            "of the combinations of a sweep",
        ),
        (("--sweep", f"n={','.join(map(str, range(1001)))}"), "KAZ262", "1,001 combinations"),
    ],
)
def test_what_is_no_sweep_is_said(
    tmp_path: Path, options: tuple[str, ...], code: str, words: str
) -> None:
    project = project_with(tmp_path / "p")
    done = run_kedro(project, "azureml", "compile", *options, check=False)
    assert done.returncode == 1
    assert f"error {code}" in " ".join(done.stderr.split())
    assert words in " ".join(done.stderr.split())
    # Nobody has given --params.
    assert "KAZ210" not in done.stderr
    assert "Traceback" not in done.stderr
