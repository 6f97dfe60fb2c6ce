"""``kedro azureml run`` from the outside."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import kedro.io.core
import pytest
import yaml

from kedro_azureml.rehearsal.report import RunReport, read_report
from kedro_azureml.rehearsal.workspace.run_folders import runs_folder, user_runs_folder
from tests.kit.job_documents import command
from tests.kit.projects import PACKAGE, make_bare_project, make_project
from tests.kit.shell import run_kedro
from tests.kit.terminal import run_kedro_on_terminal


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_bare_project(tmp_path_factory.mktemp("home") / "my project")
    catalog = "upper:\n  type: pickle.PickleDataset\n  filepath: data/upper.pkl\n"
    (root / "conf/base/catalog.yml").write_text(catalog)
    return root


def write(project: Path, name: str, text: str, **options: object) -> str:
    (project / "build").mkdir(exist_ok=True)
    document = {"type": "pipeline", "jobs": {"only": command(text, code="..", **options)}}
    (project / "build" / name).write_text(yaml.safe_dump(document))
    return f"build/{name}"


def test_a_project_that_was_never_initialised(project: Path) -> None:
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"(?m)^\d\d:\d\d:\d\d \[1/\d ended\] upper completed in", done.stdout)
    assert "Completed in" in done.stdout.splitlines()[-4]
    assert done.stdout.endswith("Copied 1 file into the catalog:\n  data/upper.pkl\n")
    import pickle

    assert pickle.loads((project / "data/upper.pkl").read_bytes()) == "HELLO"


def test_what_kedro_and_its_plugins_write_beside_the_data_is_not_mentioned(tmp_path: Path) -> None:
    # As Kedro's own logging.yml logs, Kedro-Viz counts, and a plugin asks Git for its state.
    logging = """\
        version: 1
        handlers:
          info: {class: logging.FileHandler, filename: info.log, delay: true}
        root: {handlers: [info], level: INFO}
        """
    settings = """\
        from pathlib import Path
        from kedro.framework.hooks import hook_impl

        class Statistics:
            @hook_impl
            def after_pipeline_run(self):
                for name in (".viz/stats.json", ".git/index"):
                    Path(name).parent.mkdir(exist_ok=True)
                    Path(name).write_text("{}")

        HOOKS = (Statistics(),)
        """
    files = {"conf/logging.yml": logging, f"src/{PACKAGE}/settings.py": settings}
    nodes = 'node(one, None, "a", name="first"), node(one, "a", "b", name="second")'
    project = make_project(tmp_path / "p", nodes, files=files)
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert "2 completed" in done.stdout, done.stdout + done.stderr
    assert "warning" not in done.stdout, done.stdout
    steps = runs_folder(project).glob("*/steps/*/wd")
    assert {"info.log", ".viz", ".git"} <= {p.name for wd in steps for p in wd.iterdir()}


def test_on_a_terminal(project: Path) -> None:
    code, screen = run_kedro_on_terminal(project, "azureml", "run", "--local")
    assert code == 0, screen
    assert "\x1b[?25l" in screen
    assert "1 completed" in screen


def test_a_compiled_file_in_another_folder(project: Path) -> None:
    file = write(project, "ok.yml", "test -f pyproject.toml && echo found")
    done = run_kedro(project, "azureml", "run", "--local", "-f", file, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / ".kedro_azureml/runs").is_dir()
    assert not (project / "build/.kedro_azureml").exists()


def test_a_failure(project: Path) -> None:
    file = write(project, "bad.yml", "printf '\\033[31mno\\377\\n'; exit 3")
    done = run_kedro(project, "azureml", "run", "--local", "-f", file, check=False)
    assert done.returncode == 1
    assert "error KAZ603  jobs.only\n  The step 'only' exited with code 3.\n" in done.stderr
    assert f"  Fix it, and run again: kedro azureml run --local -f {file}\n" in done.stderr
    assert "steps/only/user_logs/std_log.txt" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_runs_are_counted_listed_and_pruned(project: Path) -> None:
    file = write(project, "ok.yml", "true")
    for _ in range(2):
        done = run_kedro(project, "azureml", "run", "--local", "-f", file, check=False)
    assert re.search(r"\d+ older runs? kept here, [\d.]+ \w+; '--keep 5'", done.stdout)
    done = run_kedro(project, "azureml", "run", "--local", "-f", file, "--keep", "2", check=False)
    assert "Deleted " in done.stdout
    shown = run_kedro(project, "azureml", "run", "--local", "--list-runs", check=False).stdout
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
    done = run_kedro(project, "azureml", "run", *arguments, check=False)
    assert done.returncode == 1
    assert f"error {code}" in done.stderr
    assert message in done.stderr.replace("\n  ", " ")
    assert "Traceback" not in done.stderr


def test_what_the_step_is_told(project: Path) -> None:
    file = write(project, "env.yml", 'echo "$ONE|$TWO"')
    done = run_kedro(
        project,
        "azureml",
        "run",
        "--local",
        "-f",
        file,
        "--pass-env",
        "ONE",
        check=False,
        variables={"ONE": "1", "TWO": "2"},
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
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
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
    done = run_kedro(
        project,
        "azureml",
        "run",
        "--local",
        "--into-catalog",
        check=False,
        variables={"XDG_CACHE_HOME": cache},
    )
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
    run_kedro(project, "azureml", "run", "--local", "-f", file)
    shown = run_kedro(project, "azureml", "run", "--list-runs", check=False).stdout
    listed = re.findall(r"runs/(\d{8})-", shown)
    assert listed == sorted(listed, reverse=True)
    assert {"20200101", "20200102"} <= set(listed)
    shutil.rmtree(runs_folder(project) / "20200101-000000-old")


HOOKED = """\
    from kedro.framework.hooks import hook_impl
    from kedro.framework.project import pipelines
    from kedro.io import MemoryDataset
    from kedro.pipeline import Pipeline, node

    class Hooks:
        @hook_impl
        def after_context_created(self, context):
            context.catalog

        @hook_impl
        def after_catalog_created(self, catalog):
            from minimal import pipeline_registry

            words = catalog.load("params:words")
            catalog["hello"] = MemoryDataset("hello")
            catalog["hello"] = catalog.get("hello")
            made = [
                node(lambda hello, w=word: f"{hello} {w}", "hello", word, name=word)
                for word in words
            ]
            pipeline_registry.register_pipelines = lambda: {"__default__": Pipeline(made)}
            pipelines.configure("minimal.pipeline_registry")

    HOOKS = (Hooks(),)
    """


@pytest.mark.parametrize("how", [(), ("--warm",)])
def test_pipelines_that_a_hook_registers(how: tuple[str, ...], tmp_path: Path) -> None:
    """A hook loads from the catalog, replaces an entry, and makes the pipelines: as in a run."""
    project = make_project(
        tmp_path / "p",
        registry="""\
        from kedro.pipeline import Pipeline

        def register_pipelines():
            return {"__default__": Pipeline([])}
        """,
        parameters="words: [you, me]\n",
        catalog='"{name}": {type: text.TextDataset, filepath: "data/{name}.txt"}\n',
        files={"src/minimal/settings.py": HOOKED},
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", *how, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/you.txt").read_text() == "hello you"
    assert (project / "data/me.txt").read_text() == "hello me"


def test_a_dataset_whose_class_makes_an_object_of_another(tmp_path: Path) -> None:
    """As kedro-mlflow's MlflowArtifactDataset does: the object keeps no word of its entry."""
    wrapper = """\
        from kedro.io import AbstractDataset
        from kedro.io.core import parse_dataset_definition

        class Wrapper(AbstractDataset):
            def __new__(cls, dataset, tag=None):
                inner, arguments = parse_dataset_definition(config=dataset)

                class Child(inner):
                    def __init__(self, tag):
                        super().__init__(**arguments)

                return Child(tag)

            def _load(self): ...
            def _save(self, data): ...
            def _describe(self): ...
        """
    project = make_project(
        tmp_path / "p",
        'node(one, None, "x", name="make"), node(lambda x: x + 1, "x", "y", name="use")',
        catalog="""\
        x: &wrapped
          type: minimal.wrapper.Wrapper
          dataset: {type: json.JSONDataset, filepath: data/x.json}
        y:
          <<: *wrapped
          dataset: {type: json.JSONDataset, filepath: data/y.json}
        """,
        files={"src/minimal/wrapper.py": wrapper},
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "outside the run" not in done.stdout
    assert (project / "data/y.json").read_text() == "2"


def test_partitions_that_are_passed_on_unread(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        """
        node(lambda parts: {k: v for k, v in parts.items() if k != "b"}, "parts", "some", name="m"),
        node(lambda some: "".join(load() for load in some.values()), "some", "out", name="n")
        """,
        catalog="""\
        parts: {type: partitions.PartitionedDataset, path: data/parts, dataset: text.TextDataset}
        out: {type: text.TextDataset, filepath: data/out.txt}
        """,
        files={"data/parts/a": "A", "data/parts/b": "B", "data/parts/c": "C"},
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted((project / "data/out.txt").read_text()) == ["A", "C"]


@pytest.mark.skipif(not hasattr(kedro.io.core, "VALIDATOR_KEY"), reason="Kedro has no validators")
def test_data_in_memory_is_validated(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        """
        node(lambda: "hello", None, "mid", name="m"),
        node(lambda mid: mid + " out", "mid", "out", name="n")
        """,
        catalog="""\
        mid: {type: MemoryDataset, validator: minimal.checks.upper}
        out: {type: text.TextDataset, filepath: data/out.txt}
        """,
        files={"src/minimal/checks.py": "def upper(text):\n    return text.upper()\n"},
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/out.txt").read_text() == "HELLO out"


def test_a_name_that_is_no_text_is_reported(project: Path) -> None:
    report = RunReport(name="r", status="Running", folder=project / "odd", source="a\udc80b")
    report.folder.mkdir()
    report.save()
    written = read_report(report.folder)
    assert written is not None
    assert written.source == "a\\udc80b"


def test_a_full_disk(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = RunReport(name="r", status="Running", folder=project / "full", source="s")
    report.folder.mkdir()
    report.save()
    report.status = "Failed"

    def full(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    report.save()
    assert json.loads((report.folder / "report.json").read_text())["status"] == "Failed"
    assert [file.name for file in report.folder.iterdir()] == ["report.json"]


def test_a_raw_file_whose_name_a_shell_would_expand(tmp_path: Path) -> None:
    """Only that file is an input, be it in the project's root, and below a path with a quote."""
    name = 'we $HOME `id` " .txt'
    project = make_project(
        tmp_path / "o'brien's project",
        'node(lambda text: text.upper(), "raw", "upper", name="n")',
        catalog=f"""\
        raw: {{type: text.TextDataset, filepath: {json.dumps(name)}}}
        upper: {{type: text.TextDataset, filepath: data/upper.txt}}
        """,
        files={name: "for one file", "other.txt": "x"},
    )
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/upper.txt").read_text() == "FOR ONE FILE"
    run = Path(done.stdout.partition("Run folder: ")[2].splitlines()[0])
    assert [path.name for path in (run / "inputs").rglob("*") if path.is_file()] == [name]


def test_what_kedro_is_told_by_variables_reaches_the_steps(tmp_path: Path) -> None:
    """Kedro 1.7 refuses a project's own logging classes unless a variable lets them in."""
    project = make_project(
        tmp_path,
        'node(lambda: __import__("os").environ["KEDRO_DATASET_VALIDATION"], None, "x", name="n")',
        catalog="x: {type: text.TextDataset, filepath: data/x.txt}",
        files={
            "src/minimal/handlers.py": "import logging\nclass Own(logging.StreamHandler): pass\n",
            "conf/logging.yml": """\
                version: 1
                disable_existing_loggers: false
                handlers: {own: {class: minimal.handlers.Own}}
                root: {handlers: [own]}
                """,
        },
    )
    variables = {
        "KEDRO_LOGGING_MODULE_ALLOWLIST": "minimal",
        "KEDRO_DATASET_VALIDATION": "off",
        "PYTHONPATH": str(project / "src"),
    }
    done = run_kedro(project, "azureml", "run", "--local", "--into-catalog", variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/x.txt").read_text() == "off"


SAVING_HOOKS = """\
import importlib
from kedro.framework.hooks import hook_impl

class Hooks:
    @hook_impl
    def after_node_run(self, node, catalog):
        if node.name == "first":
            {statement}

HOOKS = (Hooks(),)
"""


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("catalog.save('params:share', 5)", "params:share"),
        ("catalog.save(data=5, ds_name='params:share')", "params:share"),
        ("catalog['params:share'] = 5", "params:share"),
        ("catalog.save('note', 5)", "note"),
    ],
)
def test_a_hook_that_saves_between_nodes(tmp_path: Path, statement: str, name: str) -> None:
    """`kedro run` gives the second node the new value, a step of its own would get the old one."""
    project = make_project(
        tmp_path,
        """
        node(lambda: "a", None, "a", name="first"),
        node(
            lambda a, share, note: f"{share} {note}",
            ["a", "params:share", "note"], "b", name="second"
        ),
        """,
        parameters="share: 1",
        catalog="""\
        note: {type: MemoryDataset, data: 1}
        b: {type: text.TextDataset, filepath: data/b.txt}
        """,
        files={"src/minimal/settings.py": SAVING_HOOKS.format(statement=statement)},
    )
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert done.returncode == 1, done.stdout
    assert f"a hook saved '{name}' between the nodes" in " ".join(done.stderr.split())
    assert "--group-by pipeline" in done.stderr
    run_kedro(project, "azureml", "run", "--local", "--env-var=KEDRO_AZUREML_ALLOW_STRAY_SAVES=1")
    run_kedro(project, "azureml", "run", "--local", "--into-catalog", "--group-by", "pipeline")
    expected = "5 1" if name.startswith("params") else "1 5"
    assert (project / "data/b.txt").read_text() == expected


def test_into_catalog_goes_where_the_parameters_of_the_run_say(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(lambda: "a", None, "x", name="n")',
        catalog="""\
        x: {type: text.TextDataset, filepath: "data/${runtime_params:folder}/x.txt"}
        """,
    )
    run_kedro(project, "azureml", "run", "--local", "--into-catalog", "--params", "folder=v1")
    assert (project / "data/v1/x.txt").read_text() == "a"
