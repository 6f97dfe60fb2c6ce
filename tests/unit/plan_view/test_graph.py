"""The steps as a graph, a tree of lines and a drawing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_azureml.plan_view.facts import facts
from kedro_azureml.plan_view.graph import Graph, GraphStep, make_graph
from kedro_azureml.plan_view.layout import HEIGHT, WIDTH, lay_out
from kedro_azureml.plan_view.tree import PLAIN, draw_tree
from tests.kit.inprocess import compile_here
from tests.kit.projects import make_project

NODES = """
    node(one, "raw", "a", name="a"),
    node(one, "a", "b", name="b", tags="chunky"),
    node(one, "a", "c", name="c", namespace="sci"),
    node(one, "c", "d", name="d", namespace="sci"),
    node(one, ["b", "d"], "e", name="e"),
    node(one, None, "lone", name="lone"),
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "p",
        NODES,
        catalog="raw: {type: text.TextDataset, filepath: data/raw.txt}\n",
        files={"data/raw.txt": "x" * 1500},
    )


def step(name: str, *needs: str, compute: str = "cpu") -> GraphStep:
    return GraphStep(name, (name,), compute, needs, needs, (name,), {})


def graph_of(*steps: GraphStep) -> Graph:
    return Graph("job", {s.name: s for s in steps})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    steps: list[GraphStep] = []
    for number in range(draw(st.integers(0, 14))):
        names = [s.name for s in steps]
        needs = draw(st.lists(st.sampled_from(names), unique=True, max_size=4)) if names else []
        compute = draw(st.sampled_from(["cpu", "gpu"]))
        steps.append(step(f"s{number}", *needs, compute=compute))
    return graph_of(*steps)


def test_what_the_compiled_job_says(project: Path) -> None:
    compilation = compile_here(project, group_by="namespace", env_vars={"LEVEL": "value"})
    graph = make_graph(compilation)
    assert {s.name: s.needs for s in graph.steps.values()} == {
        "a": (),
        "lone": (),
        "b": ("a",),
        "sci": ("a",),
        "e": ("b", "sci"),
    }
    assert graph.steps["sci"].nodes == ("sci.c", "sci.d")
    assert graph.computes == ["cpu", "big"]
    assert graph.steps["b"].settings["environment"] == "env@latest"
    assert graph.steps["b"].settings["environment_variables"] == "LEVEL"
    assert graph.longest_path() == ["a", "b", "e"]
    said = list(facts(compilation, graph))
    assert said[0] == "5 steps for 6 nodes (1 saved)."
    assert said[1] == "Longest path, 3 steps: a > b > e."
    assert "1 raw input (1.5 kB)" in said[2]


def test_the_tree() -> None:
    graph = graph_of(
        step("a"),
        step("b", "a"),
        step("c", "b"),
        step("d", "b", compute="gpu"),
        step("e", "d", "c"),
        step("f"),
    )
    assert [line.plain for line in draw_tree(graph, PLAIN)] == [
        "a  cpu",
        "> b  cpu",
        "|- c  cpu",
        "`- d  gpu",
        "   > e  cpu  also after c",
        "f  cpu",
    ]
    colours = {line.plain.split()[-1]: str(line.spans[-1].style) for line in draw_tree(graph)}
    assert colours["cpu"] != colours["gpu"]


@settings(max_examples=200)
@given(graph=graphs())
def test_any_graph_is_drawn_whole(graph: Graph) -> None:
    levels = graph.levels()
    path = graph.longest_path()
    assert len(path) == max(levels.values(), default=-1) + 1
    for before, after in pairwise(path):
        assert before in graph.steps[after].needs

    lines = [line.plain for line in draw_tree(graph)]
    assert len(lines) == len(graph.steps)

    layout = lay_out(graph)
    assert layout.places.keys() == graph.steps.keys()
    boxes = list(layout.places.values())
    assert len(set(boxes)) == len(boxes)
    for x, y in boxes:
        assert 0 <= x <= layout.width - WIDTH
        assert 0 <= y <= layout.height - HEIGHT
    for s in graph.steps.values():
        for need in s.needs:
            assert layout.places[need][0] < layout.places[s.name][0]
    drawn = {(line.source, line.target) for line in layout.lines}
    assert drawn == {(need, s.name) for s in graph.steps.values() for need in s.needs}
    for line in layout.lines:
        x, y = layout.places[line.source]
        assert line.points[0] == (x + WIDTH, y + HEIGHT / 2)
        # To the right in every piece, through no box of another step.
        assert all(a[0] <= b[0] for a, b in pairwise(line.points))
        for (ax, ay), (bx, _) in list(pairwise(line.points))[1::2]:
            assert not any(
                (bx, ay) == (ox + WIDTH, oy + HEIGHT / 2) or (ax, ay) == (ox, oy + HEIGHT / 2)
                for ox, oy in boxes
            )
