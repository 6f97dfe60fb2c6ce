"""Projects written without this plugin in mind give under it what ``kedro run`` gives.

Each project is copied twice. One copy does ``kedro run``; the other does ``kedro azureml init``,
``compile`` and ``run --local --into-catalog``. Then what their ``data`` folders hold is the same.
Their default pipelines are run in `test_fidelity`.
"""

from __future__ import annotations

import pickle
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit.compare import NEWEST, catalog_state, differences
from tests.kit.projects import INIT_OPTIONS, copy_project
from tests.kit.rest_server import rest_server
from tests.kit.shell import run_kedro

PROJECTS = ("spaceflights", "odd")

#: Pipelines of `odd` that `kedro run` completes but that are not in its default one.
ODD_PIPELINES = ("catalog_class", "hook_added", "limits")


class Pair:
    """One project, run by Kedro in one copy and as an Azure ML job in the other."""

    def __init__(self, name: str, folder: Path) -> None:
        self.plain = copy_project(name, folder / "plain" / name)
        self.azure = copy_project(name, folder / "azure" / name)
        run_kedro(self.azure, "azureml", "init", *INIT_OPTIONS)

    def differ(self) -> list[str]:
        """What is not the same in the two ``data`` folders."""
        return differences(catalog_state(self.plain), catalog_state(self.azure))

    def run_both(self, *args: str) -> list[str]:
        """Run both with the same options, and say what is not the same afterwards."""
        run_kedro(self.plain, "run", *args)
        run_kedro(self.azure, "azureml", "run", "--local", "--into-catalog", *args)
        return self.differ()


