"""A forked step sees what a new process sees: the same contract, cold, forked and warm."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.kit.projects import PACKAGE, make_project
from tests.kit.shell import run_kedro

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

REGISTRY = """\
    import gc, json, locale, logging, os, random, resource, signal, sys, tempfile, threading
    import time, warnings
    from pathlib import Path

    from kedro.pipeline import Pipeline, node

    AT_IMPORT = {"run": os.environ.get("AZUREML_RUN_ID"), "cwd": os.getcwd(), "file": __file__}

    def descriptors():
        seen = {}
        for name in os.listdir("/proc/self/fd"):
            try:
                target = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                continue  # the one that listed the others
            seen[name] = target.rpartition("/")[2].split("[")[0]
        return seen

    def signals():
        seen = {}
        for number in sorted(signal.valid_signals()):
            handler = signal.getsignal(number)
            seen[int(number)] = getattr(handler, "__name__", str(handler))
        return seen, sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))

    def loggers():
        seen = {}
        known = {"": logging.root, **logging.root.manager.loggerDict}
        for name, logger in known.items():
            if isinstance(logger, logging.Logger):
                handlers = [type(handler).__name__ for handler in logger.handlers]
                seen[name] = [logger.level, logger.disabled, logger.propagate, handlers]
        return seen

    def look(text):
        logging.getLogger("minimal.nodes").info("an ordinary line")
        return {
            "environment": dict(os.environ),
            "shown": Path("/proc/self/environ").read_text().split("\\0"),
            "descriptors": descriptors(),
            "signals": signals(),
            "threads": [thread.name for thread in threading.enumerate()],
            "modules": sorted(sys.modules),
            "loggers": loggers(),
            "random": random.random(),
            "locale": [locale.getlocale(), sys.getfilesystemencoding(), time.tzname],
            "argv": sys.argv,
            "orig_argv": sys.orig_argv[1:],
            "main": sys.modules["__main__"].__spec__.name,
            "path": sys.path,
            "cwd": os.getcwd(),
            "temporary": tempfile.gettempdir(),
            "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
            "limits": [resource.getrlimit(n) for n in range(8)],
            "misc": [os.umask(0o22), os.nice(0), gc.isenabled(), sys.flags.hash_randomization],
            "encodings": [s.encoding for s in (sys.stdin, sys.stdout, sys.stderr)],
            "buffering": [s.line_buffering for s in (sys.stdout, sys.stderr)],
            "filters": sorted(str(f) for f in warnings.filters),
            "import": AT_IMPORT,
        }

    def register_pipelines():
        return {"__default__": Pipeline([node(look, "params:text", "seen", name="look")])}
    """
LOGGING = """\
    version: 1
    disable_existing_loggers: {disable}
    formatters: {{own: {{format: "OWN %(name)s %(message)s"}}}}
    handlers:
      console: {{class: logging.StreamHandler, formatter: own}}
      file:
        {{class: logging.handlers.RotatingFileHandler, filename: info.log, formatter: own}}
    loggers: {{kedro.io: {{level: DEBUG}}}}
    root: {{level: INFO, handlers: [console, file]}}
    """
NODE = "look"
# What the steps of a run are called, with and without its dashes.
_SECONDS = re.compile(r"in [0-9.]+ sec")
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "a project",
        registry=REGISTRY,
        catalog="seen: {type: json.JSONDataset, filepath: data/seen.json}\n",
        parameters="text: x",
        azureml=None,
    )


def run_of(project: Path) -> Path:
    return max((project / ".kedro_azureml/runs").iterdir())


def rehearse(project: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    """Return what the node saw, with the names of this run replaced."""
    words = ("run", "--local", "--into-catalog", *arguments)
    done = run_kedro(project, "azureml", *words, check=False, variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (project / "data/seen.json").read_text()
    return json.loads(text)  # type: ignore[no-any-return]


def is_forked(seen: dict[str, Any]) -> bool:
    """Tell it by what no step can see of itself but in the system's own files."""
    return not any(entry.startswith("AZUREML_RUN_ID=") for entry in seen["shown"])


def alike(seen: dict[str, Any], run: Path) -> dict[str, Any]:
    """Leave out what differs from run to run, and what has a test of its own."""
    text = _ID.sub("ID", json.dumps(seen).replace(run.name, "RUN"))
    comparable: dict[str, Any] = json.loads(text)
    for name in ("shown", "random", "import"):
        del comparable[name]
    return comparable


@pytest.mark.parametrize("logging_yml", [None, "false", "true"])
@pytest.mark.parametrize("how", [(), ("--warm",)], ids=["forked", "warm"])
def test_a_fork_sees_what_a_new_process_sees(
    project: Path, how: tuple[str, ...], logging_yml: str | None
) -> None:
    if logging_yml:
        text = dedent(LOGGING.format(disable=logging_yml))
        (project / "conf/logging.yml").write_text(text)
    cold = rehearse(project, "--cold")
    expected = alike(cold, run_of(project))
    expected_log = log_of(run_of(project))
    forked = rehearse(project, *how)
    run = run_of(project)
    assert is_forked(forked)
    assert not is_forked(cold)
    actual = alike(forked, run)
    # What `--warm` imports for all steps is there for each.
    modules = set(actual.pop("modules")) ^ set(expected.pop("modules"))
    assert {name for name in modules if not name.startswith(ONLY_FORKS)} == set()
    if how:
        # These exist because their modules do.
        expected["loggers"] = actual["loggers"] | expected["loggers"]
    for name, value in expected.items():
        assert actual[name] == value, name
    assert forked["random"] != cold["random"]
    if how:
        # Kedro says it in the process that is forked, which is that of all steps.
        expected_log = [line for line in expected_log if "as logging configuration" not in line]
    assert log_of(run) == expected_log
    if logging_yml:
        assert "OWN minimal.nodes an ordinary line" in log_of(run)
        kept = run / "steps" / NODE / "wd/info.log"
        assert "OWN minimal.nodes an ordinary line" in kept.read_text()
    if not how:
        assert forked["import"]["run"] == forked["environment"]["AZUREML_RUN_ID"]
        assert forked["import"]["cwd"] == forked["cwd"]
        assert forked["import"]["file"].startswith(forked["cwd"])


