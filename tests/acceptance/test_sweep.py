"""A pipeline over many values, in one job: rehearsed, and through the service."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.nested import nested
from kedro_azureml.rehearsal import rehearse
from kedro_azureml.rehearsal.options import RehearsalOptions
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.inprocess import compile_here
from tests.kit.nasty import NASTY
from tests.kit.processes import in_process, run_pipeline
from tests.kit.projects import make_project
from tests.kit.random_pipelines import RandomNode, pipelines, random_project
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


# No two have the same label, and each reaches its node as it is.
HOSTILE = [
    *("", " ", "a'b", '"', "$HOME", "`id`", "a\nb", "größe", "null", "true", "1", "1.0", "a,b"),
    *("../..", "con", ".", "x" * 300, "-", "--sweep", "$[[x]]", "{{x}}", "]]", "A", "a"),
    *(None, True, 1, 1.0, -0.0, 1e300, 10**30, [], {}, [1, [2, "$(id)"]], {"a b": {"$x": "'"}}),
]


def echo_project(path: Path, azureml: str | None) -> Path:
    """A project whose one node saves the value that it reads."""
    registry = """\
        from kedro.pipeline import Pipeline, node

        def echo(value):
            return {"value": value}

        def register_pipelines():
            read = node(echo, "params:größe.a b", "echoed", name="echo")
            return {"__default__": Pipeline([read])}
        """
    catalog = "echoed: {type: json.JSONDataset, filepath: data/echoed.json}"
    parameters = json.dumps({"größe": {"a b": 0}})
    return make_project(
        path, registry=registry, catalog=catalog, parameters=parameters, azureml=azureml
    )


def echoed(project: Path) -> list[str]:
    return [
        json.dumps(json.loads(f.read_text())["value"]) for f in (project / "data").rglob("*.json")
    ]


def test_hostile_values_survive_here_and_on_the_service(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    sweep = ("--sweep", f"größe.a b={json.dumps(HOSTILE)[1:-1]}")
    here = echo_project(tmp_path / "here", None)
    run_kedro(here, "azureml", "run", "--local", "--warm", *sweep, "--into-catalog")
    assert sorted(echoed(here)) == sorted(map(json.dumps, HOSTILE))
    there = echo_project(tmp_path / "there", azureml_yml(azure_service))
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, there, fork_server)
    kedro("run", *sweep, "--wait-for-completion")
    kedro("job", "download", kedro.job, "--into-catalog")
    assert sorted(echoed(there)) == sorted(map(json.dumps, HOSTILE))


VALUES = st.one_of(
    NASTY,
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(
    nodes=pipelines(5),
    data=st.data(),
    first=st.lists(VALUES, min_size=1, max_size=3, unique_by=json.dumps),
    second=st.lists(VALUES, min_size=1, max_size=2, unique_by=json.dumps),
    max_concurrent=st.sampled_from([None, 1, 2]),
)
def test_any_sweep_of_any_pipeline_equals_a_run_for_each_combination(
    nodes: list[RandomNode],
    data: st.DataObject,
    first: list[Any],
    second: list[Any],
    max_concurrent: int | None,
) -> None:
    readers = data.draw(
        st.dictionaries(
            st.sampled_from(["params:a", "params:group.b"]),
            st.sampled_from(range(len(nodes))),
            min_size=1,
        )
    )
    nodes = [
        RandomNode(
            n.name,
            (*n.inputs, *(p for p, at in readers.items() if at == number)),
            n.files,
            None,
            (),
        )
        for number, n in enumerate(nodes)
    ]
    given_values = {"params:a": ("a", first), "params:group.b": ("group.b", second)}
    swept = dict(given_values[name] for name in readers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = random_project(folder / "azure", nodes, {})
        (project / "conf/base/parameters.yml").write_text("a: 0\ngroup: {b: 0}\n")
        sweep = SweepConfig(parameters=swept, max_concurrent=max_concurrent)
        job = compile_here(project, sweep=sweep, local=True).job
        report = rehearse(job, project, RehearsalOptions(project=project), source="a test")
        assert report.status == "Completed"
        made: dict[str, set[str]] = {}
        for output in report.outputs:
            if output.kind == "local":
                (file,) = output.files
                text = as_text(output.file(file).read_text())
                made.setdefault(str(output.dataset), set()).add(text)
        plain = Path(
            shutil.copytree(project, folder / "plain", ignore=shutil.ignore_patterns(".kedro*"))
        )
        wanted: dict[str, set[str]] = {}
        for number, row in enumerate(itertools.product(*swept.values())):
            values = nested(dict(zip(swept, row, strict=True)))
            in_process(run_pipeline, plain, folder / f"results_{number}.json", values)
            for path in (plain / "data/02").glob("*.json"):
                wanted.setdefault(path.stem, set()).add(as_text(path.read_text()))
        # Each result tells how it was made, so that no two combinations have the same.
        assert made == wanted


def as_text(result: str) -> str:
    """One text for one value: 1, 1.0 and true are three."""
    return json.dumps(json.loads(result), sort_keys=True)
