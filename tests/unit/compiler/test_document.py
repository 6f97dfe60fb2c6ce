"""``azure.ai.ml.load_job`` accepts every document, whatever the pipeline."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kedro.framework.project import pipelines

from kedro_azureml.compiler import CompileRequest, compile_project
from kedro_azureml.job.yaml import dump_job, load_text
from tests.kit.inprocess import compile_here, enter
from tests.kit.projects import PACKAGE, make_project

REGISTRY = """\
from kedro.pipeline import Pipeline, node

SPEC = []


def one(*args):
    return 1


def register_pipelines():
    nodes = [
        node(one, inputs or None, outputs or None, name=name, tags=tags)
        for name, inputs, outputs, tags in SPEC
    ]
    return {"__default__": Pipeline(nodes)}
"""

DATASET = st.one_of(
    st.text("abAB._- é😀$'\"{}\n", min_size=1, max_size=6),
    st.sampled_from(["path", "home", "items", "it's ${{x}} $[[y]]", "x" * 300, "12:30:00", "on"]),
).filter(lambda s: "@" not in s and not s.startswith("params:") and s != "parameters")
NODE_NAME = st.text("abAB._-é9", min_size=1, max_size=8) | st.sampled_from(["class", "items", "1"])


@st.composite
def pipeline_specs(draw: st.DrawFn) -> list[tuple[str, list[str], list[str], list[str]]]:
    """Nodes in topological order: each reads what earlier ones wrote."""
    names = draw(st.lists(NODE_NAME, min_size=1, max_size=6, unique=True))
    pool = draw(st.lists(DATASET, min_size=len(names) * 2, max_size=14, unique=True))
    written: list[str] = []
    spec = []
    for name in names:
        inputs = (
            draw(st.lists(st.sampled_from(written), max_size=3, unique=True)) if written else []
        )
        count = draw(st.integers(0, min(2, len(pool))))
        outputs = [pool.pop() for _ in range(count)]
        if not inputs and not outputs:
            outputs = [pool.pop()]
        written += outputs
        spec.append((name, inputs, outputs, draw(st.sampled_from([[], ["chunky"], ["other"]]))))
    return spec


@pytest.fixture(scope="module")
def load_job() -> Callable[..., Any]:
    azure = pytest.importorskip("azure.ai.ml")
    return azure.load_job  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("random") / "a project"
    make_project(path, registry=REGISTRY)
    enter(path)
    return path


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(spec=pipeline_specs(), variable=DATASET.filter(lambda s: "\x00" not in s))
def test_any_pipeline_loads(
    project: Path, load_job: Callable[..., Any], spec: list[Any], variable: str
) -> None:
    registry = importlib.import_module(f"{PACKAGE}.pipeline_registry")
    vars(registry)["SPEC"] = spec
    pipelines.configure(f"{PACKAGE}.pipeline_registry")
    request = CompileRequest(project_path=project, base=project, env_vars={"V": variable})
    compilation = compile_project(request)
    text = dump_job(compilation.job)
    assert dump_job(load_text(text)) == text
    file = project / "pipeline.yml"
    file.write_text(text, encoding="utf-8")
    loaded = load_job(file)
    assert set(loaded.jobs) == set(compilation.job.jobs)
    for name, step in compilation.job.jobs.items():
        theirs = loaded.jobs[name]
        assert theirs.component.command == step.component.command
        assert theirs.component.is_deterministic is False
        assert set(theirs.inputs) == set(step.inputs)
        assert theirs.environment_variables["V"] == variable
    produced = sum(len(outputs) for _, _, outputs, _ in spec)
    assert produced == sum(len(step.component.outputs) for step in compilation.job.jobs.values())


@pytest.mark.filterwarnings("ignore")
def test_what_the_sdk_makes_of_a_document(tmp_path: Path, load_job: Callable[..., Any]) -> None:
    """The facts of docs/architecture/azureml-contracts.md that the document relies on."""
    project = make_project(
        tmp_path / "a b",
        'node(one, "raw", "t", name="first", tags=["chunky", "deterministic"]),'
        'node(nothing, "t", None, name="second")',
        catalog="raw: {type: text.TextDataset, filepath: data/raw.txt}\n",
        files={"data/raw.txt": "x"},
    )
    file = project / "pipeline.yml"
    file.write_text(dump_job(compile_here(project).job))
    job = load_job(file)
    assert job.experiment_name == "exp"
    assert job.settings.default_compute == "cpu"
    assert job.settings.continue_on_step_failure is False
    assert job.jobs["first"].compute == "big"
    assert job.jobs["first"].component.is_deterministic is True
    assert job.jobs["second"].component.is_deterministic is False
    assert job.jobs["second"].component.environment == "env@latest"
    assert Path(job.inputs["raw"].path).name == "raw.txt"
    assert job.jobs["first"].tags["kedro_step"] == "first"
