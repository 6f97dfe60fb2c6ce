"""The tree and the facts that ``plan`` prints."""

from __future__ import annotations

import sys
import textwrap

from kedro_azureml.compiler import Compilation
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.plan_view.facts import facts
from kedro_azureml.plan_view.graph import Graph
from kedro_azureml.plan_view.tree import PLAIN, Signs, draw_tree


def print_plan(compilation: Compilation, graph: Graph) -> None:
    """Print the steps as a tree, and what there is to say about the job."""
    console = make_console(sys.stdout)
    signs = Signs() if (console.encoding or "").lower().startswith("utf") else PLAIN
    say(console, graph.name)
    say(console, "")
    for line in draw_tree(graph, signs):
        if sys.stdout.isatty():
            line.truncate(console.width, overflow="ellipsis")
        say(console, line)
    say(console, "")
    for fact in facts(compilation, graph):
        for part in textwrap.wrap(fact, console.width, subsequent_indent="  "):
            say(console, part)
