"""Steps whose data goes through temporary storage, here a folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.storage import FolderStore
from tests.kit.projects import make_project
from tests.process.step.test_step import run_step

URL = "https://account.blob.core.windows.net/container"


class Steps:
    """Runs nodes as steps that share a store."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project = project
        self.folder = folder
        self.store = FolderStore(folder / "store")

    def run(
        self,
        node: str,
        reads: tuple[str, ...] = (),
        writes: tuple[str, ...] = (),
        final: tuple[str, ...] = (),
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        words = ["--node", node, "--storage", URL]
        for option, names in (("--input", reads), ("--stored", writes), ("--output", final)):
            for name in names:
                words += [option, name, str(self.folder / "outputs" / name)]
        given: Any = {
            "KEDRO_AZUREML_STORAGE_FOLDER": str(self.store.root),
            "AZUREML_ROOT_RUN_ID": "a-run",
            **variables,
        }
        return run_step(self.project, *words, **{n: v for n, v in given.items() if v})

    def passes(self, node: str, **options: Any) -> str:
        done = self.run(node, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, node: str, **options: Any) -> str:
        done = self.run(node, **options)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr

    def manifest(self, name: str) -> dict[str, object]:
        text = (self.folder / "outputs" / name / "_manifest.json").read_text()
        return json.loads(text)  # type: ignore[no-any-return]


NODES = """
from kedro.pipeline import Pipeline, node
import os, sys, threading
import pandas as pd

class Own:
    def __init__(self, n): self.n = n

def odd():
    main = sys.modules["__main__"]
    exec("class Mine:\\n    def twice(self): return 2 * 21", main.__dict__)
    return {"none": None, "empty": pd.DataFrame(), "f": lambda n: n + 1, "mine": main.Mine(),
            "own": Own(5)}

def check(d):
    assert d["none"] is None and d["empty"].empty and d["f"](1) == 2
    assert d["mine"].twice() == 42 and d["own"].n == 5
    return "fine"

def chunks():
    for n in range(3):
        yield {"chunk": n}

def last(d): return str(d)

def parts(): return {f"{n:04}": pd.DataFrame({"a": [n]}) for n in range(1500)}

def add(loads): return str(sum(int(load()["a"][0]) for load in loads.values()))

def see():
    found = [n for n in os.environ if n.startswith("KEDRO_AZUREML_STORAGE")]
    loaded = [m for m in sys.modules if m.partition(".")[0] == "azure"]
    assert not found and not loaded, (found, loaded)
    return 1

def register_pipelines():
    return {"__default__": Pipeline([
        node(odd, None, "odd", name="odd"), node(check, "odd", "checked", name="check"),
        node(chunks, None, "chunk", name="chunks"), node(last, "chunk", "last", name="last"),
        node(parts, None, "parts", name="parts"), node(add, "parts", "sum", name="add"),
        node(threading.Lock, None, "a.lock", name="locks"),
        # To Kedro 1.0 any function that returns a generator is a generator node.
        node(lambda: [(n for n in range(3))], None, "lazy", name="lazy"),
        node(see, None, "seen", name="see"), node(last, "seen", "said", name="say"),
        node(lambda: "hi", None, "text", name="write"),
        node(lambda t: t + "!", "text", "louder", name="read"),
    ])}
"""
CATALOG = """
_text: &text {type: text.TextDataset}
checked: {<<: *text, filepath: data/checked.txt}
last: {<<: *text, filepath: data/last.txt}
sum: {<<: *text, filepath: data/sum.txt}
said: {<<: *text, filepath: data/said.txt}
text: {<<: *text, filepath: data/02/text.txt}
louder: {<<: *text, filepath: data/louder.txt}
parts: {type: partitions.PartitionedDataset, path: data/parts, dataset: pandas.CSVDataset, filename_suffix: .csv}
"""  # noqa: E501


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    project = make_project(tmp_path / "a project", registry=NODES, catalog=CATALOG)
    return Steps(project, tmp_path / "a folder")


def test_objects_of_every_kind(steps: Steps) -> None:
    steps.passes("odd", writes=("odd",))
    found = steps.manifest("odd")
    assert (found["kind"], found["stored"]) == ("object", "kedro-azureml-temp/a-run/odd")
    assert found["storage"] == URL
    assert list((steps.folder / "outputs" / "odd").iterdir()) == [
        steps.folder / "outputs" / "odd" / "_manifest.json"
    ]
    steps.passes("check", reads=("odd",), final=("checked",))
    assert (steps.folder / "outputs/checked/data/checked.txt").read_text() == "fine"


def test_a_manifest_chooses_no_storage(steps: Steps) -> None:
    """A step goes with its own access to the job's own container alone."""
    for kind in ("object", "local"):
        steps.passes("odd", writes=("odd",))
        file = steps.folder / "outputs/odd/_manifest.json"
        elsewhere = "https://elsewhere.blob.core.windows.net/container"
        file.write_text(json.dumps({**steps.manifest("odd"), "storage": elsewhere, "kind": kind}))
        said = steps.fails("check", reads=("odd",), final=("checked",))
        assert f"the manifest of 'odd' names the storage {elsewhere}" in said
        assert f"the job's own is {URL}" in said


def test_a_generator_node(steps: Steps) -> None:
    """As in `kedro run` the last chunk stays."""
    steps.passes("chunks", writes=("chunk",))
    steps.passes("last", reads=("chunk",), final=("last",))
    assert (steps.folder / "outputs/last/data/last.txt").read_text() == "{'chunk': 2}"


def test_files_in_their_own_format(steps: Steps) -> None:
    steps.passes("parts", writes=("parts",))
    found = steps.manifest("parts")
    assert found["kind"] == "local"
    assert len(found["files"]) == 1500  # type: ignore[arg-type]
    assert [e.key for e in steps.store.list()] == ["kedro-azureml-temp/a-run/parts"]
    steps.store.load_folder("kedro-azureml-temp/a-run/parts", steps.folder / "looked at")
    assert (steps.folder / "looked at/data/parts/0007.csv").read_text() == "a\n7\n"
    steps.passes("add", reads=("parts",), final=("sum",))
    assert (steps.folder / "outputs/sum/data/sum.txt").read_text() == str(sum(range(1500)))
    assert not (steps.project / "data").exists()


@pytest.mark.parametrize(("node", "dataset"), [("locks", "a.lock"), ("lazy", "lazy")])
def test_what_cannot_be_pickled(steps: Steps, node: str, dataset: str) -> None:
    last = steps.fails(node, writes=(dataset,)).strip().splitlines()[-1]
    assert f"node '{node}' failed" in last
    assert "KAZ304" in last
    assert f"the dataset '{dataset}' is a " in last
    assert "cannot pickle" in last
    assert list(steps.store.list()) == []


def test_the_step_s_code_sees_no_secret_and_pays_for_no_sdk(steps: Steps) -> None:
    secret: Any = {
        "KEDRO_AZUREML_STORAGE_SAS": "sig=abc",
        "KEDRO_AZUREML_STORAGE_CONNECTION": "key",
    }
    done = steps.run("see", writes=("seen",), **secret)
    assert done.returncode == 0, done.stderr
    assert "sig=abc" not in done.stdout + done.stderr


def test_data_that_is_gone_or_damaged(steps: Steps) -> None:
    steps.passes("write", writes=("text",))
    steps.passes("see", writes=("seen",))
    for dataset, node, final in (("text", "read", "louder"), ("seen", "say", "said")):
        key = f"kedro-azureml-temp/a-run/{dataset}"
        file = steps.store.root / key
        whole = file.read_bytes()
        file.write_bytes(whole[:-3])
        said = steps.fails(node, reads=(dataset,), final=(final,))
        assert f"'{dataset}' cannot be read" in said
        assert "is not whole" in said
        steps.store.delete(key)
        said = steps.fails(node, reads=(dataset,), final=(final,))
        assert f"There is no '{key}'" in said


def test_another_run_reads_its_own(steps: Steps) -> None:
    """field-defects: a run id fixed at compile time."""
    for run in ("a-run", "Another Run"):
        done = steps.run("write", writes=("text",), AZUREML_ROOT_RUN_ID=run)
        assert done.returncode == 0, done.stderr
    keys = [entry.key.split("/")[1] for entry in steps.store.list()]
    assert len(keys) == 2
    assert "a-run" in keys


def test_outside_a_job(steps: Steps) -> None:
    done = steps.run("write", writes=("text",), AZUREML_ROOT_RUN_ID="")
    assert done.returncode == 1
    assert "AZUREML_ROOT_RUN_ID, which is not set" in done.stderr
    assert "Traceback" not in done.stderr
