"""Nodes that share steps compute what ``kedro run`` computes."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_azureml.datasets.pickled import FILE_NAME, PickledDataset
from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.azureml.service import AzureService
from tests.kit.compare import catalog_state, differences
from tests.kit.forking import ForkServer
from tests.kit.inprocess import compile_here
from tests.kit.processes import in_process, run_job, run_pipeline
from tests.kit.projects import copy_project, new_starter_project
from tests.kit.random_pipelines import (
    WAYS,
    RandomNode,
    computes,
    has_cycle,
    labels,
    pipelines,
    random_project,
)
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def _refusal(nodes: list[RandomNode], groups: dict[str, set[str]]) -> set[str]:
    """The codes with which a grouping has to be refused."""
    if any(len(labels_of_node) > 1 for labels_of_node in groups.values()):
        return {"KAZ232"}
    if has_cycle(nodes, groups):
        return {"KAZ231"}
    if any(len(aliases) > 1 for aliases in computes(nodes, groups).values()):
        return {"KAZ233"}
    return set()


@settings(max_examples=15)
@given(
    nodes=pipelines(6),
    way=st.sampled_from(WAYS),
    runner=st.sampled_from(["SequentialRunner", "ThreadRunner"]),
    keep_files=st.booleans(),
)
def test_any_grouping_gives_the_results_of_kedro_run_or_is_refused(
    nodes: list[RandomNode], way: str, runner: str, keep_files: bool
) -> None:
    grouping = {"by": way, "runner": runner, "keep_files": keep_files}
    groups = labels(nodes, way)
    refused = _refusal(nodes, groups)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = random_project(folder / "azure", nodes, grouping)
        try:
            job = compile_here(project).job
        except DiagnosticError as error:
            found = {d.code for d in error.diagnostics}
        else:
            found = set()
        assert found == refused
        if refused:
            return
        plain = random_project(folder / "plain", nodes, grouping)
        in_process(run_pipeline, plain, folder / "results.json")
        outputs = run_job(job, project, folder / "steps")
        expected = json.loads((folder / "results.json").read_text())
        read = {dataset for n in nodes for dataset in n.inputs}
        memory = {d for n in nodes for d, f in zip(n.outputs, n.files, strict=True) if not f}
        for dataset in memory - read:
            pickled = PickledDataset((outputs[dataset] / FILE_NAME).as_posix(), dataset)
            assert pickled.load() == expected[dataset]
        for n in nodes:
            for dataset, is_file in zip(n.outputs, n.files, strict=True):
                if is_file and (keep_files or dataset in outputs):
                    relative = f"data/02/{dataset}.json"
                    got = json.loads((outputs[dataset] / relative).read_text())
                    assert got == json.loads((plain / relative).read_text())
                elif is_file:
                    assert dataset in read, "a file that nobody reads must leave its step"


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter, once run by Kedro; its ``azure`` copy is set up for jobs."""
    folder = tmp_path_factory.mktemp("starter")
    project = new_starter_project(folder)
    shutil.copytree(project, folder / "azure")
    run_kedro(project, "run")
    return project


@pytest.mark.parametrize(
    ("way", "steps", "runner"),
    [
        ("namespace", 7, "ThreadRunner"),
        ("tag", 6, "SequentialRunner"),
        ("memory", 4, "ParallelRunner"),
        ("pipeline", 1, "SequentialRunner"),
    ],
)
def test_the_starter_under_each_grouping(
    starter: Path, tmp_path: Path, way: str, steps: int, runner: str
) -> None:
    project = Path(shutil.copytree(starter.parent / "azure", tmp_path / "flights"))
    if way == "tag":
        tag_nodes(project)
    (project / "conf/base/azureml.yml").write_text(
        f"azure: {{grouping: {{runner: {runner}}}}}\n", encoding="utf-8"
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", "--group-by", way)
    assert f"{steps} completed." in done.stdout
    assert differences(catalog_state(starter), catalog_state(project)) == []


def test_every_odd_case_in_one_step(tmp_path: Path) -> None:
    """Transcoding, factories, versions, partitions, hooks: in one session as in one step each."""
    plain = copy_project("odd", tmp_path / "plain")
    azure = copy_project("odd", tmp_path / "azure")
    run_kedro(plain, "run")
    run_kedro(azure, "azureml", "run", "--local", "--into-catalog", "--group-by", "pipeline")
    assert differences(catalog_state(plain), catalog_state(azure)) == []


def test_the_starter_through_the_service_under_groupings(
    azure_service: AzureService, fork_server: ForkServer, starter: Path, tmp_path: Path
) -> None:
    """One job for each grouping, named in azureml.yml and submitted by one command."""
    project = Path(shutil.copytree(starter.parent / "azure", tmp_path / "flights"))
    tag_nodes(project)
    ways = ("tag", "memory", "pipeline")
    jobs = "".join(f"    {way}: {{grouping: {{by: {way}}}}}\n" for way in ways)
    text = f"{azureml_yml(azure_service)}  jobs:\n{jobs}".replace("    chunky:", "    other:")
    (project / "conf/base/azureml.yml").write_text(text, encoding="utf-8")
    (project / ".amlignore").write_text("data/\nconf/local/\n.kedro_azureml/\n", encoding="utf-8")
    kedro = Kedro(azure_service, project, fork_server)

    named = [word for way in ways for word in ("-j", way)]
    done = kedro("run", *named, "--wait-for-completion")

    runs = azure_service.jobs.runs
    # They are submitted side by side.
    assert sorted(len(run.children) for run in runs.values()) == [1, 4, 6]
    assert done.stdout.count(": Completed") == 3
    for name in list(runs):
        shutil.rmtree(project / "data")
        shutil.copytree(starter.parent / "azure" / "data", project / "data")
        kedro("job", "download", name, "--into-catalog")
        assert differences(catalog_state(starter), catalog_state(project)) == []


def tag_nodes(project: Path) -> None:
    """Tag the starter's three processing nodes and its two evaluations for two steps."""
    (pipelines_,) = project.glob("src/*/pipelines")
    for name in ("data_processing", "data_science"):
        file = pipelines_ / name / "pipeline.py"
        text = file.read_text(encoding="utf-8")
        for old, tag in (
            ('name="clean_companies"', "step-prepare"),
            ('name="clean_shuttles"', "step-prepare"),
            ('name="build_model_input"', "step-prepare"),
            ('name="evaluate_model"', "step-evaluate"),
        ):
            text = text.replace(old, f'{old}, tags="{tag}"')
        file.write_text(text, encoding="utf-8")