@pytest.fixture(params=PROJECTS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return Pair(request.param, tmp_path)


@pytest.fixture
def odd(tmp_path: Path) -> Pair:
    return Pair("odd", tmp_path)


def compiled(project: Path, *args: str) -> dict[str, Any]:
    """Compile, and check that Azure ML's own SDK reads the file; the document."""
    run_kedro(project, "azureml", "compile", *args)
    file = project / "pipeline.yml"
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK's own, of its dependencies
        from azure.ai.ml import load_job
        from azure.ai.ml.entities import PipelineJob

        job = load_job(file)
    assert isinstance(job, PipelineJob)
    assert sorted(job.jobs) == sorted(document["jobs"])
    return document


def test_compile_is_the_same_each_time(pair: Pair) -> None:
    compiled(pair.azure)
    first = (pair.azure / "pipeline.yml").read_bytes()
    compiled(pair.azure)
    assert (pair.azure / "pipeline.yml").read_bytes() == first
    assert str(pair.azure).encode() not in first
    assert b"not-a-secret" not in first


@pytest.mark.parametrize("name", PROJECTS)
def test_rehearsal_needs_no_init(name: str, tmp_path: Path) -> None:
    project = copy_project(name, tmp_path / name)
    pipeline = {"spaceflights": "data_processing", "odd": "formats"}[name]
    run_kedro(project, "azureml", "run", "--local", "-p", pipeline)


def test_the_comparison_sees_every_change(tmp_path: Path) -> None:
    """What the other tests rest on: a file of each kind that is not the same is found."""
    import pandas as pd
    from PIL import Image

    before = copy_project("odd", tmp_path / "before")
    after = copy_project("odd", tmp_path / "after")
    assert differences(catalog_state(before), catalog_state(after)) == []
    raw = after / "data" / "01_raw"
    pd.DataFrame({"harbour": ["Sark"]}).to_excel(raw / "tides.xlsx", index=False)
    winds = pd.read_parquet(raw / "winds.parquet")
    winds.assign(speed=winds["speed"] * (1 + 1e-6)).to_parquet(raw / "winds.parquet")
    (raw / "bag.pkl").write_bytes(pickle.dumps({"tuple": [1, 2.5, None], "bytes": b"\x00\xff"}))
    (raw / "facts.json").write_text('{"capital": "Saint Anne", "height": 79.0}')
    (raw / "letter.txt").write_text("Dear all")
    with Image.open(raw / "flag.png") as image:
        image.putpixel((3, 3), (0, 0, 0))
        image.save(raw / "flag.png")
    (raw / "parts" / "north.csv").unlink()
    (raw / "parts" / "west.csv").touch()
    newest = max((raw / "rates.json").iterdir()) / "rates.json"
    newest.write_text("{}")
    shutil.copytree(newest.parent, newest.parent.with_name("2026-01-01T00.00.00.000Z"))
    found = differences(catalog_state(before), catalog_state(after))
    assert [line.split(": ")[:2] for line in found] == [
        ["differs", "data/01_raw/bag.pkl"],
        ["differs", "data/01_raw/facts.json"],
        ["differs", "data/01_raw/flag.png"],
        ["differs", "data/01_raw/letter.txt"],
        ["differs", f"data/01_raw/rates.json/{NEWEST}"],
        ["differs", "data/01_raw/rates.json/<versions>"],
        ["differs", "data/01_raw/tides.xlsx"],
        ["differs", "data/01_raw/winds.parquet"],
        ["missing", "data/01_raw/parts/north.csv"],
        ["unexpected", "data/01_raw/parts/west.csv"],
    ]


def test_hooks_run_in_every_step(odd: Pair) -> None:
    run_kedro(odd.azure, "azureml", "run", "--local", "--into-catalog", "-p", "hooked")
    assert catalog_state(odd.azure)["data/08_reporting/hooked.json"] == {
        "'patched'": 41,
        "'stamp'": "saved by the object that the hook assigned",
    }
    logs = sorted(odd.azure.rglob("std_log.txt"))
    assert len(logs) == 2
    for log in logs:
        text = log.read_text(encoding="utf-8")
        for hook in ("after_context_created", "after_catalog_created", "before_pipeline_run"):
            assert f"HOOK {hook}" in text
        for hook in ("before_node_run", "after_node_run", "after_dataset_saved"):
            assert f"HOOK {hook}" in text


@pytest.mark.parametrize("pipeline", ODD_PIPELINES)
def test_odd_pipelines_of_their_own(odd: Pair, pipeline: str) -> None:
    compiled(odd.azure, "-p", pipeline)
    assert odd.run_both("--pipeline", pipeline) == []


def test_a_catch_all_pattern_in_another_environment(odd: Pair) -> None:
    assert odd.run_both("--env", "catchall", "--pipeline", "catchall") == []
    assert "data/02_intermediate/catchall/doubled and caught.pkl" in catalog_state(odd.azure)


def test_without_the_pattern_the_same_pipeline_writes_nothing(odd: Pair) -> None:
    assert odd.run_both("--pipeline", "catchall") == []


def test_runtime_parameters_reach_the_catalog_and_the_nodes(odd: Pair) -> None:
    params = ("--params", "suffix=given,volume=11")
    assert odd.run_both("--pipeline", "ordering", *params) == []
    assert "data/08_reporting/greeting_given.txt" in catalog_state(odd.azure)
    assert odd.run_both("--pipeline", "settings_seen", *params) == []
    seen = catalog_state(odd.azure)["data/08_reporting/settings.json"]
    assert seen["'from_runtime'"] == ["list", "int", "11"]


def test_the_newest_and_a_chosen_version_of_a_raw_input(odd: Pair) -> None:
    older = ("--load-versions", "raw_rates:2024-01-01T00.00.00.000Z")
    assert odd.run_both("--pipeline", "formats") == []
    newest = catalog_state(odd.azure)[f"data/02_intermediate/formats/versioned.json/{NEWEST}"]
    assert odd.run_both("--pipeline", "formats", *older) == []
    oldest = catalog_state(odd.azure)[f"data/02_intermediate/formats/versioned.json/{NEWEST}"]
    assert newest["'dkk'"] == 2 * oldest["'dkk'"]


def test_a_remote_dataset_is_untouched_and_keeps_the_order(odd: Pair) -> None:
    """Its credentials come from a hook: ``config/local`` is in no snapshot."""
    with rest_server("hook-token") as server:
        options = ("--pipeline", "remote", "--params", f"remote_url={server.url}")
        run_kedro(odd.azure, "azureml", "run", "--local", "--into-catalog", *options)
        assert server.requests == ["PUT /ledger", "GET /ledger"]
        server.documents.clear()
        run_kedro(odd.plain, "run", *options)
    assert odd.differ() == []


def test_confirms_is_diagnosed(odd: Pair) -> None:
    done = run_kedro(odd.azure, "azureml", "compile", "-p", "incremental", "--strict", check=False)
    assert done.returncode == 1
    shown = done.stdout + done.stderr
    assert "KAZ305" in shown
    for name in ("confirmed_own", "confirmed_elsewhere", "confirmed_later"):
        assert name in shown
    assert "Traceback" not in shown


def test_more_outputs_than_documented_is_a_warning(odd: Pair) -> None:
    done = run_kedro(odd.azure, "azureml", "compile", "-p", "limits")
    assert "KAZ402" in done.stdout + done.stderr


def test_tags_mark_steps(odd: Pair) -> None:
    jobs = compiled(odd.azure, "-p", "ordering")["jobs"]
    deterministic = {
        name: bool(job["component"].get("is_deterministic")) for name, job in jobs.items()
    }
    assert deterministic == {"no_inputs": True, "no_outputs": False}


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ("raises", "this node raises, with an 'apostrophe', {braces} and [brackets]"),
        ("exits", "exited with code 7"),
        ("is_killed", "SIGKILL"),
        ("changes_input", "changed its input"),
        ("returns_nothing", "returns_nothing"),
        ("returns_unpicklable,reads_unpicklable", "'lock'"),
    ],
)
def test_a_node_that_fails_is_shown(odd: Pair, node: str, said: str) -> None:
    args = ("run", "--local", "-p", "misbehaving", "--nodes", node)
    done = run_kedro(odd.azure, "azureml", *args, check=False)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize("node", ["prints_binary", "prints_much", "writes_outside"])
def test_a_node_that_is_only_untidy_succeeds(odd: Pair, node: str) -> None:
    before = catalog_state(odd.azure)
    run_kedro(odd.azure, "azureml", "run", "--local", "-p", "misbehaving", "--nodes", node)
    assert catalog_state(odd.azure) == before
    assert not list(odd.azure.glob("left_behind.txt"))


@pytest.mark.parametrize(
    ("node", "code"), [("reads_missing_file", "KAZ302"), ("reads_missing_entry", "KAZ301")]
)
def test_a_missing_input_is_diagnosed(odd: Pair, node: str, code: str) -> None:
    args = ("compile", "-p", "misbehaving", "--nodes", node)
    done = run_kedro(odd.azure, "azureml", *args, check=False)
    assert done.returncode == 1
    assert code in done.stdout + done.stderr
