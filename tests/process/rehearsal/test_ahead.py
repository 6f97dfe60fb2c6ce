"""Processes of steps that start while the job is compiled."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from kedro_azureml.rehearsal.launch.ahead import AheadPool
from kedro_azureml.step.process.ahead import outside_imports
from tests.kit.projects import PACKAGE, make_project
from tests.kit.shell import run_kedro
from tests.kit.waiting import wait_until

# What the project sees when it is imported, and what has been imported before it.
REGISTRY = f"""\
import os, random, sys
import cProfile

BEFORE = sorted(sys.modules)
import pandas
import wave_of_the_project
from kedro.pipeline import Pipeline, node

SEEN = {{
    "run": os.environ.get("AZUREML_RUN_ID"),
    "home": os.environ.get("AZURE_HOME_TOWN"),
    "passed": os.environ.get("PASSED_ON"),
    "cwd": os.getcwd(),
    "file": __file__,
    "main": sys.argv[0],
    "pwd": os.environ.get("PWD"),
    "pandas": "pandas" in BEFORE,
    "ahead": "kedro_azureml.step.process.ahead" in sys.orig_argv,
    "wave": wave_of_the_project.WHOSE,
}}

def see(): return dict(SEEN)
def check(seen): return {{**seen, "then": os.environ["AZUREML_RUN_ID"], "there": os.getcwd()}}

def register_pipelines():
    nodes = [node(see, None, "seen", name="see"), node(check, "seen", "checked", name="check")]
    return {{"__default__": Pipeline(nodes), "{PACKAGE}": Pipeline(nodes)}}
"""
CATALOG = "checked: {type: json.JSONDataset, filepath: data/checked.json}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "a project",
        registry=REGISTRY,
        catalog=CATALOG,
        azureml=None,
        files={"src/wave_of_the_project.py": "WHOSE = 'ours'\n"},
    )


def rehearse(project: Path, *arguments: str, **variables: str) -> dict[str, object]:
    done = run_kedro(
        project,
        "azureml",
        "run",
        "--local",
        "--into-catalog",
        *arguments,
        check=False,
        variables=variables,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((project / "data/checked.json").read_text())  # type: ignore[no-any-return]


def left_running(project: Path) -> list[str]:
    """Command lines of processes that were started ahead for a project (Linux)."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if "step.process.ahead" in line and str(project) in line]


def test_the_project_is_imported_in_its_own_place_and_environment(project: Path) -> None:
    seen = rehearse(
        project,
        "--group-by",
        "pipeline",
        "--pass-env",
        "PASSED_ON",
        PASSED_ON="x",
        AZURE_HOME_TOWN="x",
    )
    (run,) = (project / ".kedro_azureml/runs").iterdir()
    assert seen["pandas"] is True, "nothing was imported ahead"
    assert seen["run"] == seen["then"] is not None
    assert (seen["home"], seen["passed"]) == (None, "x")
    assert seen["cwd"] == seen["there"]
    assert str(seen["cwd"]).startswith(str(run))
    assert str(seen["file"]).startswith(str(seen["cwd"]))
    assert seen["wave"] == "ours"
    log = (run / "steps/pipeline/user_logs/std_log.txt").read_text()
    assert "Completed 2 out of 2 tasks" in log


@pytest.mark.parametrize(
    "arguments",
    [
        ("--group-by", "pipeline", "-p", PACKAGE),
        ("--group-by", "pipeline", "--env-var", "A=b"),
        (),
    ],
)
def test_otherwise_no_library_is_imported_ahead(project: Path, arguments: tuple[str, ...]) -> None:
    seen = rehearse(project, *arguments)
    assert seen["pandas"] is False
    assert seen["ahead"] is ("--env-var" not in arguments)


def test_the_first_of_several_steps_start_ahead(project: Path) -> None:
    seen = rehearse(project)
    (run,) = (project / ".kedro_azureml/runs").iterdir()
    assert seen["ahead"] is True
    assert seen["run"] != seen["then"], "each step is its own"
    assert str(seen["main"]).endswith("kedro_azureml/step/__main__.py")
    assert seen["pwd"] == seen["cwd"]
    assert "/steps/check/" in str(seen["there"])
    assert "/steps/see/" in str(seen["cwd"])
    for step in ("see", "check"):
        log = (run / f"steps/{step}/user_logs/std_log.txt").read_text()
        assert "Completed 1 out of 1 tasks" in log


def test_one_that_waits_for_a_step_that_fails_never_begins(project: Path) -> None:
    registry = project / f"src/{PACKAGE}/pipeline_registry.py"
    registry.write_text(
        registry.read_text().replace("def see(): return", "def see(): return 1 / 0,")
    )
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert done.returncode == 1
    (run,) = (project / ".kedro_azureml/runs").iterdir()
    report = json.loads((run / "report.json").read_text())
    assert {n: s["status"] for n, s in report["steps"].items()} == {
        "see": "Failed",
        "check": "NotStarted",
    }
    assert not left_running(project)


