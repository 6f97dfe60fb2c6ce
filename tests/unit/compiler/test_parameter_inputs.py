"""What cannot be an input of a job is said when the project is compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project

REGISTRY = """
from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import Framework, distributed_job

def one(*args):
    return 1

@distributed_job(Framework.PyTorch, num_nodes="params:machines")
def spread(machines):
    return machines

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, ["raw", "params:split.share"], "table", name="clean"),
        node(one, "params:model", "model", name="train"),
        node(one, "params:eu.only", "u", name="eu", tags="chunky"),
        node(spread, "params:machines", "big", name="big"),
    ])}
"""
PARAMETERS = """
split: {share: 1}
model: {depth: 3}
eu: {only: 1}
machines: 2
unread: 1
day: 2026-01-01
split_share: 2
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path,
        registry=REGISTRY,
        catalog="raw: {type: text.TextDataset, filepath: data/raw.txt}",
        parameters=PARAMETERS,
        files={"data/raw.txt": "x"},
        azureml=AZUREML_YML,
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("split.shar", "It does not exist. Did you mean 'split.share'?"),
        # A node reads the whole of it.
        ("model.dept", "It does not exist. Did you mean 'model.depth'?"),
        ("unread", "No node of this job reads it."),
        ("machines", "It decides how many machines"),
        ("model.depth,model", "'model.depth' is an input already"),
    ],
)
def test_what_cannot_be_one(project: Path, asked: str, words: str) -> None:
    exposed = dict.fromkeys(asked.split(","), "--expose")
    with pytest.raises(DiagnosticError) as refused:
        compile_here(project, exposed=exposed)
    (finding,) = refused.value.diagnostics
    assert (finding.code, finding.where) == ("KAZ211", "--expose")
    assert words in f"{finding.message} {finding.remedy}"


def test_an_input_that_refers_to_another_one(project: Path) -> None:
    file = project / "conf/base/parameters.yml"
    file.write_text(file.read_text().replace("share: 1", "share: '${model.depth}'"))
    exposed = dict.fromkeys(("split.share", "model.depth"), "--expose")
    (warning,) = compile_here(project, exposed=exposed).diagnostics
    assert (warning.code, warning.severity, warning.where) == ("KAZ211", "warning", "--expose")
    assert warning.message.startswith("The input 'split.share' keeps its value when 'model.depth'")


def test_what_holds_a_secret(project: Path) -> None:
    file = project / "conf/base/parameters.yml"
    held = "share: 'https://${azureml.secret:API_KEY}@host'"
    file.write_text(file.read_text().replace("share: 1", held))
    with pytest.raises(DiagnosticError) as refused:
        compile_here(project, exposed={"split.share": "--expose"})
    (finding,) = [d for d in refused.value.diagnostics if d.code == "KAZ211"]
    assert "It holds the secret 'API_KEY', and everyone sees the inputs" in finding.message


def test_what_json_cannot_hold(project: Path) -> None:
    file = project / "conf/base/parameters.yml"
    file.write_text(file.read_text().replace("share: 1", "share: .nan"))
    with pytest.raises(DiagnosticError, match="JSON cannot hold its value, a float") as refused:
        compile_here(project, exposed={"split.share": "--expose"})
    assert "as a text in parameters.yml" in refused.value.diagnostics[0].remedy


@pytest.mark.parametrize("keys", ["{1: a}", "{1: a, b: c}"])
def test_keys_that_are_no_texts(project: Path, keys: str) -> None:
    """JSON would make texts of them, which are other keys; other parameters may have any."""
    file = project / "conf/base/parameters.yml"
    text = file.read_text() + "other: ${machines}\n"
    file.write_text(text.replace("unread: 1", f"unread: {keys}"))
    assert "split_share" in compile_here(project, exposed={"split.share": "--expose"}).job.inputs
    file.write_text(text.replace("share: 1", f"share: {keys}"))
    with pytest.raises(DiagnosticError, match="JSON cannot hold its value, a dict"):
        compile_here(project, exposed={"split.share": "--expose"})


def test_what_the_catalog_has_of_a_parameter(project: Path) -> None:
    """A step whose dataset depends on it has it too, and where files lie is compiled."""
    catalog = project / "conf/base/catalog.yml"
    entry = "  {key}: {{x: '${{runtime_params:split.share,1}}'}}\n"
    table = "table:\n  type: text.TextDataset\n  filepath: data/t.txt\n"
    catalog.write_text(
        f"{catalog.read_text()}\n{table}" + entry.format(key="save_args")
        + "model:\n  type: text.TextDataset\n  filepath: data/m.txt\n"
        + entry.format(key="load_args")
    )  # fmt: skip
    jobs = compile_here(project, exposed={"split.share": "--expose"}).job.jobs
    # `train` writes the model, and does not read the parameter.
    assert [name for name, step in jobs.items() if "split_share" in step.inputs] == [
        "clean",
        "train",
    ]
    catalog.write_text(
        catalog.read_text().replace("data/m.txt", "data/${runtime_params:split.share,1}.txt")
    )
    with pytest.raises(DiagnosticError, match="has the files of 'model', which is compiled"):
        compile_here(project, exposed={"split.share": "--expose"})


def test_an_input_of_all_jobs_that_this_part_does_not_read(project: Path) -> None:
    """`azure.job_inputs` is for every job; a part that does not read it has none."""
    file = project / "conf/base/azureml.yml"
    file.write_text(file.read_text() + "  job_inputs: [eu.only, split.share]\n")
    part = compile_here(project, selection={"nodes": ("clean",)})
    assert set(part.job.inputs) == {"raw", "split_share"}
    file.write_text(file.read_text().replace("eu.only", "unread"))
    with pytest.raises(DiagnosticError, match="No node of this job reads it") as refused:
        compile_here(project)
    assert "azure.job_inputs" in str(refused.value.diagnostics[0].where)


def test_a_name_that_a_dataset_has(tmp_path: Path) -> None:
    made = make_project(
        tmp_path,
        'node(two, ["model_depth", "params:model.depth"], ["a", "b"], name="n"),',
        catalog="model_depth: {type: text.TextDataset, filepath: data/raw.txt}",
        parameters="model: {depth: 3}",
        files={"data/raw.txt": "x"},
        azureml=AZUREML_YML,
    )
    job = compile_here(made, exposed={"model.depth": "--expose"}).job
    assert set(job.inputs) == {"model_depth", "params_model_depth"}


def test_a_node_that_takes_all_parameters_reads_each(tmp_path: Path) -> None:
    made = make_project(
        tmp_path,
        'node(one, "parameters", "a", name="n"), node(one, "params:eu.x", "b", name="m")',
        parameters="{model: {depth: 3}, eu: {x: 1}}",
        azureml=AZUREML_YML,
    )
    job = compile_here(made, exposed={"model.depth": "--expose", "eu": "--expose"}).job
    assert set(job.jobs["n"].inputs) == {"model_depth", "eu"}
    assert set(job.jobs["m"].inputs) == {"eu"}
