"""``kedro run``, the rehearsal, and a submitted job leave the same files in the project.

Each project is run by Kedro in one copy. In another, ``kedro azureml run --local --into-catalog``
rehearses it; in a third, it is submitted to the test service, whose executor shares no code with
the rehearsal, and ``job download --into-catalog`` fetches what the job made.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.kit import seams
from tests.kit.azureml.service import AzureService
from tests.kit.compare import NEWEST, catalog_state, differences
from tests.kit.forking import ForkServer
from tests.kit.projects import copy_project, make_project, new_starter_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


@dataclass(frozen=True)
class Case:
    """A project, and how it is run.

    Attributes:
        make: Writes it below a folder, and returns where.
        options: Of `kedro run` and of `kedro azureml run`.
        made: Some of the files that a run makes, so that two empty folders are no success.
    """

    make: Callable[[Path], Path]
    options: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()


def _copy(name: str, folder: Path) -> Path:
    return copy_project(name, folder / name)


CASES = {
    "starter": Case(new_starter_project),
    "spaceflights": Case(
        partial(_copy, "spaceflights"),
        made=frozenset(
            {
                f"data/06_models/regressor.pickle/{NEWEST}",
                "data/03_primary/model_input_table.parquet",
                "data/08_reporting/residuals_plot.png",
            }
        ),
    ),
    "odd": Case(
        partial(_copy, "odd"),
        made=frozenset(
            {
                *(f"data/02_intermediate/names/{number:02}.json" for number in range(1, 17)),
                f"data/02_intermediate/formats/versioned.json/{NEWEST}",
                "data/02_intermediate/formats/parts/deeper/second.csv",
                "data/02_intermediate/custom_right/right.txt",
                "data/02_intermediate/it's a dir/`date` ${{x}} é;&|.txt",
            }
        ),
    ),
    "seams": Case(seams.seams_project, seams.OPTIONS, frozenset(seams.MADE)),
}


def rehearsed(kedro: Kedro, *options: str) -> None:
    """Rehearse the project's job, and copy what it made into the project."""
    kedro("run", "--local", "--into-catalog", *options)


def submitted(kedro: Kedro, *options: str) -> None:
    """Submit the project's job, and download what it made into the project."""
    done = kedro("run", "--wait-for-completion", *options)
    assert f"{kedro.job}: Completed" in done.stdout
    kedro("job", "download", kedro.job, "--into-catalog", *_environment(options))


def _environment(options: tuple[str, ...]) -> tuple[str, ...]:
    return options[:2] if options[:1] == ("--env",) else ()


@dataclass(frozen=True)
class Original:
    """A project as its author wrote it, and a copy in which `kedro run` ended."""

    case: Case
    folder: Path
    project: Path
    run: Path

    def copy(self, folder: Path) -> Path:
        """Copy it, and what it reads beside it."""
        shutil.copytree(self.folder, folder)
        return folder / self.project.relative_to(self.folder)


@pytest.fixture(scope="module", params=CASES)
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Original:
    case = CASES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "original").mkdir()
    project = case.make(folder / "original")
    made = Original(case, folder / "original", project, project)
    run = made.copy(folder / "run")
    run_kedro(run, "run", *case.options)
    return Original(case, made.folder, project, run)


@pytest.mark.parametrize("runner", [rehearsed, submitted])
def test_the_files_are_those_of_kedro_run(
    azure_service: AzureService,
    fork_server: ForkServer,
    original: Original,
    tmp_path: Path,
    runner: Callable[..., None],
) -> None:
    azure_service.workspace.add_compute("big-cluster")
    project = original.copy(tmp_path / "azure")
    (conf,) = {path.parent.parent for path in project.glob("conf*/base/catalog.yml")}
    settings = conf / "base/azureml.yml"
    settings.write_text(azureml_yml(azure_service), encoding="utf-8")
    sources = _files(project)
    runner(Kedro(azure_service, project, fork_server), *original.case.options)
    state = catalog_state(project)
    assert differences(catalog_state(original.run), state) == []
    assert original.case.made <= state.keys()
    # The project is as its author wrote it: nothing else came, went or changed.
    after = _files(project)
    assert [path for path, data in sources.items() if after.get(path) != data] == []
    assert [
        p for p in after.keys() - sources.keys() if p.relative_to(project).parts[0] != "data"
    ] == []


def _files(project: Path) -> dict[Path, bytes]:
    """The files of the project, and of the folder that it is in."""
    return {
        path: path.read_bytes()
        for path in project.parent.rglob("*")
        if path.is_file() and not {"__pycache__", ".kedro_azureml"} & set(path.parts)
    }


_ENDS = """\
import os
import signal
import sys

from kedro.pipeline import Pipeline, node


def raises():
    raise ValueError("no such luck")


def interrupts():
    raise KeyboardInterrupt


def exits():
    sys.exit(0)


def leaves():
    os._exit(0)


def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def is_terminated():
    os.kill(os.getpid(), signal.SIGTERM)


def reads(value):
    return str(value)


def register_pipelines():
    ends = (raises, interrupts, exits, leaves, is_killed, is_terminated)
    made = [node(end, None, f"of_{end.__name__}", name=end.__name__) for end in ends]
    return {"__default__": Pipeline([*made, node(reads, "of_leaves", "read", name="reads")])}
"""


def test_no_node_that_ends_its_process_is_a_success(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    """Where `kedro run` exits with 0 and has saved nothing, the job fails, and so the rehearsal.

    Azure ML itself takes a process that left with 0 for a success. The rehearsal does not; on Azure
    ML it is the step that reads the output that fails, and a download says that nothing is there.
    """
    project = make_project(tmp_path, registry=_ENDS, azureml=azureml_yml(azure_service))
    kedro = Kedro(azure_service, project, fork_server)
    assert run_kedro(project, "run", "--nodes", "exits", check=False).returncode == 0
    kedro("compile")
    document = project / "pipeline.yml"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("step_failure: false", "step_failure: true"), encoding="utf-8")

    kedro("run", "--local", "-f", "pipeline.yml", check=False)
    (report,) = project.glob(".kedro_azureml/runs/*/report.json")
    rehearsal = json.loads(report.read_text(encoding="utf-8"))["steps"]
    kedro("run", "-f", "pipeline.yml", "--wait-for-completion", check=False)
    job = {step["name"]: step for step in kedro.json("job", "show", kedro.job)["steps"]}

    failed = dict.fromkeys(
        ("raises", "interrupts", "exits", "leaves", "is_killed", "is_terminated"), "Failed"
    )
    statuses = {name: step["status"] for name, step in rehearsal.items()}
    assert statuses == {**failed, "reads": "NotStarted"}
    statuses = {name: step["status"] for name, step in job.items()}
    assert statuses == {**failed, "leaves": "Completed", "reads": "Failed"}
    assert job["reads"]["reason"] is not None
    done = kedro("job", "logs", kedro.job, "reads")
    assert "'reads' printed nothing (Failed)" in done.stderr
    said = kedro.refused("KAZ714", "job", "download", kedro.job, "of_leaves")
    assert (
        "What the step 'leaves' left of 'of_leaves' is not whole: It has no _manifest.json" in said
    )
