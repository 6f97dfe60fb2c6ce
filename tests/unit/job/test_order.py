"""Topological order: stable, complete, and honest about cycles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.order import in_order, shortest_cycle

NAMES = st.sampled_from("abcdefgh")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=8)


def test_names_keep_their_order_as_far_as_they_can() -> None:
    assert in_order({"c": ["a"], "a": [], "b": []}) == (["a", "c", "b"], [])
    assert in_order({"b": [], "a": []}) == (["b", "a"], [])
    assert in_order({"a": ["nowhere"]}) == (["a"], [])


def test_names_on_or_behind_a_cycle_are_left_over() -> None:
    graph = {"before": [], "a": ["b", "before"], "b": ["a"], "behind": ["b"], "other": []}
    assert in_order(graph) == (["before", "other"], ["a", "b", "behind"])
    assert shortest_cycle(graph) == ["a", "b"]
    assert shortest_cycle({"a": ["a"]}) == ["a"]
    assert shortest_cycle({"a": [], "b": ["a", "nowhere"]}) == []


@given(GRAPHS)
def test_every_name_comes_after_what_it_needs(graph: dict[str, list[str]]) -> None:
    order, circular = in_order(graph)
    assert sorted([*order, *circular]) == sorted(graph)
    for number, name in enumerate(order):
        assert set(graph[name]) & graph.keys() <= set(order[:number])
    cycle = shortest_cycle(graph)
    assert bool(cycle) == bool(circular)
    for name, before in zip(cycle, [*cycle[-1:], *cycle], strict=False):
        assert before in graph[name]
