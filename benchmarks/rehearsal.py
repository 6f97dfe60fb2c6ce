"""A rehearsal of the starter, one step a node and all in one, against its `kedro run`; a sweep.

The sweep has 100 combinations of ten nodes in a row, of which the last four depend on the swept
parameter: 6 steps that are shared, 400 copies, and the summary. It is compiled beside a pipeline of
as many nodes, and rehearsed against the cost of its steps.
"""

import json
import subprocess
from pathlib import Path

from kit.measuring import KEDRO, SCRATCH, Command, Subject, compare, environment, row, verdict
from kit.projects import starter_project, write_project

RUNS = 7
COMBINATIONS, NODES, SHARED = 100, 10, 6
STEPS = SHARED + (NODES - SHARED) * COMBINATIONS
SWEEP_RUNS = 5
AIM_COMPILE, AIM_REHEARSAL = 2.0, 1.3
MAX_PARALLEL = 2
REGISTRY = """\
from kedro.pipeline import Pipeline, node


def first(alpha):
    return alpha


def work(value, alpha=0):
    return value + alpha


def register_pipelines():
    made = [node(first, "params:alpha", "d0", name="n0")]
    for n in range(1, {nodes}):
        inputs = [f"d{{n - 1}}", "params:swept"] if n == {reader} else [f"d{{n - 1}}"]
        made.append(node(work, inputs, f"d{{n}}", name=f"n{{n}}"))
    return {{"__default__": Pipeline(made)}}
"""


def main() -> None:
    starter()
    sweep()


def starter() -> None:
    project = starter_project("bench-rehearsal")
    subjects = [
        Subject(title, Command([KEDRO, "azureml", "run", "--local", *options], project), wall=aim)
        for title, options, aim in (
            ("rehearsal of the starter", [], 1.6),
            ("the same, --warm", ["--warm"], 1.2),
            ("the same, --group-by pipeline", ["--group-by", "pipeline"], 1.1),
        )
    ]
    compare("kedro run", Command([KEDRO, "run"], project), *subjects, runs=RUNS)


def sweep() -> None:
    swept = row_of_nodes("sweep", NODES, SHARED)
    long = row_of_nodes("sweep-long", STEPS, STEPS + 1)
    values = ",".join(map(str, range(COMBINATIONS)))
    options = ["--sweep", f"swept={values}"]
    compile_: list[str | Path] = [KEDRO, "azureml", "compile", "-o", "pipeline.yml"]
    compare(
        f"a pipeline of {STEPS} nodes",
        Command(compile_, long),
        Subject(
            f"compile, {COMBINATIONS} combinations",
            Command([*compile_, *options], swept),
            cpu=AIM_COMPILE,
        ),
        runs=SWEEP_RUNS,
    )
    rehearse: list[str | Path] = [KEDRO, "azureml", "run", "--local", "--warm", "--json"]
    done = subprocess.run(
        [*rehearse, "--max-parallel", str(MAX_PARALLEL), *options],
        cwd=swept,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    report = json.loads(done.stdout)
    cost = sum(step["seconds"] for step in report["steps"].values()) / MAX_PARALLEL
    row(
        f"its rehearsal, --warm, {len(report['steps'])} steps",
        f"its steps, {MAX_PARALLEL} at a time",
        f"{report['seconds'] / cost:.2f} ({report['seconds']:.1f} s / {cost:.1f} s)",
        "",
        "",
        verdict(report["seconds"] / cost, AIM_REHEARSAL),
    )


def row_of_nodes(name: str, nodes: int, reader: int) -> Path:
    """Make a project of nodes in a row, one of which reads the parameter `swept`."""
    registry = REGISTRY.format(nodes=nodes, reader=reader)
    path = write_project(SCRATCH / name, registry, "{}")
    (path / "conf/base/parameters.yml").write_text("alpha: 0\nswept: 0\n")
    return path


if __name__ == "__main__":
    main()
