"""YAML from elsewhere, read in bounded time and memory.

A few lines of aliases of aliases stand for more values than any machine holds. PyYAML reads them in
no time, because it keeps each value once, and whoever looks at the values then never comes back.
"""

from __future__ import annotations

from typing import Any

import yaml

# libyaml's parser is some ten times faster than the pure Python one.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What anchors may repeat: far more than a person means by them, and read within a second.
_MOST_REPEATED = 20_000
_DEEPEST = 100


def load_yaml(text: str | bytes) -> Any:
    """Read a text as YAML; None if there is nothing in it.

    Raises:
        yaml.YAMLError: It is no YAML, or `check_size` refuses it.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            check_size(root)
            return None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except RecursionError:
        raise _refused("it is nested too deeply", None) from None
    except (ValueError, OverflowError) as error:
        # A date without such a day, or a number without end.
        raise _refused(str(error), None) from error


def check_size(root: yaml.Node | None) -> None:
    """Make sure that a document is about as large as it is written, and not nested without end.

    Raises:
        yaml.MarkedYAMLError: Its aliases repeat too much, a section holds itself by an alias, or it
            is nested too deeply.
    """
    if root is not None:
        written = _Sizes()
        size, _ = written.of(root, 0)
        if size - len(written.known) > _MOST_REPEATED:
            raise _refused("its aliases stand for too many values", root)


class _Sizes:
    """How many values each node stands for, and how deep it goes, with each alias written out."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[int, int]] = {}
        self._above: set[int] = set()

    def of(self, node: yaml.Node, depth: int) -> tuple[int, int]:
        """Return both for a node, and remember them."""
        known = self.known.get(id(node))
        if known is None:
            known = self.known[id(node)] = self._measured(node, depth)
        if depth + known[1] > _DEEPEST:
            raise _refused("it is nested too deeply", node)
        return known

    def _measured(self, node: yaml.Node, depth: int) -> tuple[int, int]:
        if not isinstance(node, yaml.CollectionNode):
            return 1, 0
        if id(node) in self._above:
            raise _refused("a section holds itself by an alias", node)
        if depth > _DEEPEST:
            raise _refused("it is nested too deeply", node)
        self._above.add(id(node))
        size, deepest = 1, 0
        for item in node.value:
            for part in item if isinstance(item, tuple) else (item,):
                inner, below = self.of(part, depth + 1)
                size, deepest = size + inner, max(deepest, below + 1)
        self._above.remove(id(node))
        return size, deepest


def _refused(problem: str, node: yaml.Node | None) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark if node else None)