# What forks a process, and what its forks have from it.
ONLY_FORKS = (
    "kedro_azureml.step.process",
    "select",
    "_select",
    "importlib.metadata",
    "importlib.readers",
    "importlib.resources",
)


def log_of(run: Path) -> list[str]:
    """Return a step's log without its times."""
    text = (run / f"steps/{NODE}/user_logs/std_log.txt").read_text()
    lines = _ID.sub("ID", text.replace(run.name, "RUN")).splitlines()
    timeless = [line.partition(" ")[2] if line[:2].isdigit() else line for line in lines]
    # If it is installed, it tells how many threads it takes when pandas imports it.
    return [_SECONDS.sub("in some time", line) for line in timeless if "numexpr" not in line]


@pytest.mark.parametrize(
    "variable", ["PYTHONHASHSEED=1", "TZ=Asia/Tokyo", "OMP_NUM_THREADS=1", "ENV_FOR_DYNACONF=x"]
)
def test_a_variable_that_an_import_reads_starts_the_step_anew(project: Path, variable: str) -> None:
    seen = rehearse(project, "--env-var", variable)
    assert not is_forked(seen)
    name, _, value = variable.partition("=")
    assert seen["environment"][name] == value
    assert is_forked(rehearse(project, "--env-var", "MINE=1"))


HOOK = """\
from kedro.framework.hooks import hook_impl
class Hooks:
    @hook_impl
    def after_context_created(self): os.environ["OMP_NUM_THREADS"] = "1"
HOOKS = (Hooks(),)
"""


def test_a_time_zone_of_the_project_is_that_of_its_steps(project: Path) -> None:
    file = project / f"src/{PACKAGE}/settings.py"
    file.write_text("import os\nos.environ['TZ'] = 'Asia/Tokyo'\n")
    registry = project / f"src/{PACKAGE}/pipeline_registry.py"
    registry.write_text(
        registry.read_text().replace("time.tzname]", "time.localtime(86400).tm_hour]")
    )
    hours = [rehearse(project, *how)["locale"][-1] for how in (["--cold"], [], ["--warm"])]
    assert hours == [9, 9, 9]


@pytest.mark.parametrize("settings", ['os.environ["OMP_NUM_THREADS"] = "1"\n', HOOK])
def test_a_project_that_sets_what_numpy_reads_starts_its_steps_anew(
    project: Path, settings: str
) -> None:
    """In a step that is no fork, NumPy is imported after the project, for Kedro's catalog."""
    file = project / f"src/{PACKAGE}/settings.py"
    file.write_text("import os\nprint('imported')\n" + settings)
    seen = rehearse(project)
    assert not is_forked(seen)
    assert seen["environment"]["OMP_NUM_THREADS"] == "1"
    assert log_of(run_of(project)).count("imported") == 1


def test_scikit_learn_starts_no_step_anew(project: Path) -> None:
    file = project / f"src/{PACKAGE}/settings.py"
    file.write_text("import sklearn.linear_model\n")
    seen = rehearse(project)
    assert is_forked(seen)
    assert "KMP_INIT_AT_FORK" in seen["environment"], "it sets a variable when it is imported"


def test_what_the_project_sets_is_set_in_a_warm_step(project: Path) -> None:
    file = project / f"src/{PACKAGE}/settings.py"
    file.write_text("import os\nos.environ['OF_THE_PROJECT'] = 'x'\n")
    seen = rehearse(project, "--warm")
    assert is_forked(seen)
    assert seen["environment"]["OF_THE_PROJECT"] == "x"


def test_what_a_shell_reads_is_read_by_one(project: Path, tmp_path: Path) -> None:
    (tmp_path / "rc").write_text("export OF_THE_SHELL=x")
    seen = rehearse(project, "--env-var", f"BASH_ENV={tmp_path / 'rc'}")
    assert not is_forked(seen)
    assert seen["environment"]["OF_THE_SHELL"] == "x"


def hiding(library: str, *folders: Path) -> str:
    """Write a module that stands for a library, and fails in a step."""
    return (
        "import os, sys\n"
        "if 'AZUREML_RUN_ID' in os.environ: raise RuntimeError('hidden by the project')\n"
        f"sys.path, kept = [p for p in sys.path if p not in {[*map(str, folders)]}], sys.path\n"
        f"del sys.modules['{library}']\n"
        f"import {library}\n"
        "sys.path = kept\n"
    )


@pytest.mark.parametrize("place", ["lib/pandas.py", "yaml.py", "kedro/__init__.py"])
def test_a_file_that_hides_a_library_does_so_here_too(project: Path, place: str) -> None:
    library = Path(place).parts[0 if place.startswith("kedro") else -1].removesuffix(".py")
    if place.startswith("lib/"):
        settings = project / "pyproject.toml"
        settings.write_text(settings.read_text().replace('"src"', '"lib"'))
        (project / "src").rename(project / "lib")
    file = project / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(hiding(library, project, file.parent))
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert done.returncode == 1
    assert "hidden by the project" in done.stdout + done.stderr
