"""Secrets in a rehearsal and in `kedro run`: from the shell or `.env`, and in no file or log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import run_kedro

SECRET = "s3ntinel 'of' \"dotenv\""
ADDRESS = "postgresql://me:s3ntinel-of-the-shell@host/db"
REGISTRY = """\
    import logging, os, subprocess
    from kedro.pipeline import node, pipeline


    def show(text):
        password = os.environ["DB_PASSWORD"]
        print("printed", password)
        subprocess.run(["sh", "-c", "echo from a child $DB_PASSWORD >&2"], check=True)
        os.write(1, b"written " + password.encode() + b"\\n")
        logging.getLogger("kedro").warning("logged %s", password)
        print(dict(os.environ))
        if text == "fail":
            raise ConnectionError("no answer of " + os.environ["DB_CON"])
        if text == "fail at length":
            raise ConnectionError("x" * 270 + password + "y" * 400)
        return {"length": len(password)}


    def register_pipelines():
        return {"__default__": pipeline([
            node(show, "params:text", "made", name="show"),
            node(lambda made: made, "made", "kept", name="keep"),
        ])}
    """
CATALOG = """\
made: {type: json.JSONDataset, filepath: data/02/made.json}
kept:
  type: minimal.guarded.GuardedDataset
  filepath: data/08/kept.json
  credentials: store
