"""A pipeline over many values, in one job: rehearsed, and through the service."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# What OpticSim's users have: a simulation, values for its arguments, and how many may run at once.
REGISTRY = """\
import time
from pathlib import Path

from kedro.pipeline import Pipeline, node


def lens(glass):
    return {"index": {"BK7": 1.5, "SF11": 1.8}[glass]}


def simulate(lens, wavelength, rays, journal):
    begun = time.time()
    if wavelength == "uv" and rays == 200:
        raise ValueError("the lens is opaque")
    time.sleep(0.3)
    with Path(journal).open("a") as file:
        file.write(f"{wavelength},{rays},{begun},{time.time()}\\n")
    return {"wavelength": wavelength, "rays": rays, "index": lens["index"]}


def measure(image):
    return {"spot": image["rays"] / 100 * image["index"]}


def register_pipelines():
    return {
        "__default__": Pipeline(
            [
                node(lens, "params:glass", "lens", name="lens"),
                node(
                    simulate,
                    ["lens", "params:sim.wavelength", "params:sim.rays", "params:journal"],
                    "image",
                    name="simulate",
                ),
                node(measure, "image", "quality", name="measure"),
            ]
        )
    }
"""
CATALOG = """\
image: {type: json.JSONDataset, filepath: data/02/image.json}
quality: {type: json.JSONDataset, filepath: data/08/quality.json}
"""
SWEEP = ("--sweep", "sim.wavelength=red,blue", "--sweep", "sim.rays=100,200,400")
BOUND = 2


def optics(path: Path, **changes: Any) -> Path:
    """The project; each simulation writes when it began and ended."""
    parameters = {
        "glass": "BK7",
        "sim": {"wavelength": "green", "rays": 10},
        "journal": str(path.parent / "journal.csv"),
    }
    return make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters=json.dumps(parameters),
        **changes,
    )


def most_at_once(journal: Path) -> int:
    """How many simulations ran at the same time, by their own clocks."""
    moments: list[tuple[float, int]] = []
    for line in journal.read_text().splitlines():
        *_, begun, ended = line.split(",")
        moments += [(float(begun), 1), (float(ended), -1)]
    return max(itertools.accumulate(change for _, change in sorted(moments)))


def by_hand(folder: Path, combinations: Iterator[tuple[str, int]]) -> dict[str, dict[str, Any]]:
    """What `kedro run --params` gives for each combination."""
    found: dict[str, dict[str, Any]] = {}
    project = optics(folder / "by hand")
    for wavelength, rays in combinations:
        run_kedro(project, "run", "--params", f"sim.wavelength={wavelength},sim.rays={rays}")
        found[f"wavelength={wavelength},rays={rays}"] = {
            "image": json.loads((project / "data/02/image.json").read_text()),
            "quality": json.loads((project / "data/08/quality.json").read_text()),
        }
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("optics")
    return by_hand(folder, itertools.product(("red", "blue"), (100, 200, 400)))


def in_catalog(project: Path) -> dict[str, dict[str, Any]]:
    """What lies in the catalog for each combination."""
    found: dict[str, dict[str, Any]] = {}
    for file in (project / "data").rglob("*.json"):
        *_, dataset, label, _ = file.parts
        found.setdefault(label, {})[dataset] = json.loads(file.read_text())
    return found


def test_each_combination_gives_what_kedro_run_gives_with_its_values(
    tmp_path: Path, expected: dict[str, dict[str, Any]]
) -> None:
    project = optics(tmp_path / "optics", azureml=None)
    bound = ("--max-concurrent", str(BOUND))
    done = run_kedro(
        project, "azureml", "run", "--local", *SWEEP, *bound, "--max-parallel", "6",
        "--into-catalog",
    )  # fmt: skip
    assert in_catalog(project) == expected
    assert most_at_once(tmp_path / "journal.csv") == BOUND
    assert "6 combinations completed." in done.stdout
    (summary,) = project.glob(".kedro_azureml/runs/*/steps/sweep_summary/outputs/summary")
    assert f"As files: {(summary / 'summary.csv').relative_to(project)} and" in done.stdout
    with (summary / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["sim.wavelength"], r["sim.rays"], float(r["quality.spot"])) for r in rows] == [
        (wavelength, str(rays), rays / 100 * 1.5)
        for wavelength in ("red", "blue")
        for rays in (100, 200, 400)
    ]
    # What no value reaches runs once.
    (report,) = project.glob(".kedro_azureml/runs/*/report.json")
    steps = json.loads(report.read_text())["steps"]
    assert sum(step["nodes"] == "lens" for step in steps.values()) == 1
    assert len(steps) == 1 + 2 * 6 + 1


def test_a_failed_combination_does_not_end_the_others(tmp_path: Path) -> None:
    project = optics(tmp_path / "optics", azureml=None)
    done = run_kedro(
        project, "azureml", "run", "--local", "--sweep", "sim.wavelength=uv,red", "--sweep",
        "sim.rays=100,200,400", "--max-concurrent", "1", check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "5 combinations completed, 1 did not." in done.stdout
    assert "the lens is opaque" in done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("uv  ")]
    assert [row[-1] for row in rows] == ["Completed", "Failed", "Completed"]
    assert most_at_once(tmp_path / "journal.csv") == 1


def test_the_service_runs_the_same_document(
    azure_service: AzureService,
    fork_server: ForkServer,
    tmp_path: Path,
    expected: dict[str, dict[str, Any]],
) -> None:
    project = optics(tmp_path / "optics", azureml=azureml_yml(azure_service))
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, project, fork_server)
    done = kedro("run", *SWEEP, "--max-concurrent", str(BOUND), "--wait-for-completion")
    # lens, simulate, measure and the summary: a copy is no component of its own.
    assert azure_service.count("PUT", "/components/") == 4
    assert most_at_once(tmp_path / "journal.csv") <= BOUND
    assert "6 combinations completed." in done.stdout
    # Whoever was away sees it later.
    assert "6 combinations completed." in kedro("job", "watch", kedro.job).stdout
    kedro("job", "download", kedro.job, "--into-catalog")
    assert in_catalog(project) == expected
    kedro("job", "download", kedro.job, "sweep_summary", "-o", str(tmp_path / "summary"))
    assert (tmp_path / "summary/sweep_summary/summary.html").is_file()


def test_the_service_summarises_what_failed(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    project = optics(tmp_path / "optics", azureml=azureml_yml(azure_service))
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, project, fork_server)
    sweep = ("--sweep", "sim.wavelength=uv", "--sweep", "sim.rays=100,200,400")
    done = kedro("run", *sweep, "--max-concurrent", "1", "--wait-for-completion", check=False)
    assert done.returncode == 1
    assert "2 combinations completed, 1 did not." in done.stdout


def test_a_schedule_and_an_endpoint_start_the_sweep_of_a_job(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    azureml = f"""{azureml_yml(azure_service)}  jobs:
    study: {{sweep: {{parameters: {{sim.rays: [100, 400]}}, max_concurrent: 1}}}}
  schedules:
    nightly: {{job: study, cron: "0 3 * * *"}}
  endpoints:
    studies: {{job: study}}
"""
    project = optics(tmp_path / "optics", azureml=azureml)
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, project, fork_server)
    kedro("deploy", "--yes")
    kedro("deploy", "--check")
    for start in (("schedule", "trigger", "nightly"), ("endpoint", "invoke", "studies")):
        kedro(*start)
        done = kedro("job", "watch", kedro.job)
        assert "2 combinations completed." in done.stdout
    assert most_at_once(tmp_path / "journal.csv") == 1
