"""What a step that failed leaves behind: its ``failure.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.projects import make_project
from tests.process.step.test_step import run_step

NODES = """\
    import os
    import sys

    def split(text):
        return check(text)

    def check(text):
        raise ValueError(f"column 'seat_price' has 3 missing values\\nin {text}")

    def leak(text):
        raise RuntimeError("cannot open https://a.blob/x?sv=1&sig=abc with password='hunter2'")

    def leave(text):
        sys.exit(3)

    def leave_by_a_multiple(text):
        sys.exit(256)

    def mute(text):
        os.close(1)
        os.close(2)
        raise ValueError("nobody hears it")

    def work(text):
        pass

    def move(text):
        os.chdir("/")
        raise KeyError("x")
"""
REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from minimal import nodes

    def register_pipelines():
        pipeline = Pipeline([
            node(nodes.split, "text", None, name="split_table"),
            node(nodes.leak, "text", None, name="leak"),
            node(nodes.leave, "text", None, name="leave"),
            node(nodes.leave_by_a_multiple, "text", None, name="leave_by_a_multiple"),
            node(nodes.mute, "text", None, name="mute"),
            node(nodes.move, "text", None, name="move"),
            node(nodes.work, "text", None, name="work"),
        ])
        return {"__default__": pipeline}
"""
CATALOG = "text: {type: text.TextDataset, filepath: data/text.txt}\n"


def make(tmp_path: Path, **options: Any) -> Path:
    files = {"src/minimal/nodes.py": NODES, "data/text.txt": "t", **options.pop("files", {})}
    return make_project(
        tmp_path / "p", **{"registry": REGISTRY, "catalog": CATALOG, **options}, files=files
    )


def fail(tmp_path: Path, project: Path, *nodes: str, ranks: dict[str, str] | None = None) -> Any:
    """The record beside the log, which is the same as the one among the artifacts."""
    logs = tmp_path / "user_logs"
    arguments = [word for node in nodes for word in ("--node", node)]
    variables = {"AZUREML_RUN_ID": "r", "AZUREML_CR_HT_CAP_user_logs_PATH": str(logs)}
    result = run_step(project, *arguments, pass_fds=(), **variables, **(ranks or {}))
    assert result.returncode != 0
    (record,) = logs.iterdir()
    (artifact,) = (project / "outputs/kedro_azureml").iterdir()
    assert record.name == artifact.name
    assert record.read_bytes() == artifact.read_bytes()
    return json.loads(record.read_text())


def test_names_the_exception_the_node_and_the_projects_own_lines(tmp_path: Path) -> None:
    record = fail(tmp_path, make(tmp_path), "split_table", "work")
    source = """raise ValueError(f"column 'seat_price' has 3 missing values\\nin {text}")"""
    assert record["version"] == 1
    assert record["type"] == "ValueError"
    assert record["message"] == "column 'seat_price' has 3 missing values\nin t"
    assert record["node"] == "split_table"
    assert record["begun"] is True
    assert record["rank"] is None
    assert record["frames"] == [
        {
            "file": "src/minimal/nodes.py",
            "line": 5,
            "function": "split",
            "source": "return check(text)",
        },
        {
            "file": "src/minimal/nodes.py",
            "line": 8,
            "function": "check",
            "source": source,
        },
    ]


def test_holds_no_secret(tmp_path: Path) -> None:
    record = fail(tmp_path, make(tmp_path), "leak")
    assert "hunter2" not in json.dumps(record)
    assert "abc" not in json.dumps(record)
    assert record["message"] == "cannot open https://a.blob/x?... with password='...'"


def test_of_a_node_that_leaves(tmp_path: Path) -> None:
    record = fail(tmp_path, make(tmp_path), "leave")
    assert (record["type"], record["message"]) == ("SystemExit", "3")
    assert record["frames"][-1]["function"] == "leave"


def test_of_a_node_that_leaves_with_a_code_that_the_system_takes_for_0(tmp_path: Path) -> None:
    assert fail(tmp_path, make(tmp_path), "leave_by_a_multiple")["message"] == "256"


def test_of_a_node_that_has_closed_its_log(tmp_path: Path) -> None:
    assert fail(tmp_path, make(tmp_path), "mute")["message"] == "nobody hears it"