"""
GUARDED = """\
    import json
    from pathlib import Path
    from kedro.io import AbstractDataset


    class GuardedDataset(AbstractDataset):
        def __init__(self, filepath, credentials):
            self._path, self._credentials = Path(filepath), credentials

        def save(self, data):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps([data, len(self._credentials["con"])]))

        def load(self):
            return json.loads(self._path.read_text())

        def _describe(self):
            return {"filepath": str(self._path)}
    """
NAMED = AZUREML_YML.replace("azure:\n", "azure:\n  secrets: {names: [DB_PASSWORD, DB_CON]}\n")
KEPT = f'[{{"length": {len(SECRET)}}}, {len(ADDRESS)}]'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    escaped = SECRET.replace('"', '\\"')
    files = {
        "conf/local/credentials.yml": "store: {con: '${azureml.secret:DB_CON}'}\n",
        ".env": f'DB_PASSWORD="{escaped}"\nDB_CON=of the file, which the shell comes before\n',
        "src/minimal/guarded.py": GUARDED,
        ".amlignore": ".env\n.kedro_azureml/\n**/credentials*\ndata/\n",
    }
    return make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="text: hello\n",
        azureml=NAMED,
        files=files,
    )


def kedro(
    project: Path, *arguments: str, code: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    done = run_kedro(project, *arguments, check=False, variables={"DB_CON": ADDRESS, **variables})
    assert done.returncode == code, done.stdout + done.stderr
    return done


def leaks(project: Path) -> list[str]:
    """Files that have a secret in them, in the forms that a program would print."""
    forms = [b"s3ntinel", b"s3ntinel".hex().encode()]
    return [
        file.relative_to(project).as_posix()
        for file in project.rglob("*")
        if file.is_file() and file.name != ".env" and any(f in file.read_bytes() for f in forms)
    ]


@pytest.mark.parametrize("mode", ["forked", "--cold", "--warm"])
def test_steps_get_them_and_no_log_shows_them(project: Path, mode: str) -> None:
    if mode == "--warm" and sys.platform != "linux":
        pytest.skip("forks are for Linux")
    done = kedro(project, "azureml", "run", "--local", *([mode] if mode != "forked" else []))
    run = next((project / ".kedro_azureml/runs").glob("*-minimal"))
    log = (run / "steps/show/user_logs/std_log.txt").read_text()
    for words in ("printed ***", "from a child ***", "written ***", "logged ***"):
        assert words in log
    assert "'DB_CON': '***'" in log
    (kept,) = run.rglob("kept.json")
    assert kept.read_text() == KEPT
    assert "s3ntinel" not in done.stdout + done.stderr
    assert leaks(project) == []


def test_a_step_that_fails_with_one_in_its_exception(project: Path) -> None:
    words = ("azureml", "run", "--local", "--params", "text=fail", "--json")
    done = kedro(project, *words, code=1)
    assert "no answer of ***" in done.stdout
    assert "s3ntinel" not in done.stdout + done.stderr
    said = run_kedro(project, "azureml", "run", "--logs", "show").stdout
    assert "ConnectionError: no answer of ***" in said
    assert leaks(project) == []


def test_a_long_exception_is_not_cut_within_one(project: Path) -> None:
    words = ("azureml", "run", "--local", "--params", "text=fail at length")
    done = kedro(project, *words, code=1)
    assert "s3ntinel" not in done.stdout + done.stderr
    assert leaks(project) == []


def test_what_is_missing_is_said_before_anything_runs(project: Path) -> None:
    (project / ".env").unlink()
    done = kedro(project, "azureml", "run", "--local", code=1)
    said = " ".join(done.stderr.split())
    assert "error KAZ812" in said
    assert "The secret 'DB_PASSWORD' of 'show', 'keep' is neither in your shell nor in .env" in said
    assert "Write it into project/.env, as DB_PASSWORD=..., or set the variable." in said
    assert not (project / ".kedro_azureml").exists()


def test_kedro_run_has_them_too(project: Path) -> None:
    done = kedro(project, "run")
    assert (project / "data/08/kept.json").read_text() == KEPT
    assert "logged ***" in done.stdout + done.stderr
    assert leaks(project) == []


def test_kedro_run_names_the_secret_that_is_missing(project: Path) -> None:
    (project / ".env").unlink()
    done = run_kedro(project, "run", "--nodes=keep", check=False)
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert (
        "The secret 'DB_CON' is neither a variable of the shell nor in the project's .env" in said
    )


def test_only_missing_outputs_opens_the_datasets(project: Path) -> None:
    kedro(project, "run")
    guarded = project / "src/minimal/guarded.py"
    exists = "\n    def _exists(self):\n        return self._credentials['con'] == 'right'\n"
    guarded.write_text(guarded.read_text() + exists)
    words = ("azureml", "compile", "--only-missing-outputs")
    done = kedro(project, *words, code=1, DB_CON="right")
    assert "Every output exists" in " ".join(done.stderr.split())
    kedro(project, *words, DB_CON="wrong-s3ntinel")
    text = (project / "pipeline.yml").read_text()
    assert "  keep:" in text
    assert "  show:" not in text
    assert leaks(project) == []


def test_what_a_dataset_says_while_kedro_looks_for_outputs(project: Path) -> None:
    guarded = project / "src/minimal/guarded.py"
    exists = "\n    def _exists(self):\n        raise OSError(self._credentials['con'])\n"
    guarded.write_text(guarded.read_text() + exists)
    words = ("azureml", "compile", "--only-missing-outputs")
    done = kedro(project, *words, code=1, KEDRO_AZUREML_DEBUG="1")
    assert "KAZ107" in done.stderr
    assert "***" in done.stderr
    assert "s3ntinel" not in done.stdout + done.stderr


def test_a_project_without_secrets_pays_for_none(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    kedro(project, "azureml", "run", "--local")
    program = (
        "import sys; from kedro.framework.startup import bootstrap_project as b\n"
        "from kedro.framework.session import KedroSession as S\n"
        f"b(__import__('pathlib').Path({str(project)!r}))\n"
        "S.create().load_context()\n"
        "print([m for m in sys.modules if m.startswith(('azure', 'dotenv', 'pydantic'))"
        " or m.startswith('kedro_azureml.') and 'kedro_azureml.secrets' not in m])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True
    ).stdout
    assert "azure.'" not in loaded
    assert "dotenv" not in loaded
    ours = [m for m in loaded.split("'") if m.startswith("kedro_azureml.")]
    assert sorted(m for m in ours if not m.startswith("kedro_azureml.job")) == [
        "kedro_azureml.hooks",
        "kedro_azureml.hooks.assets",
        "kedro_azureml.hooks.secrets",
    ]
