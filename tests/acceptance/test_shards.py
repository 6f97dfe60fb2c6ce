"""Sharded nodes, rehearsed and as a job: what `kedro run` computes, by several steps.

The documented way (docs/how-to/shards.md): a decorator, and nothing else of the project changes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.compare import catalog_state
from tests.kit.forking import ForkServer
from tests.kit.projects import AZUREML_YML
from tests.kit.sharded_project import PARTITIONS, make_sharded_project
from tests.kit.shell import environment, run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `kedro run` leaves: one call of each function, and no combiner."""
    project = make_sharded_project(tmp_path_factory.mktemp("plain") / "project")
    run_kedro(project, "run")
    return catalog_state(project)


def without_combiner(state: dict[str, Any]) -> dict[str, Any]:
    """What is the same in both: the combiner says how many results it had."""
    return {**state, "data/total.json": state["data/total.json"]["'total'"]}


def log(project: Path, step: str) -> str:
    (folder,) = (project / ".kedro_azureml/runs").iterdir()
    return (folder / "steps" / step / "user_logs/std_log.txt").read_text(encoding="utf-8")


def report(project: Path) -> dict[str, Any]:
    (folder,) = (project / ".kedro_azureml/runs").iterdir()
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("shards", [2, 20])
def test_the_rehearsal_equals_kedro_run(
    shards: int, expected: dict[str, Any], tmp_path: Path
) -> None:
    """Also with more shards than partitions: a shard without any calls nothing."""
    project = make_sharded_project(tmp_path / "project", shards=shards)
    said = run_kedro(project, "azureml", "run", "--local", "--into-catalog").stdout
    state = catalog_state(project)
    assert without_combiner(state) == without_combiner(expected)
    of = [each["data/total.json"]["'of'"] for each in (expected, state)]
    assert of == [1, 3]
    logs = [log(project, f"double_{number + 1}_of_{shards}") for number in range(shards)]
    held = [int(text.partition(" has ")[2].split()[0]) for text in logs]
    assert sum(held) == len(PARTITIONS)
    assert f"shard 1/{shards} has" in logs[0]
    if shards == 20:
        assert held.count(0) >= 11
        empty = logs[held.index(0)]
        assert "Running node" not in empty
    assert said.count("  doubled\n") == 1


def test_temporary_storage(expected: dict[str, Any], tmp_path: Path) -> None:
    azureml = AZUREML_YML + "  temporary_storage: {account_name: acc, container: box}\n"
    project = make_sharded_project(tmp_path / "project", azureml=azureml)
    run_kedro(project, "azureml", "run", "--local", "--into-catalog")
    assert without_combiner(catalog_state(project)) == without_combiner(expected)


def test_one_step_on_several_machines(expected: dict[str, Any], tmp_path: Path) -> None:
    """All processes are there at once, and each writes a folder of its own."""
    project = make_sharded_project(tmp_path / "project", counted="machines")
    options = ("--into-catalog", "--max-processes", "3")
    said = run_kedro(project, "azureml", "run", "--local", *options).stdout
    assert without_combiner(catalog_state(project)) == without_combiner(expected)
    assert list(report(project)["steps"]) == [
        *("make", "double", "total_on_3_machines", "total", "report")
    ]
    assert said.count("  doubled\n") == 1


CLASHES = {
    "one partition": ('return {"same": {"n": 1}}', "have both written the partition 'same'"),
    "a file and a folder": (
        'return {"x": 1} if "plain" in parts else {"x.json/" + name: 1 for name in parts}',
        "is a file that one shard has written, and a folder that another has",
    ),
}


@pytest.mark.parametrize("counted", ["shards", "machines"])
@pytest.mark.parametrize("name", CLASHES)
def test_shards_that_get_in_each_others_way(name: str, counted: str, tmp_path: Path) -> None:
    double, message = CLASHES[name]
    project = make_sharded_project(tmp_path / "project", double=double, counted=counted)
    options = ("--max-processes", "3")
    done = run_kedro(project, "azureml", "run", "--local", *options, check=False)
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert message in said
    assert "Traceback" not in said


def test_a_partition_that_fails(tmp_path: Path) -> None:
    """The step that has it fails, the others have done their work, and nobody reads a part."""
    double = 'return {n: {"n": 1 / ("plain" != n)} for n in parts}'
    project = make_sharded_project(tmp_path / "project", double=double)
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert "'double' failed: ZeroDivisionError" in said
    steps = report(project)["steps"]
    failed = [name for name, step in steps.items() if step["status"] == "Failed"]
    assert len(failed) == 1
    assert failed[0].startswith("double_")
    assert steps["report"]["status"] == "NotStarted"
    assert not (project / "data/doubled").exists()


_SESSION = """\
import json
from kedro_azureml import compile_project, rehearse
done = rehearse(compile_project())
parts = {name: load()["n"] for name, load in done.load("doubled").items()}
print(json.dumps([parts, done.load("total"), done.datasets]))
"""


def test_the_python_api_loads_all_parts(tmp_path: Path) -> None:
    project = make_sharded_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", _SESSION],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    parts, total, datasets = json.loads(done.stdout.splitlines()[-1])
    assert parts == {name: 2 * (number + 1) for number, name in enumerate(PARTITIONS)}
    assert total == {"total": sum(parts.values()), "of": 3}
    assert datasets == ["raw", "doubled", "total", "report"]


def test_a_submission_equals_kedro_run(
    azure_service: AzureService,
    fork_server: ForkServer,
    expected: dict[str, Any],
    tmp_path: Path,
) -> None:
    azureml = azureml_yml(azure_service) + "  export: {path: 'results/{date}'}\n"
    project = make_sharded_project(tmp_path / "project", azureml=azureml)
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, project, fork_server)
    kedro("run", "--wait-for-completion")
    # The shards of a node have one: make, double, total, what combines, report, export.
    assert azure_service.count("PUT", "/components/") == 6
    kedro("job", "download", kedro.job, "--into-catalog")
    assert without_combiner(catalog_state(project)) == without_combiner(expected)
    kedro("job", "download", kedro.job, "doubled")
    folder = project / ".kedro_azureml/downloads" / kedro.job / "doubled/data/doubled"
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {f"{name}.json" for name in PARTITIONS}


def test_machines_of_a_submission(
    azure_service: AzureService,
    fork_server: ForkServer,
    expected: dict[str, Any],
    tmp_path: Path,
) -> None:
    azureml = azureml_yml(azure_service) + "  export: {path: 'results/{date}'}\n"
    project = make_sharded_project(tmp_path / "project", azureml=azureml, counted="machines")
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, project, fork_server)
    kedro("run", "--wait-for-completion")
    kedro("job", "download", kedro.job, "--into-catalog")
    assert without_combiner(catalog_state(project)) == without_combiner(expected)


def test_a_part_is_not_downloaded(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    """Until all shards have completed there is no dataset."""
    double = 'return {n: {"n": 1 / ("plain" != n)} for n in parts}'
    azureml = azureml_yml(azure_service)
    project = make_sharded_project(tmp_path / "project", double=double, azureml=azureml)
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, project, fork_server)
    kedro.refused("KAZ711", "run", "--wait-for-completion")
    assert "'doubled' is not there" in kedro.refused(
        "KAZ714", "job", "download", kedro.job, "doubled"
    )
    kedro("job", "download", kedro.job, check=False)
    folder = project / ".kedro_azureml/downloads" / kedro.job
    assert [path.name for path in folder.iterdir()] == ["raw"]
