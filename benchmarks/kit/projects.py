"""The projects that are measured: each with the ``conf/logging.yml`` that Kedro's starters have.

That file matters: it writes a log file beside the console, and so a file is open in each process
from the import of Kedro to its end.
"""

import shutil
from pathlib import Path
from typing import Literal

from kit.measuring import KEDRO, SCRATCH, Command, compile_bytecode, kedro_version

Shape = Literal["chain", "wide"]

LOGGING = """\
version: 1
disable_existing_loggers: false
formatters:
  line: {format: "%(asctime)s %(name)s %(levelname)s: %(message)s"}
handlers:
  terminal:
    class: kedro.logging.RichHandler
    rich_tracebacks: true
  file:
    class: logging.handlers.RotatingFileHandler
    formatter: line
    level: INFO
    filename: info.log
    maxBytes: 10000000
    backupCount: 20
    encoding: utf8
    delay: true
root:
  handlers: [terminal, file]
loggers:
  kedro: {level: INFO}
"""

AZUREML = """\
azure:
  experiment_name: {name}
  environment_name: {name}@latest
  compute: {{__default__: {{cluster_name: cpu-cluster}}}}
"""

IGNORED = "/data/\n/out/\n/pipeline.yml\n/.kedro_azureml/\n__pycache__/\n*.log\n"

# A step of every tool, as the program that the others start and as the node that Kedro runs.
STEP = """\
import sys

import pandas as pd


def add(table):
    return table.assign(value=table["value"] + 1)


if __name__ == "__main__":
    add(pd.read_csv(sys.argv[1])).to_csv(sys.argv[2], index=False)
"""

TRIVIAL_CATALOG = """\
raw:
  type: pandas.CSVDataset
  filepath: data/raw.csv
"table_{number}":
  type: pandas.CSVDataset
  filepath: "data/table_{number}.csv"
  save_args: {index: false}
"""

TRIVIAL_REGISTRY = """\
from kedro.pipeline import Pipeline, node

from .step import add


def register_pipelines():
    return {{"__default__": Pipeline([
        node(add, source, target, name=target) for source, target in {edges!r}
    ])}}
"""


def starter_project(name: str) -> Path:
    """Make a project from the starter, with an azureml.yml, and run it once for its data."""
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    Command([KEDRO, "new", "--starter=azureml-spaceflights", f"--name={name}"], SCRATCH).run()
    Command(
        [
            *(KEDRO, "azureml", "init", "--use-pipeline-data-passing"),
            *("--resource-group=group", "--workspace-name=workspace", f"--experiment-name={name}"),
            *("--cluster-name=cpu-cluster", "--environment-name=environment"),
        ],
        folder,
    ).run()
    (folder / "conf" / "logging.yml").write_text(LOGGING)
    Command([KEDRO, "run"], folder).run()
    compile_bytecode(folder / "src")
    return folder


def edges(shape: Shape, steps: int) -> list[tuple[str, str]]:
    """Return what each trivial step reads and writes."""
    names = [f"table_{number}" for number in range(1, steps + 1)]
    sources = ["raw", *names[:-1]] if shape == "chain" else ["raw"] * steps
    return list(zip(sources, names, strict=True))


def trivial_project(shape: Shape, steps: int) -> Path:
    """Make a project of steps that each read a small table and write one.

    Beside it lie ``step.py``, the same work as a program of its own, and ``loop.sh``, which runs
    that program for one step after the other.
    """
    pairs = edges(shape, steps)
    folder = write_project(
        SCRATCH / f"{shape}-{steps}", TRIVIAL_REGISTRY.format(edges=pairs), TRIVIAL_CATALOG
    )
    (folder / "data" / "raw.csv").write_text("key,value\n" + "a,1\nb,2\n" * 50)
    (folder / "step.py").write_text(STEP)
    (folder / "src" / folder.name.replace("-", "_") / "step.py").write_text(STEP)
    lines = [f"$1 step.py {file_of(source)} {file_of(target)}" for source, target in pairs]
    (folder / "loop.sh").write_text("\n".join(["set -e", "mkdir -p out", *lines, ""]))
    compile_bytecode(folder)
    return folder


def file_of(table: str) -> str:
    """Return the file of a table of a trivial project, where other tools keep it."""
    return "data/raw.csv" if table == "raw" else f"out/{table}.csv"


def write_project(folder: Path, registry: str, catalog: str = "") -> Path:
    """Write a Kedro project anew: its package, its configuration and its registry."""
    shutil.rmtree(folder, ignore_errors=True)
    name = folder.name.replace("-", "_")
    files = {
        ".amlignore": IGNORED,
        "pyproject.toml": (
            f'[tool.kedro]\npackage_name = "{name}"\nproject_name = "{name}"\n'
            f'kedro_init_version = "{kedro_version()}"\n'
        ),
        "conf/logging.yml": LOGGING,
        "conf/base/azureml.yml": AZUREML.format(name=name),
        "conf/base/catalog.yml": catalog,
        "conf/base/parameters.yml": "alpha: 0.1\n",
        "conf/local/parameters.yml": "",
        "data/raw.txt": "raw\n",
        f"src/{name}/__init__.py": "",
        f"src/{name}/settings.py": "",
        f"src/{name}/pipeline_registry.py": registry,
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    compile_bytecode(folder)
    return folder
