"""A process that a node forks by itself ends as in ``kedro run``, and the step goes on."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

REGISTRY = """\
    import os, sys

    from kedro.pipeline import Pipeline, node

    def work(parts):
        if os.fork() == 0:
            print("in the child")
            with open("child.txt", "w") as file:
                file.write("closed")
                {end}
        _, status = os.wait()
        return "".join(load() for load in parts.values()) + str(os.waitstatus_to_exitcode(status))

    def register_pipelines():
        return {{"__default__": Pipeline([node(work, "parts", "out", name="work")])}}
    """
CATALOG = """\
parts:
  type: partitions.PartitionedDataset
  path: data/parts
  dataset: text.TextDataset
out: {type: text.TextDataset, filepath: data/out.txt}
"""


@pytest.mark.parametrize(
    ("end", "code", "how"),
    [
        ("sys.exit()", 0, ()),
        ("sys.exit(3)", 3, ("--warm",)),
        ("raise ValueError('mine')", 1, ("--cold",)),
    ],
)
def test_the_step_goes_on(tmp_path: Path, end: str, code: int, how: tuple[str, ...]) -> None:
    registry = dedent(REGISTRY.format(end=end))
    files = {"data/parts/a": "one", "data/parts/b": "two"}
    project = make_project(tmp_path / "p", registry=registry, catalog=CATALOG, files=files)
    run_kedro(project, "run")
    out = project / "data/out.txt"
    assert out.read_text() == f"onetwo{code}"
    out.unlink()
    done = run_kedro(project, "azureml", "run", "--local", *how, "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert out.read_text() == f"onetwo{code}"
    (step,) = (project / ".kedro_azureml/runs").glob("*/steps/work")
    log = (step / "user_logs/std_log.txt").read_text()
    assert log.count("in the child") == 1
    assert "node 'work' failed" not in log
    assert ("ValueError: mine" in log) == ("mine" in end)
    assert not (step / "user_logs/failure.json").exists()
    assert (step / "wd/child.txt").read_text() == "closed"
