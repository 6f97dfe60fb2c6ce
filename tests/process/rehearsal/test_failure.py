"""A step that fails in a rehearsal: its cause on the screen and in the report."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.schemas import check_schema
from tests.kit.shell import run_kedro

NODES = """\
    def split(text):
        raise ValueError("column 'seat_price' has 3 missing values")

    def work(*data):
        return "done"
"""
REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from minimal.nodes import split, work

    def register_pipelines():
        return {"__default__": Pipeline([
            node(split, "params:text", "a", name="split_table"),
            node(work, "a", "b", name="train"),
            node(work, "b", "c", name="report"),
        ])}
"""


def test_the_cause_is_on_the_screen_and_in_the_report(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        registry=REGISTRY,
        parameters="text: t",
        files={"src/minimal/nodes.py": NODES},
        azureml=AZUREML_YML,
    )
    done = run_kedro(project, "azureml", "run", "--local", check=False, variables={"COLUMNS": "80"})
    assert done.returncode == 1
    begin = done.stderr.index("error KAZ603")
    lines = done.stderr[begin:].splitlines()
    assert lines[:4] == [
        "error KAZ603  src/minimal/nodes.py:2",
        "  ValueError: column 'seat_price' has 3 missing values, in node 'split_table'.",
        "  The step 'split_table' exited with code 1.",
        next(line for line in lines if line.startswith("  The last lines of .kedro_azureml/runs/")),
    ]
    assert "  Fix it, and run again: kedro azureml run --local" in lines
    # Like every finding, on the standard error, and explained at the end.
    assert lines[-1] == "More: kedro azureml explain KAZ603"
    assert "KAZ603" not in done.stdout
    assert "  'train', 'report' did not start: 'split_table' did not complete." in done.stdout
    (run,) = (project / ".kedro_azureml/runs").iterdir()
    report = json.loads((run / "report.json").read_text())
    check_schema("report", report)
    failure = report["steps"]["split_table"]["failure"]
    assert (failure["type"], failure["node"]) == ("ValueError", "split_table")
    assert failure["frames"][-1]["file"] == "src/minimal/nodes.py"
    assert report["steps"]["train"]["failure"] is None