def test_of_a_node_that_changed_the_folder(tmp_path: Path) -> None:
    record = fail(tmp_path, make(tmp_path), "move")
    assert record["frames"][-1]["file"] == "src/minimal/nodes.py"


def test_of_a_dataset_of_the_projects_own(tmp_path: Path) -> None:
    """Kedro wraps its error, and the project's line is in the cause."""
    module = """\
        from kedro.io import AbstractDataset

        class Broken(AbstractDataset):
            def __init__(self, place): pass
            def load(self): raise OSError("the disk is on fire")
            def save(self, data): pass
            def _describe(self): return {}
        """
    project = make(
        tmp_path,
        catalog="text: {type: minimal.broken.Broken, place: x}\n",
        files={"src/minimal/broken.py": module},
    )
    record = fail(tmp_path, project, "split_table")
    assert record["type"] == "DatasetError"
    assert "the disk is on fire" in record["message"]
    assert (record["frames"][-1]["file"], record["frames"][-1]["line"]) == (
        "src/minimal/broken.py",
        5,
    )


def test_of_a_file_that_is_no_python(tmp_path: Path) -> None:
    project = make(tmp_path, files={"src/minimal/nodes.py": "def broken(:\n"})
    record = fail(tmp_path, project, "split_table")
    assert "SyntaxError" in record["message"]
    assert record["frames"][-1]["file"] == "src/minimal/nodes.py"
    assert record["frames"][-1]["line"] == 1


def test_of_what_comes_before_the_node(tmp_path: Path) -> None:
    hooks = """\
        from kedro.framework.hooks import hook_impl

        class Refuse:
            @hook_impl
            def after_context_created(self):
                raise RuntimeError("no vault")
        """
    settings = "from minimal.hooks import Refuse\nHOOKS = (Refuse(),)\n"
    files = {"src/minimal/hooks.py": hooks, "src/minimal/settings.py": settings}
    record = fail(tmp_path, make(tmp_path, files=files), "leave")
    assert (record["node"], record["begun"]) == ("leave", False)
    assert record["frames"][-1]["file"] == "src/minimal/hooks.py"


def test_of_what_a_person_can_mend(tmp_path: Path) -> None:
    record = fail(tmp_path, make(tmp_path), "nowhere")
    assert record["type"] is None
    assert "no node 'nowhere'" in record["message"]


def test_of_a_command_of_another_version(tmp_path: Path) -> None:
    project = make(tmp_path)
    assert run_step(project, "--novel", "x", AZUREML_RUN_ID="r").returncode == 2
    record = json.loads((project / "outputs/kedro_azureml/failure.json").read_text())
    assert record["message"] == "unknown option '--novel' in the step's command"


@pytest.mark.parametrize("rank", ["0", "1"])
def test_each_of_several_processes_has_its_own(tmp_path: Path, rank: str) -> None:
    record = fail(tmp_path, make(tmp_path), "split_table", ranks={"RANK": rank, "WORLD_SIZE": "2"})
    assert (record["rank"], record["process"]) == (int(rank), f"rank {rank} of 2")
    assert (tmp_path / f"user_logs/failure_process_{rank}.json").is_file()


def test_lies_in_the_jobs_working_directory(tmp_path: Path) -> None:
    """Azure ML uploads `outputs` of that one, and the code may be elsewhere in the image."""
    project, job = make(tmp_path), tmp_path / "wd"
    run_step(
        project, "--node", "leave",
        AZUREML_RUN_ID="r", AZUREML_CR_EXECUTION_WORKING_DIR_PATH=str(job),
    )  # fmt: skip
    assert (job / "outputs/kedro_azureml/failure.json").is_file()
    assert not (project / "outputs").exists()


def test_a_step_run_by_hand_leaves_nothing(tmp_path: Path) -> None:
    project = make(tmp_path)
    before = sorted(project.iterdir())
    assert run_step(project, "--node", "split_table").returncode == 1
    assert sorted(project.iterdir()) == before


def test_a_place_that_cannot_be_written_hides_nothing(tmp_path: Path) -> None:
    project = make(tmp_path)
    (project / "outputs").write_text("a file")
    result = run_step(project, "--node", "split_table", AZUREML_RUN_ID="r")
    assert result.returncode == 1
    assert "node 'split_table' failed: ValueError: column" in result.stderr.splitlines()[-1]
