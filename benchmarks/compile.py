"""What `kedro azureml compile` costs in a big project, and how that grows with the pipeline."""

from pathlib import Path

from kit.measuring import KEDRO, SCRATCH, Command, Subject, compare, measure, row
from kit.projects import write_project

AIM = 1.25
RUNS = 7
NODES = 500
SIZES = (1, 100, 500, 2000)
# Nodes in a row of the generated pipeline; each reads two of the row before.
WIDTH = 10


def main() -> None:
    for title, imports in (("nodes that import pandas", "import pandas"), ("bare nodes", "")):
        project = big_project(SCRATCH / f"nodes-{NODES}-{imports[7:] or 'bare'}", NODES, imports)
        compare(
            "kedro registry list",
            Command([KEDRO, "registry", "list"], project),
            Subject(f"compile, {NODES} {title}", compile_command(project), cpu=AIM),
            runs=RUNS,
        )
    projects = [big_project(SCRATCH / f"nodes-{size}", size) for size in SIZES]
    start, *medians = measure([compile_command(p) for p in projects], runs=RUNS)
    for size, taken in zip(SIZES[1:], medians, strict=True):
        each = (taken.seconds - start.seconds) / size * 1000
        cpu = (taken.cpu - start.cpu) / size * 1000
        row(
            f"compile, {size} bare nodes",
            "one node",
            f"{taken.seconds:.2f} s, {each:.2f} ms a node",
            f"{taken.cpu:.2f} s, {cpu:.2f} ms a node",
            f"{taken.memory / 1e6:.0f} / {start.memory / 1e6:.0f} MB",
        )


def compile_command(project: Path) -> Command:
    return Command([KEDRO, "azureml", "compile", "-o", "pipeline.yml"], project)


def big_project(folder: Path, nodes: int, imports: str = "") -> Path:
    """Make a project with that many nodes and half of its datasets in the catalog."""
    registry = REGISTRY.format(imports=imports, nodes=nodes, width=WIDTH)
    return write_project(folder, registry, CATALOG)


CATALOG = """\
raw:
  type: text.TextDataset
  filepath: data/raw.txt
"stored_{name}":
  type: pickle.PickleDataset
  filepath: "data/{name}.pkl"
"""

REGISTRY = """\
{imports}
from kedro.pipeline import Pipeline, node

NODES, WIDTH = {nodes}, {width}


def work(*inputs):
    return "".join(map(str, inputs))


def output(index):
    return f"stored_{{index}}" if index % 2 else f"memory_{{index}}"


def inputs(index):
    if index < WIDTH:
        return ["raw", "params:alpha"]
    row, column = divmod(index, WIDTH)
    above = (row - 1) * WIDTH
    return [output(above + column), output(above + (column + 1) % WIDTH)]


def register_pipelines():
    nodes = [node(work, inputs(i), output(i), name=f"node_{{i}}") for i in range(NODES)]
    return {{"__default__": Pipeline(nodes)}}
"""


if __name__ == "__main__":
    main()