def test_azureml_yml_says_one_step_too(project: Path) -> None:
    (project / "conf/base/azureml.yml").write_text(
        "azure: {grouping: {by: pipeline}, jobs: {j: {}, k: {grouping: {by: none}}}}\n"
    )
    assert rehearse(project)["pandas"] is True
    assert rehearse(project, "-j", "j")["pandas"] is True
    assert rehearse(project, "-j", "k")["pandas"] is False


def test_a_step_that_fails_is_told_as_ever(project: Path) -> None:
    registry = project / f"src/{PACKAGE}/pipeline_registry.py"
    registry.write_text(
        registry.read_text().replace("def see(): return", "def see(): return 1 / 0,")
    )
    done = run_kedro(project, "azureml", "run", "--local", "--group-by", "pipeline", check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "exited with code 1" in done.stdout


def test_which_files_are_read_for_imports(tmp_path: Path) -> None:
    files = {
        "settings.py": "import of_settings",
        "pipeline_registry.py": "from kedro_x import y\nfrom pkg.helper import f",
        "helper.py": "import of_helper.deep as d\nfrom . import sibling",
        "sibling.py": "from of_sibling import *",
        "unused.py": "import of_unused",
        "pipelines/__init__.py": "",
        "pipelines/one/__init__.py": "from .pipeline import create_pipeline",
        "pipelines/one/pipeline.py": "from .nodes import f\nfrom ...pkg import helper",
        "pipelines/one/nodes.py": "import of_nodes\nif True:\n    import of_branch\n",
        "pipelines/one/broken.py": "import (",
        "pipelines/one/left_out.py": "import of_left_out",
    }
    for name, text in files.items():
        file = tmp_path / "pkg" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    found = set(outside_imports(tmp_path / "pkg"))
    assert found == {
        ("of_settings", None),
        ("kedro_x", "y"),
        ("of_helper.deep", None),
        ("of_sibling", None),
        ("of_nodes", None),
    }


@pytest.mark.parametrize("arguments", [(), ("--group-by", "pipeline")])
def test_a_project_that_logs_its_own_way_does_so(project: Path, arguments: tuple[str, ...]) -> None:
    """A library that imports Kedro's project elsewhere settles how that logs: all starts anew."""
    registry = project / f"src/{PACKAGE}/pipeline_registry.py"
    # Of what is installed with Kedro, this one imports `kedro.framework.project`.
    registry.write_text(registry.read_text() + "\nimport kedro_telemetry.plugin\n")
    (project / "conf/logging.yml").write_text(
        dedent("""\
        version: 1
        disable_existing_loggers: false
        formatters: {own: {format: "OWN WAY %(message)s"}}
        handlers: {console: {class: logging.StreamHandler, formatter: own}}
        loggers: {}
        root: {level: INFO, handlers: [console]}
        """)
    )
    seen = rehearse(project, *arguments)
    assert seen["ahead"] is not bool(arguments)
    (run,) = (project / ".kedro_azureml/runs").iterdir()
    for log in run.glob("steps/*/user_logs/std_log.txt"):
        assert "OWN WAY Pipeline execution completed" in log.read_text()


def test_a_file_that_hides_a_library_does_so_here_too(project: Path) -> None:
    (project / "secrets.py").write_text(
        "import os, pathlib, sysconfig\n"
        "if 'AZUREML_RUN_ID' in os.environ: raise ImportError('hidden by the project')\n"
        "exec(pathlib.Path(sysconfig.get_path('stdlib'), 'secrets.py').read_text())\n"
    )
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert done.returncode == 1
    assert "hidden by the project" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="escaped processes are found on Linux only")
def test_a_process_that_escapes_ends_with_its_step(project: Path, tmp_path: Path) -> None:
    registry = project / f"src/{PACKAGE}/pipeline_registry.py"
    escape = f"""
def see():
    if os.fork() == 0:
        os.setsid()
        open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
        os.closerange(0, 3)
        import time
        time.sleep(120)
        os._exit(0)
    import time
    while not os.path.exists({str(tmp_path / "pid")!r}):
        time.sleep(0.01)
    return dict(SEEN)

def check("""
    registry.write_text(registry.read_text().replace("def check(", escape))
    assert rehearse(project)["ahead"] is True
    state = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_is_not_needed_ends_at_once(project: Path) -> None:
    pool = AheadPool(project, None, {}, most=3)
    try:
        wait_until(lambda: len(left_running(project)) == 3)
        pool.limit(1)
        assert len(left_running(project)) == 1
    finally:
        pool.close()
    assert not left_running(project)
