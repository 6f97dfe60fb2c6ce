"""Hostile names only: the functions do next to nothing."""

from __future__ import annotations

from functools import partial

from kedro.pipeline import Pipeline, node

from odd.names import DECLARED, IN_MEMORY, NODES


def number(count: int, start: int = 0) -> list[int]:
    return list(range(start, start + count))


def make_first() -> list[int]:
    return number(len(IN_MEMORY[0]))


def make_second() -> list[int]:
    return number(len(IN_MEMORY[1]), 100)


def make_third() -> list[int]:
    return number(len(IN_MEMORY[2]), 200)


def declare(*values: int) -> list[list[int]]:
    """Write as many as are declared, each with numbers of its own."""
    return [[index, *values[:2]] for index in range(len(DECLARED))]


def report(*values: object) -> list[object]:
    return list(values)


def create_pipeline(**kwargs) -> Pipeline:
    first, second, third = (list(names) for names in IN_MEMORY)
    spaced = Pipeline(
        [node(report, first[:3], "inside_report", name="report")],
        namespace="it's a $name 🚀",
        inputs=set(first[:3]),
        outputs={"inside_report"},
    )
    return spaced + Pipeline(
        [
            node(make_first, None, first, name=NODES[0]),
            node(make_second, None, second, name=NODES[1]),
            node(make_third, None, third, name=NODES[2]),
            node(declare, first, list(DECLARED), name=NODES[3]),
            node(report, first, "first_names_report", name=NODES[4]),
            node(report, second, "second_names_report", name=NODES[5]),
            node(report, third, "third_names_report", name=NODES[6]),
            node(report, list(DECLARED), "declared_names_report", name=NODES[7]),
            # nodes without a name: Kedro makes one of the function, `<lambda>__0f1e2d3c`
            node(lambda value: [value, "lambda"], "it's", "lambda_report"),
            node(partial(number, start=5), "A", "partial_report"),
        ]
    )
