"""Libraries lie ready for forks, and each fork sees of them what a new process sees."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.kit.projects import PACKAGE
from tests.kit.shell import run_kedro
from tests.process.rehearsal.test_fork_contract import (
    LOGGING,
    ONLY_FORKS,
    REGISTRY,
    alike,
    hiding,
    is_forked,
    log_of,
    project,
    rehearse,
    run_of,
)

__all__ = ["project"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

# What the project imports where it is compiled, and so what the server imports.
EVERYTHING = (
    "sklearn.ensemble, sklearn.linear_model, sklearn.metrics, sklearn.model_selection, "
    "scipy.stats, scipy.sparse.csgraph, pyarrow.parquet, openpyxl"
)
IMPORTS = """\
import os
if "AZUREML_RUN_ID" in os.environ:
    import {in_step}
else:
    import {everything}
"""


def use(project: Path, in_step: str, more: str = "") -> None:
    file = project / f"src/{PACKAGE}/pipeline_registry.py"
    imports = IMPORTS.format(in_step=in_step, everything=EVERYTHING)
    file.write_text(imports + dedent(REGISTRY) + more)


@pytest.mark.parametrize(
    ("in_step", "logging_yml"),
    [
        ("os", None),
        ("sklearn.metrics", None),
        ("scipy.sparse.csgraph, threadpoolctl", "true"),
        (EVERYTHING, "true"),
    ],
)
def test_a_fork_sees_what_it_imports(project: Path, in_step: str, logging_yml: str | None) -> None:
    if logging_yml:
        (project / "conf/logging.yml").write_text(dedent(LOGGING.format(disable=logging_yml)))
    use(project, in_step)
    cold = rehearse(project, "--cold")
    expected, expected_log = alike(cold, run_of(project)), log_of(run_of(project))
    forked = rehearse(project)
    assert is_forked(forked)
    assert not is_forked(cold)
    actual = alike(forked, run_of(project))
    modules = set(actual.pop("modules")) ^ set(expected.pop("modules"))
    assert {name for name in modules if not name.startswith(ONLY_FORKS)} == set()
    # A library's loggers are there with it, and enabled, whether a step imports it or not.
    loggers = actual.pop("loggers")
    assert {name: loggers[name] for name in expected["loggers"]} == expected.pop("loggers")
    for name, value in expected.items():
        assert actual[name] == value, name
    assert log_of(run_of(project)) == expected_log


WORK = """
import numpy, random
from sklearn.ensemble import RandomForestRegressor
def work():
    rows = numpy.arange(60.0).reshape(20, 3)
    forest = RandomForestRegressor(n_estimators=3, random_state=1, n_jobs=2).fit(rows, rows[:, 0])
    drawn = [float(numpy.random.rand()), random.random()]
    return [forest.predict(rows).tolist(), rows.T.dot(rows).tolist()], drawn
def look(text, look=look):
    return {**look(text), "worked": work()}
def register_pipelines():
    return {"__default__": Pipeline([node(look, "params:text", "seen", name="look")])}
"""


def test_what_they_compute_is_the_same(project: Path) -> None:
    use(project, EVERYTHING, WORK)
    cold, one, two = (rehearse(project, *how)["worked"] for how in (["--cold"], [], []))
    assert cold[0] == one[0] == two[0]
    drawn = [number for result in (cold, one, two) for number in result[1]]
    assert len(set(drawn)) == len(drawn), "each process has random numbers of its own"


FIND = """
import pkgutil, runpy
from importlib.util import find_spec
def find():
    data = pkgutil.get_data("sklearn.ensemble", "__init__.py")
    source = find_spec("sklearn.metrics").loader.get_source("sklearn.metrics")
    names = runpy.run_module("scipy.stats._stats_py")
    return [len(data or b""), len(source), sorted(names)]
def look(text, look=look):
    return {**look(text), "found": find()}
def register_pipelines():
    return {"__default__": Pipeline([node(look, "params:text", "seen", name="look")])}
"""


def test_what_a_loader_knows_is_known_before_an_import(project: Path) -> None:
    use(project, "os", FIND)
    forked = rehearse(project)
    assert is_forked(forked)
    assert forked["found"] == rehearse(project, "--cold")["found"]


@pytest.mark.parametrize("variable", ["SKLEARN_ASSUME_FINITE=1", "SCIPY_ARRAY_API=1"])
def test_a_variable_that_they_read_starts_the_step_anew(project: Path, variable: str) -> None:
    use(project, EVERYTHING)
    assert not is_forked(rehearse(project, "--env-var", variable))
    name, value = variable.split("=")
    settings = project / f"src/{PACKAGE}/settings.py"
    settings.write_text(f"import os\nos.environ[{name!r}] = {value!r}\n")
    assert not is_forked(rehearse(project))


def test_a_module_of_their_name_starts_the_step_anew(project: Path) -> None:
    use(project, EVERYTHING)
    (project / "joblib.py").write_text(hiding("joblib", project))
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert done.returncode == 1
    assert "hidden by the project" in done.stdout + done.stderr


def test_what_cannot_be_imported_is_left_to_the_step(project: Path) -> None:
    file = project / f"src/{PACKAGE}/pipeline_registry.py"
    broken = "import sys\nsys.modules['sklearn.is_not_there'] = sys\nimport scipy.stats\n"
    file.write_text(broken + dedent(REGISTRY))
    seen = rehearse(project)
    assert is_forked(seen)
    assert "scipy.stats" in seen["modules"]
