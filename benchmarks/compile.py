"""What `kedro azureml compile` costs in a big project, and how that grows with the pipeline."""

from pathlib import Path

from common import BIN, SCRATCH, Command, compare, kedro_version, measure

TARGET = 1.5
RUNS = 7
NODES = 500
SIZES = (1, 100, 500, 2000)
# Nodes in a row of the generated pipeline; each reads two of the row before.
WIDTH = 10


def main() -> None:
    for title, imports in (("nodes that import pandas", "import pandas"), ("bare nodes", "")):
        project = big_project(SCRATCH / f"nodes-{NODES}-{imports[7:]}", NODES, imports)
        compare(
            f"compile, {NODES} {title}: kedro registry list",
            compile_command(project),
            Command([BIN / "kedro", "registry", "list"], project),
            target=TARGET,
            runs=RUNS,
        )
    projects = [big_project(SCRATCH / f"nodes-{size}", size) for size in SIZES]
    medians = measure([compile_command(p) for p in projects], runs=RUNS)
    start = medians[0]
    print("compile, by the number of nodes (a node's cost is what it adds to a pipeline of one):")
    for size, taken in zip(SIZES[1:], medians[1:], strict=True):
        each = (taken.seconds - start.seconds) / size * 1000
        cpu = (taken.cpu - start.cpu) / size * 1000
        print(
            f"  {size:>5} nodes {taken.seconds:6.2f} s, {each:.2f} ms a node (processor {cpu:.2f})"
        )


def compile_command(project: Path) -> Command:
    return Command([BIN / "kedro", "azureml", "compile", "-o", "pipeline.yml"], project)


def big_project(folder: Path, nodes: int, imports: str = "") -> Path:
    """Make a project with that many nodes and half of its datasets in the catalog."""
    package = folder / "src" / "big_project"
    package.mkdir(parents=True, exist_ok=True)
    for environment in ("base", "local"):
        (folder / "conf" / environment).mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "raw.txt").write_text("raw\n")
    (folder / ".amlignore").write_text("/data/\n/pipeline.yml\n__pycache__/\n")
    (folder / "pyproject.toml").write_text(
        "[tool.kedro]\n"
        'package_name = "big_project"\n'
        'project_name = "Big project"\n'
        f'kedro_init_version = "{kedro_version()}"\n'
    )
    (folder / "conf" / "base" / "catalog.yml").write_text(
        "raw:\n"
        "  type: text.TextDataset\n"
        "  filepath: data/raw.txt\n"
        '"stored_{name}":\n'
        "  type: pickle.PickleDataset\n"
        '  filepath: "data/{name}.pkl"\n'
    )
    (folder / "conf" / "base" / "parameters.yml").write_text("alpha: 0.1\n")
    (folder / "conf" / "base" / "azureml.yml").write_text(
        "azure:\n"
        "  experiment_name: big\n"
        "  environment_name: big@latest\n"
        "  compute: {__default__: {cluster_name: cpu-cluster}}\n"
    )
    (package / "__init__.py").write_text("")
    (package / "settings.py").write_text("")
    (package / "pipeline_registry.py").write_text(
        REGISTRY.format(imports=imports, nodes=nodes, width=WIDTH)
    )
    return folder


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
