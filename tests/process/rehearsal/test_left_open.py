"""What a step leaves open is written at its end, however it was started."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.kit.projects import PACKAGE, make_bare_project, make_project
from tests.kit.shell import run_kedro

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

LEAVES_OPEN = """\
    import csv, gzip, logging.handlers, os, sqlite3, threading, time, zipfile
    from pathlib import Path

    from kedro.pipeline import Pipeline, node
    from kedro_azureml.distributed import distributed_job
    from kedro_azureml.distributed.config import Framework

    class Cycle: pass

    def keep(thing):
        cycle = Cycle()
        cycle.own, cycle.thing = cycle, thing
        return thing

    def work(folder):
        time.sleep(0.3)
        keep(open(folder / "late", "w")).write("of a thread")

    def leave(folder):
        folder = Path(folder, os.environ.get("RANK", "0"))
        folder.mkdir(parents=True)
        keep(open(folder / "text", "w")).write("text")
        keep(gzip.GzipFile(folder / "zipped", "wb", mtime=0)).write(b"zipped")
        csv.writer(keep(open(folder / "rows", "w"))).writerow([1, 2])
        info = zipfile.ZipInfo("one", (2020, 1, 1, 0, 0, 0))
        keep(zipfile.ZipFile(folder / "archive", "w")).writestr(info, "content")
        log = logging.handlers.RotatingFileHandler(folder / "log", maxBytes=99, backupCount=1)
        logging.getLogger("mine").addHandler(logging.handlers.MemoryHandler(99, target=log))
        logging.getLogger("mine").warning("kept in memory")
        threading.Thread(target=work, args=[folder]).start()
        return 1

    def register_pipelines():
        return {{"__default__": Pipeline([node({leave}, "params:text", "a", name="leave")])}}
    """


def test_what_a_step_leaves_open_is_written(tmp_path: Path) -> None:
    written = {}
    distributed = "distributed_job(Framework.PyTorch, num_nodes=2)(leave)"
    for how, leave in {
        "cold": "leave",
        "forked": "leave",
        "warm": "leave",
        "2": distributed,
    }.items():
        project = make_bare_project(tmp_path / how / "project")
        registry = project / f"src/{PACKAGE}/pipeline_registry.py"
        registry.write_text(dedent(LEAVES_OPEN.format(leave=leave)))
        folder = tmp_path / how / "left"
        (project / "conf/base/parameters.yml").write_text(json.dumps({"text": str(folder)}))
        options = [f"--{how}"] if how in ("cold", "warm") else []
        done = run_kedro(project, "azureml", "run", "--local", *options, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        for rank in folder.iterdir():
            files = {file.name: file.read_bytes() for file in rank.iterdir()}
            written[f"{how} {rank.name}"] = files
    assert written.keys() == {"cold 0", "forked 0", "warm 0", "2 0", "2 1"}
    assert sorted(written["cold 0"]) == ["archive", "late", "log", "rows", "text", "zipped"]
    assert all(written["cold 0"].values())
    assert all(files == written["cold 0"] for files in written.values())


KEEPS_OPEN = """\
from pathlib import Path

from kedro.io import AbstractDataset

OPEN = []


class Lines(AbstractDataset):
    def __init__(self, filepath):
        self._filepath = Path(filepath)

    def _load(self):
        return self._filepath.read_text()

    def _save(self, data):
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        OPEN.append(open(self._filepath, "w"))
        OPEN[-1].write(data)

    def _describe(self):
        return {}
"""


@pytest.mark.parametrize("how", [(), ("--cold",)], ids=["forked", "cold"])
def test_a_dataset_that_keeps_its_file_open_is_whole(tmp_path: Path, how: tuple[str, ...]) -> None:
    kept = "{{type: {}.lines.Lines, filepath: data/{}.txt}}"
    project = make_project(
        tmp_path / "p",
        'node(lambda text: text, "params:a", "one", name="one"),'
        'node(lambda text: text.upper(), "one", "two", name="two")',
        parameters="{a: text}",
        catalog="\n".join(f"{name}: {kept.format(PACKAGE, name)}" for name in ("one", "two")),
        files={f"src/{PACKAGE}/lines.py": KEEPS_OPEN},
    )
    done = run_kedro(project, "azureml", "run", "--local", *how, "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/one.txt").read_text() == "text"
    assert (project / "data/two.txt").read_text() == "TEXT"
