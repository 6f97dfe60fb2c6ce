"""Random pipelines, as data: what hypothesis draws, and the Kedro pipeline and project of it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from kedro.pipeline import Pipeline, node

from tests.kit.projects import make_project

WAYS = ("none", "namespace", "tag", "memory", "pipeline")
PREFIX = "step-"
ALIASES = ("chunky", "gpu")


@dataclass(frozen=True)
class RandomNode:
    """One node: what it reads, how many datasets it makes, and which of them are files."""

    name: str
    inputs: tuple[str, ...]
    files: tuple[bool, ...]
    namespace: str | None
    tags: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    @property
    def outputs(self) -> list[str]:
        return [f"{self.name}_{number}" for number in range(len(self.files))]


@st.composite
def pipelines(draw: st.DrawFn, most: int = 7) -> list[RandomNode]:
    """Up to `most` nodes in an order in which they can run; some are tagged, some in namespaces."""
    nodes: list[RandomNode] = []
    known: list[str] = ["raw"]
    for number in range(draw(st.integers(1, most))):
        inputs = draw(st.lists(st.sampled_from(known), unique=True, max_size=3))
        tags = draw(
            st.lists(st.sampled_from([f"{PREFIX}a", f"{PREFIX}b", *ALIASES]), max_size=1)
            | st.just([f"{PREFIX}a", f"{PREFIX}b"])
        )
        new = RandomNode(
            f"n{number}",
            tuple(inputs),
            tuple(draw(st.lists(st.booleans(), min_size=1, max_size=2))),
            draw(st.sampled_from([None, None, "s", "t", "s.u", "s.v"])),
            tuple(tags),
        )
        nodes.append(new)
        known += new.outputs
    return nodes


def build(nodes: Iterable[RandomNode]) -> Pipeline:
    """The Kedro pipeline; each node's result tells how it was made."""
    made = [
        node(
            _Maker(n.name, len(n.files)),
            list(n.inputs) or None,
            n.outputs if len(n.files) > 1 else n.outputs[0],
            name=n.name,
            namespace=n.namespace,
            tags=n.tags,
        )
        for n in nodes
    ]
    with warnings.catch_warnings():
        # Kedro warns of groups of nodes that could not be run by themselves: they are the point.
        warnings.simplefilter("ignore", UserWarning)
        return Pipeline(made)


class _Maker:
    """A node's function."""

    def __init__(self, name: str, count: int) -> None:
        self.__name__ = name
        self._count = count

    def __call__(self, *inputs: Any) -> Any:
        made = tuple(
            {"made by": self.__name__, "number": n, "of": list(inputs)} for n in range(self._count)
        )
        return made if self._count > 1 else made[0]


def read(file: Path) -> Pipeline:
    """The pipeline of a file that `random_project` wrote."""
    return build(
        RandomNode(**_as_tuples(item)) for item in json.loads(file.read_text(encoding="utf-8"))
    )


def _as_tuples(item: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}


def random_project(path: Path, nodes: list[RandomNode], grouping: dict[str, Any]) -> Path:
    """A project with these nodes as its pipeline."""
    catalog = {"raw": {"type": "json.JSONDataset", "filepath": "data/01/raw.json"}}
    for n in nodes:
        for dataset, is_file in zip(n.outputs, n.files, strict=True):
            if is_file:
                place = f"data/02/{dataset}.json"
                catalog[dataset] = {"type": "json.JSONDataset", "filepath": place}
    computes = {"__default__": "cpu", "chunky": "big", "gpu": "v100"}
    azureml = {
        "resource_group": "rg",
        "workspace_name": "ws",
        "environment_name": "env@latest",
        "compute": {alias: {"cluster_name": name} for alias, name in computes.items()},
        "grouping": grouping,
    }
    return make_project(
        path,
        catalog=json.dumps(catalog),
        azureml=json.dumps({"azure": azureml}),
        files={
            "data/01/raw.json": '{"made by": "nobody"}',
            "nodes.json": json.dumps([asdict(n) for n in nodes]),
        },
        registry="""\
        from pathlib import Path
        from tests.kit.random_pipelines import read

        def register_pipelines():
            return {"__default__": read(Path(__file__).parents[2] / "nodes.json")}
        """,
    )


def labels(nodes: list[RandomNode], way: str) -> dict[str, set[str]]:
    """Each node's groups by the plain words of the documentation, to compare with."""
    found: dict[str, set[str]] = {}
    for n in nodes:
        alone = {f"alone {n.full_name}"}
        if way == "namespace":
            found[n.full_name] = {f"ns {n.namespace.split('.')[0]}"} if n.namespace else alone
        elif way == "tag":
            found[n.full_name] = {t for t in n.tags if t.startswith(PREFIX)} or alone
        elif way == "pipeline":
            found[n.full_name] = {"all"}
        else:
            found[n.full_name] = alone
    if way == "memory":
        makers = {
            d: n.full_name for n in nodes for d, f in zip(n.outputs, n.files, strict=True) if not f
        }
        for n in nodes:
            for dataset in n.inputs:
                if dataset in makers:
                    old, new = found[n.full_name], found[makers[dataset]]
                    found = {k: new if v == old else v for k, v in found.items()}
    return found


def has_cycle(nodes: list[RandomNode], groups: dict[str, set[str]]) -> bool:
    """Whether some group needs itself by way of another one; plain reachability."""
    makers = {d: n.full_name for n in nodes for d in n.outputs}
    group_of = {name: min(group) for name, group in groups.items()}
    after: dict[str, set[str]] = {group: set() for group in group_of.values()}
    for n in nodes:
        for dataset in n.inputs:
            if dataset in makers and group_of[makers[dataset]] != group_of[n.full_name]:
                after[group_of[makers[dataset]]].add(group_of[n.full_name])
    for start in after:
        seen: set[str] = set()
        todo = list(after[start])
        while todo:
            group = todo.pop()
            if group not in seen:
                seen.add(group)
                todo += after[group]
        if start in seen:
            return True
    return False


def computes(nodes: list[RandomNode], groups: dict[str, set[str]]) -> dict[str, set[str]]:
    """The aliases of each group's nodes."""
    found: dict[str, set[str]] = {}
    for n in nodes:
        alias = next((t for t in n.tags if t in ALIASES), "__default__")
        found.setdefault(min(groups[n.full_name]), set()).add(alias)
    return found
