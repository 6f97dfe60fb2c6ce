"""One process of a distributed step: what it loads, what it saves and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kedro_azureml.datasets.discarded import DiscardedDataset
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import run_kedro
from tests.process.step.test_step import manifest, run_step

REGISTRY = """\
    import threading
    from kedro.pipeline import Pipeline, node
    from kedro_azureml.distributed import Framework, distributed_job, is_main, rank, world_size

    @distributed_job(Framework.PyTorch, num_nodes=2)
    def train(text):
        print(f"got {text!r} as {rank()} of {world_size()}, main: {is_main()}")
        return f"by {rank()}", rank(), f"remote {rank()}"

    @distributed_job(Framework.PyTorch, num_nodes=2)
    def fail(text):
        # A library's thread that would keep Python from ending.
        threading.Thread(target=threading.Event().wait).start()
        raise ValueError("no such luck")

    @distributed_job(Framework.PyTorch, num_nodes=2)
    def chunks(text):
        yield text
        yield text

    def register_pipelines():
        return {"__default__": Pipeline([
            node(train, "text", ["model", "in_memory", "elsewhere"], name="train"),
            node(lambda text: "plain", "text", "ordinary", name="ordinary"),
            node(fail, "text", "never", name="fail"),
            node(chunks, "text", "chunked", name="chunks"),
        ])}
"""
CATALOG = """\
text: {type: text.TextDataset, filepath: data/text.txt}
model: {type: text.TextDataset, filepath: data/model.txt}
elsewhere: {type: minimal.remote.Remote, place: "db://table"}
"""
REMOTE = """\
    from pathlib import Path
    from kedro.io import AbstractDataset

    class Remote(AbstractDataset):
        def __init__(self, place):
            self.place = place
        def load(self):
            raise NotImplementedError
        def save(self, data):
            Path("remote.txt").write_text(data)
        def _describe(self):
            return {}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(
        tmp_path_factory.mktemp("p") / "p",
        registry=REGISTRY,
        catalog=CATALOG,
        files={"src/minimal/remote.py": REMOTE, "data/text.txt": "hi"},
    )


def outputs(folder: Path) -> tuple[str, ...]:
    mounts = ("--mount", "data/text.txt", str(folder / "text.txt"))
    (folder / "text.txt").write_text("hi")
    model, memory = str(folder / "model"), str(folder / "memory")
    return (*mounts, "--output", "model", model, "--result", "in_memory", memory)


def test_the_main_process_saves_and_says_so(project: Path, tmp_path: Path) -> None:
    done = run_step(project, "--node", "train", *outputs(tmp_path), RANK="0", WORLD_SIZE="2")
    assert done.returncode == 0, done.stderr
    assert "got 'hi' as 0 of 2, main: True" in done.stdout
    assert "rank 0 of 2: this process saves what the node returns." in done.stderr
    assert (tmp_path / "model/data/model.txt").read_text() == "by 0"
    assert manifest(tmp_path / "memory")["kind"] == "object"
    assert (project / "remote.txt").read_text() == "remote 0"
    (project / "remote.txt").unlink()


def test_no_other_process_saves_anything_anywhere(project: Path, tmp_path: Path) -> None:
    cluster = {"worker": ["a:1", "b:1"]}
    config = {"cluster": cluster, "task": {"type": "worker", "index": 1}}
    arguments = ("--node", "train", *outputs(tmp_path))
    for done, label in (
        (run_step(project, *arguments, RANK="1", WORLD_SIZE="2"), "rank 1 of 2"),
        (run_step(project, *arguments, TF_CONFIG=json.dumps(config)), "worker 1 of 2"),
    ):
        assert done.returncode == 0, done.stderr
        assert "got 'hi' as 1 of 2, main: False" in done.stdout
        assert f"{label}: this process leaves saving to the main one." in done.stderr
        assert not (tmp_path / "model").exists()
        assert not (tmp_path / "memory").exists()
        assert not (project / "remote.txt").exists()
        assert not (project / "data/model.txt").exists()


def test_a_generator_saves_nothing_either(project: Path, tmp_path: Path) -> None:
    arguments = ("--node", "chunks", *outputs(tmp_path)[:3], "--output", "chunked")
    for number, saves in (("0", True), ("1", False)):
        folder = tmp_path / f"chunked {number}"
        done = run_step(project, *arguments, str(folder), RANK=number, WORLD_SIZE="2")
        assert done.returncode == 0, done.stderr
        assert folder.exists() == saves


def test_an_ordinary_node_saves_whatever_the_environment_says(
    project: Path, tmp_path: Path
) -> None:
    arguments = (*outputs(tmp_path)[:3], "--output", "ordinary", str(tmp_path / "o"))
    done = run_step(project, "--node", "ordinary", *arguments, RANK="1", WORLD_SIZE="2")
    assert done.returncode == 0, done.stderr
    assert manifest(tmp_path / "o")["kind"] == "object"
    assert "rank" not in done.stderr


def test_a_process_that_fails_ends_at_once(project: Path, tmp_path: Path) -> None:
    # Its threads, or MPI's farewell, would wait for processes that wait for it.
    arguments = (*outputs(tmp_path)[:3], "--result", "never", str(tmp_path / "n"))
    done = run_step(project, "--node", "fail", *arguments, RANK="1", WORLD_SIZE="2")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("kedro-azureml: node 'fail' failed: ValueError: no such luck\n")


def test_a_rank_that_cannot_be_told_is_an_error(project: Path, tmp_path: Path) -> None:
    done = run_step(project, "--node", "train", *outputs(tmp_path), RANK="2", WORLD_SIZE="2")
    assert done.returncode == 1
    assert "cannot tell its rank: RANK=2 is no rank where WORLD_SIZE=2." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model").exists()


def test_a_whole_job_through_temporary_storage(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        registry="""\
            from kedro.pipeline import Pipeline, node
            from kedro_azureml.distributed import Framework, distributed_job, rank, world_size

            @distributed_job(Framework.PyTorch, "params:nodes", processes_per_node=2)
            def train():
                return [rank(), world_size()]

            def register_pipelines():
                train_node = node(train, None, "model", name="train")
                copy = node(lambda model: str(model), "model", "text", name="copy")
                return {"__default__": Pipeline([train_node, copy])}
            """,
        catalog="text: {type: text.TextDataset, filepath: data/text.txt}\n",
        parameters="nodes: 1",
        azureml=f"{AZUREML_YML}  temporary_storage: {{account_name: account, container: temp}}\n",
    )
    command = ("azureml", "run", "--local", "--into-catalog", "--params=nodes=2")
    done = run_kedro(project, *command, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/text.txt").read_text() == "[0, 4]"
    logs = project.glob(".kedro_azureml/runs/*/steps/train/user_logs/*")
    said = sorted(line for log in logs for line in log.read_text().splitlines() if "rank " in line)
    assert [line.partition("rank ")[2][:6] for line in said] == [f"{n} of 4" for n in range(4)]


def test_what_is_discarded_cannot_be_loaded() -> None:
    dataset = DiscardedDataset("model")
    dataset.save(1)
    assert not dataset.exists()
    with pytest.raises(Exception, match="'model' is saved by the step's main process"):
        dataset.load()
