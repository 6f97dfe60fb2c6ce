"""Two Kedro projects in one Python process, as a notebook or a comparison of checkouts has them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from tests.kit.projects import AZUREML_YML, PACKAGE, make_project
from tests.kit.shell import environment
from tests.kit.waiting import PATIENCE

COMPILE = """\
    import json, sys
    from pathlib import Path
    from kedro_azureml.compiler import CompileRequest, compile_project
    from kedro_azureml.diagnostics import DiagnosticError
    from kedro_azureml.project import Project

    def compile_at(path, project=None):
        request = CompileRequest(project_path=Path(path), base=Path(path))
        try:
            job = compile_project(request, project).job
        except DiagnosticError as error:
            return [f"{d.code} {d.where} {d.message}" for d in error.diagnostics]
        return [job.experiment_name, *job.jobs]

    first, second = map(Path, sys.argv[1:])
    """


def make_named(path: Path, package: str, node: str, azureml: str = AZUREML_YML) -> Path:
    """A project of one node; its package and its conf folder have names of their own."""
    make_project(path, f'node(one, "params:alpha", "x", name="{node}")', parameters="alpha: 1")
    if package != PACKAGE:
        (path / "src" / PACKAGE).rename(path / "src" / package)
        pyproject = path / "pyproject.toml"
        text = pyproject.read_text().replace(f'"{PACKAGE}"', f'"{package}"')
        pyproject.write_text(text)
    (path / "conf/base/azureml.yml").write_text(azureml)
    return path


def run_python(code: str, *arguments: Path) -> object:
    """What a Python process prints as JSON in its last line."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(COMPILE) + dedent(code), *map(str, arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_each_of_two_projects_has_its_own_pipelines(tmp_path: Path) -> None:
    yml = AZUREML_YML.replace(": exp", ": other")
    first = make_named(tmp_path / "a", "alpha", "in_a")
    second = make_named(tmp_path / "b", "beta", "in_b", yml)
    # The second one keeps its configuration elsewhere: the first one's settings must not stay.
    (second / "conf").rename(second / "settings")
    (second / "src/beta/settings.py").write_text('CONF_SOURCE = "settings"\n')
    code = """\
        print(json.dumps([compile_at(path) for path in (first, second, first)]))
        """
    assert run_python(code, first, second) == [
        ["exp", "in_a"],
        ["other", "in_b"],
        ["exp", "in_a"],
    ]


def test_an_open_project_is_read_as_itself_after_another_one(tmp_path: Path) -> None:
    first = make_named(tmp_path / "a", "alpha", "in_a")
    second = make_named(tmp_path / "b", "beta", "in_b", AZUREML_YML.replace(": exp", ": other"))
    code = """\
        one, other = Project(first), Project(second)
        names = [one.config().azure.experiment_name, other.config().azure.experiment_name]
        print(json.dumps([names, compile_at(first, one), compile_at(second, other)]))
        """
    assert run_python(code, first, second) == [
        ["exp", "other"],
        ["exp", "in_a"],
        ["other", "in_b"],
    ]


def test_two_checkouts_of_one_package_are_refused(tmp_path: Path) -> None:
    """Python imports a package once: the second checkout would get the first one's nodes."""
    first = make_named(tmp_path / "old", PACKAGE, "in_old")
    second = make_named(tmp_path / "new", PACKAGE, "in_new")
    code = "print(json.dumps([compile_at(path) for path in (first, second, first)]))"
    refusal = (
        f"KAZ207 {second}/src/{PACKAGE} The project's package '{PACKAGE}' is already imported "
        f"from another place, '{first}/src/{PACKAGE}'."
    )
    assert run_python(code, first, second) == [["exp", "in_old"], [refusal], ["exp", "in_old"]]


def test_a_project_after_kedro_itself_was_set_up_for_another(tmp_path: Path) -> None:
    first = make_named(tmp_path / "a", "alpha", "in_a")
    second = make_named(tmp_path / "b", "beta", "in_b")
    code = """\
        from kedro.framework.startup import bootstrap_project
        bootstrap_project(first)
        print(json.dumps(compile_at(second)))
        """
    assert run_python(code, first, second) == ["exp", "in_b"]
