"""Nodes to steps: every way of grouping, and each reason to refuse one."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kedro.pipeline import Pipeline, node

from kedro_azureml.compiler import CompileRequest
from kedro_azureml.compiler.grouping import sharing
from kedro_azureml.compiler.grouping.groups import group_nodes
from kedro_azureml.config import AzureMLConfig, GroupingConfig
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.distributed import Framework, distributed_job
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.random_pipelines import (
    WAYS,
    RandomNode,
    build,
    computes,
    has_cycle,
    labels,
    pipelines,
)
from tests.unit.compiler.test_compile import findings, record

CONFIG = AzureMLConfig.model_validate(
    {
        "azure": {
            "compute": {
                "__default__": {"cluster_name": "cpu"},
                "chunky": {"cluster_name": "big"},
                "gpu": {"cluster_name": "v100"},
            }
        }
    }
)

REQUEST = CompileRequest(project_path=Path(), base=Path())

# load -> clean -> fit -> score -> report, in two namespaces, with one file between them.
CHAIN = """
    node(one, "raw", "loaded", name="load", tags="step-prepare"),
    node(one, "loaded", "table", name="clean", tags="step-prepare"),
    node(one, "table", "model", name="fit", namespace="science", tags="step-learn"),
    node(one, "model", "scores", name="score", namespace="science.late", tags="step-learn"),
    node(nothing, "scores", None, name="report"),
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/01/raw.txt}
table: {type: text.TextDataset, filepath: data/02/table.txt}
model: {type: pickle.PickleDataset, filepath: data/06/model.pkl}
"""


def chain(path: Path, grouping: str = "") -> Path:
    return make_project(
        path,
        CHAIN,
        catalog=CATALOG,
        files={"data/01/raw.txt": "x"},
        azureml=AZUREML_YML + (f"  grouping: {grouping}\n" if grouping else ""),
    )


def steps(project: Path, **request: Any) -> dict[str, list[str]]:
    compilation = compile_here(project, **request)
    return {step.name: list(step.record.nodes) for step in compilation.steps}


@settings(max_examples=300)
@given(nodes=pipelines(), way=st.sampled_from(WAYS))
def test_any_pipeline_is_divided_or_refused_for_a_true_reason(
    nodes: list[RandomNode], way: str
) -> None:
    pipeline = build(nodes)
    files = {d for n in nodes for d, f in zip(n.outputs, n.files, strict=True) if f}
    wanted = labels(nodes, way)
    twice = any(len(groups) > 1 for groups in wanted.values())
    grouping = GroupingConfig.model_validate({"by": way})
    divide = functools.partial(group_nodes, pipeline, grouping, in_memory=lambda d: d not in files)
    if twice or has_cycle(nodes, wanted):
        with pytest.raises(DiagnosticError) as refusal:
            divide()
        codes = {d.code for d in refusal.value.diagnostics}
        assert codes == {"KAZ232" if twice else "KAZ231"}
        if not twice:
            check_feeds(nodes, wanted, str(refusal.value))
        return
    groups = divide()
    # Each node once, and together exactly with those of its group.
    expected: dict[str, set[str]] = {}
    for name, label in wanted.items():
        expected.setdefault(min(label), set()).add(name)
    found = [{n.name for n in group.nodes} for group in groups]
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected.values()))
    assert len({group.name for group in groups}) == len(groups)
    # In an order in which they can run, inside the groups and among them.
    made = {"raw"}
    for group in groups:
        for n in group.nodes:
            assert made.issuperset(n.inputs)
            made.update(n.outputs)
    mixed = [label for label, used in computes(nodes, wanted).items() if len(used) > 1]
    problems = list(sharing.check_sharing(groups, REQUEST, CONFIG))
    assert [d.code for d in problems] == ["KAZ233"] * len(mixed)


def check_feeds(nodes: list[RandomNode], groups: dict[str, set[str]], said: str) -> None:
    """Each ``'a' of 'x' feeds 'b' of 'y'`` is so, and they lead from each group to the next."""
    by_name = {n.full_name: n for n in nodes}
    feeds = re.findall(r"'(\S+)' of '(\S+)' feeds '(\S+)' of '(\S+?)'", said)
    assert len(feeds) > 1
    for (a, x, b, y), (_, following, *_) in zip(feeds, [*feeds[1:], feeds[0]], strict=True):
        assert set(by_name[a].outputs) & set(by_name[b].inputs)
        assert groups[a] != groups[b]
        assert x != y == following


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [
        ("{by: none}", [["load"], ["clean"], ["science.fit"], ["science.late.score"], ["report"]]),
        (
            "{by: namespace}",
            [["load"], ["clean"], ["science.fit", "science.late.score"], ["report"]],
        ),
        (
            "{by: namespace, depth: 2}",
            [["load"], ["clean"], ["science.fit"], ["science.late.score"], ["report"]],
        ),
        (
            "{by: tag}",
            [["load", "clean"], ["science.fit", "science.late.score"], ["report"]],
        ),
        ("{by: memory}", [["load", "clean"], ["science.fit"], ["science.late.score", "report"]]),
        ("{by: pipeline}", [["load", "clean", "science.fit", "science.late.score", "report"]]),
    ],
)
def test_each_way(tmp_path: Path, grouping: str, expected: list[list[str]]) -> None:
    assert list(steps(chain(tmp_path, grouping)).values()) == expected


def test_names_of_steps(tmp_path: Path) -> None:
    project = chain(tmp_path)
    assert list(steps(project, group_by="tag")) == ["prepare", "learn", "report"]
    assert list(steps(project, group_by="namespace")) == ["load", "clean", "science", "report"]
    assert list(steps(project, group_by="memory")) == ["load", "science_fit", "science_late_score"]
    assert list(steps(project, group_by="pipeline")) == ["pipeline"]


def test_a_group_and_a_lone_node_of_one_name() -> None:
    nodes = [
        node(abs, "a", "b", name="same"),
        node(abs, "b", "c", name="x", tags="step-same"),
        node(abs, "c", "d", name="y", tags="step-same"),
    ]
    groups = group_nodes(Pipeline(nodes), GroupingConfig(by="tag"))
    assert len({group.name for group in groups}) == 2
    assert groups[0].name == "same"


def test_only_what_crosses_goes_out_and_files_are_kept(tmp_path: Path) -> None:
    job = compile_here(chain(tmp_path, "{by: pipeline}")).job
    (step,) = job.jobs.values()
    # `loaded` and `scores` are only in memory, and stay there.
    assert list(step.component.outputs) == ["table", "model"]
    job = compile_here(chain(tmp_path, "{by: pipeline, keep_files: false}")).job
    (step,) = job.jobs.values()
    assert step.component.outputs == {}
    job = compile_here(chain(tmp_path, "{by: tag, keep_files: false}")).job
    assert {name: list(s.component.outputs) for name, s in job.jobs.items()} == {
        "prepare": ["table"],
        "learn": ["scores"],
        "report": [],
    }
    assert job.jobs["learn"].inputs == {"table": "${{parent.jobs.prepare.outputs.table}}"}


def test_what_nobody_reads_is_a_result(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(two, None, ["a", "b"], name="x"), node(one, "a", "c", name="y")',
        azureml=AZUREML_YML + "  grouping: {by: pipeline}\n",
    )
    only = record(compile_here(project).job, "pipeline")
    assert list(only.results) == ["b", "c"]
    assert only.outputs == {}


def test_the_runner_is_for_steps_of_several_nodes(tmp_path: Path) -> None:
    job = compile_here(chain(tmp_path, "{by: tag, runner: ThreadRunner}")).job
    assert record(job, "learn").runner == "ThreadRunner"
    assert record(job, "report").runner is None
    assert record(job, "learn").nodes == ("science.fit", "science.late.score")


def test_transcoded_memory_joins(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "t@pandas", name="a"), node(one, "t@spark", "u", name="b")',
        azureml=AZUREML_YML + "  grouping: {by: memory}\n",
    )
    assert list(steps(project).values()) == [["a", "b"]]


def test_a_cycle_is_refused_with_its_nodes(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        """
        node(one, None, "a", name="first", tags="step-x"),
        node(one, "a", "b", name="between"),
        node(one, "b", "c", name="last", tags="step-x"),
        """,
        azureml=AZUREML_YML + "  grouping: {by: tag}\n",
    )
    (finding,) = findings(project)
    assert finding.startswith("KAZ231 azureml.yml azure.grouping: ")
    assert "'first' of 'x' feeds 'between' of 'between'" in finding
    assert "'between' of 'between' feeds 'last' of 'x'" in finding


def test_mixed_computes_are_refused(tmp_path: Path) -> None:
    nodes = 'node(one, None, "a", name="p", tags="chunky"), node(one, "a", "b", name="q")'
    project = make_project(tmp_path, nodes)
    (finding,) = findings(project, group_by="pipeline")
    assert "KAZ233" in finding
    assert "'chunky' for 'p' and '__default__' for 'q'" in finding
    same = AZUREML_YML.replace("cluster_name: big", "cluster_name: cpu")
    (project / "conf/base/azureml.yml").write_text(same)
    assert list(steps(project, group_by="pipeline").values()) == [["p", "q"]]


def test_a_distributed_node_is_refused() -> None:
    @distributed_job(Framework.MPI, num_nodes=2)
    def train(x: int) -> int:
        return x

    lone = node(train, "b", "c", name="train")
    pipeline = Pipeline([node(abs, "a", "b", name="prepare"), lone])
    together = group_nodes(pipeline, GroupingConfig(by="pipeline"))
    (finding,) = sharing.check_sharing(together, REQUEST, CONFIG)
    assert finding.code == "KAZ234"
    assert "'train'" in finding.message
    assert "'prepare'" in finding.message
    assert list(sharing.check_sharing(group_nodes(pipeline), REQUEST, CONFIG)) == []


def test_two_groups_by_tag_are_refused(tmp_path: Path) -> None:
    project = make_project(
        tmp_path, 'node(one, None, "a", name="p", tags=["step-x", "step-y", "other"])'
    )
    (finding,) = findings(project, group_by="tag")
    assert "KAZ232" in finding
    assert "'step-x' and 'step-y'" in finding


def test_a_command_that_no_shell_takes_is_refused(tmp_path: Path) -> None:
    nodes = "*[node(one, None, f'd{i}' + 'x' * 300, name=f'n{i}') for i in range(500)]"
    found = findings(make_project(tmp_path, nodes), group_by="pipeline")
    assert any("KAZ404" in f and "'pipeline'" in f for f in found)


@pytest.mark.parametrize(
    ("way", "cause"), [("tag", "has a tag that begins with 'step-'"), ("namespace", "a namespace")]
)
def test_a_grouping_that_finds_nothing_is_told(tmp_path: Path, way: Any, cause: str) -> None:
    project = make_project(tmp_path, 'node(one, None, "a", name="a", tags="other")')
    (finding,) = compile_here(project, group_by=way).diagnostics
    assert (finding.code, finding.severity) == ("KAZ235", "warning")
    assert cause in finding.message
    assert compile_here(chain(tmp_path / "chain"), group_by=way).diagnostics == ()
