"""``kedro azureml run`` from the outside."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from kedro_azureml.rehearsal.home import runs_folder, user_runs_folder
from tests.helpers.inprocess import make_project
from tests.helpers.minimal import make_minimal_project, run_kedro, run_kedro_on_terminal
from tests.rehearsal.conftest import command


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_minimal_project(tmp_path_factory.mktemp("home") / "my project")
    catalog = "upper:\n  type: pickle.PickleDataset\n  filepath: data/upper.pkl\n"
    (root / "conf/base/catalog.yml").write_text(catalog)
    return root


def write(project: Path, name: str, text: str, **options: object) -> str:
    (project / "build").mkdir(exist_ok=True)
    document = {"type": "pipeline", "jobs": {"only": command(text, code="..", **options)}}
    (project / "build" / name).write_text(yaml.safe_dump(document))
    return f"build/{name}"


def test_a_project_that_was_never_initialised(project: Path) -> None:
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"(?m)^\d\d:\d\d:\d\d upper Completed in", done.stdout)
    assert "Completed in" in done.stdout.splitlines()[-4]
    assert done.stdout.endswith("Copied 1 file into the catalog:\n  data/upper.pkl\n")
    import pickle

    assert pickle.loads((project / "data/upper.pkl").read_bytes()) == "HELLO"


def test_on_a_terminal(project: Path) -> None:
    code, screen = run_kedro_on_terminal(project, "azureml", "run", "--local")
    assert code == 0, screen
    assert "\x1b[?25l" in screen
    assert "1 completed" in screen


def test_a_compiled_file_in_another_folder(project: Path) -> None:
    file = write(project, "ok.yml", "test -f pyproject.toml && echo found")
    done = run_kedro(project, "azureml", "run", "--local", "-f", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / ".kedro_azureml/runs").is_dir()
    assert not (project / "build/.kedro_azureml").exists()


def test_a_failure(project: Path) -> None:
    file = write(project, "bad.yml", "printf '\\033[31mno\\377\\n'; exit 3")
    done = run_kedro(project, "azureml", "run", "--local", "-f", file)
    assert done.returncode == 1
    assert "error KAZ603  'only' exited with code 3." in done.stdout
    assert "steps/only/user_logs/std_log.txt" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout


def test_runs_are_counted_listed_and_pruned(project: Path) -> None:
    file = write(project, "ok.yml", "true")
    for _ in range(2):
        done = run_kedro(project, "azureml", "run", "--local", "-f", file)
    assert re.search(r"\d+ older runs? kept here, [\d.]+ \w+; '--keep 5'", done.stdout)
    done = run_kedro(project, "azureml", "run", "--local", "-f", file, "--keep", "2")
    assert "Deleted " in done.stdout
    shown = run_kedro(project, "azureml", "run", "--local", "--list-runs").stdout
    # Kedro itself says something first.
    listed = [line for line in shown.splitlines() if ".kedro_azureml/runs/" in line]
    assert len(listed) == 2
    assert re.match(
        r"Completed +1/1 +[\d.]+ kB  \.kedro_azureml/runs/\d{8}-\d{6}-pipeline", listed[0]
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--into-catalog",), "KAZ107", "--into-catalog belongs to a rehearsal"),
        (("--local", "-f", "gone.yml"), "KAZ601", "cannot be read"),
        (("--local", "-f", "conf/base/catalog.yml"), "KAZ601", "Unknown key"),
        (("--local", "-f", "x.yml", "--tags", "a", "-p", "b"), "KAZ107", "--pipeline, --tags"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], code: str, message: str, project: Path) -> None:
    done = run_kedro(project, "azureml", "run", *arguments)
    assert done.returncode == 1
    assert f"error {code}" in done.stderr
    assert message in done.stderr.replace("\n  ", " ")
    assert "Traceback" not in done.stderr


def test_what_the_step_is_told(project: Path) -> None:
    file = write(project, "env.yml", 'echo "$ONE|$TWO"')
    done = run_kedro(
        project, "azureml", "run", "--local", "-f", file, "--pass-env", "ONE", ONE="1", TWO="2"
    )
    assert done.returncode == 0
    newest = max((project / ".kedro_azureml/runs").iterdir())
    assert (newest / "steps/only/user_logs/std_log.txt").read_text() == "1|\n"
    assert json.loads((newest / "report.json").read_text())["source"] == "build/env.yml"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("sys.exit(0)", "exited with code 1"),
        ("os._exit(0)", "ended before it said what it wrote"),
    ],
)
def test_a_node_that_ends_its_process(tmp_path: Path, call: str, words: str) -> None:
    """Neither is a success, whatever the exit code says."""
    module, name = call.split(".")
    project = make_project(
        tmp_path / "p",
        f"node(lambda: __import__('{module}').{name}, None, 'x', name='n')",
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog")
    assert done.returncode == 1, done.stdout
    assert words in done.stdout
    assert "Copied" not in done.stdout


def test_a_project_whose_path_a_shell_would_expand(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "it's $HOME `id`",
        'node(lambda text: text, "raw", "copy", name="n")',
        catalog="""\
        raw: {type: text.TextDataset, filepath: data/raw.txt}
        copy: {type: text.TextDataset, filepath: data/copy.txt}
        """,
        files={"data/raw.txt": "x"},
    )
    cache = str(tmp_path / "cache")
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", XDG_CACHE_HOME=cache)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/copy.txt").read_text() == "x"


def test_runs_in_two_places_are_listed_newest_first(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a project that could be written once and cannot now."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for home, day in (
        (runs_folder(project), "20200101"),
        (user_runs_folder(project.resolve()), "20200102"),
    ):
        (home / f"{day}-000000-old").mkdir(parents=True)
    file = write(project, "ok.yml", "true")
    assert run_kedro(project, "azureml", "run", "--local", "-f", file).returncode == 0
    shown = run_kedro(project, "azureml", "run", "--list-runs").stdout
    listed = re.findall(r"runs/(\d{8})-", shown)
    assert listed == sorted(listed, reverse=True)
    assert {"20200101", "20200102"} <= set(listed)
    shutil.rmtree(runs_folder(project) / "20200101-000000-old")
