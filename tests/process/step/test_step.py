"""``python -m kedro_azureml.step`` as a process of its own, in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kedro_azureml.step.data.folders import write_manifest
from kedro_azureml.step.failure import in_one_line
from tests.kit.projects import make_project
from tests.kit.shell import environment
from tests.kit.waiting import PATIENCE


def run_step(
    project: Path, *arguments: str, pass_fds: tuple[int, ...] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kedro_azureml.step", "--pipeline", "__default__", *arguments],
        cwd=project,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        pass_fds=pass_fds,
    )


def manifest(folder: Path) -> dict[str, object]:
    return json.loads((folder / "_manifest.json").read_text())  # type: ignore[no-any-return]


def test_a_declared_file_goes_into_the_output_folder(tmp_path: Path) -> None:
    """field-defects: a catalog-declared local intermediate is lost."""
    project = make_project(
        tmp_path / "a project",
        'node(lambda: "hi", None, "t", name="w")',
        catalog="t: {type: text.TextDataset, filepath: data/02/t.txt}\n",
    )
    out = tmp_path / "an output"
    result = run_step(project, "--node", "w", "--output", "t", str(out))
    assert result.returncode == 0, result.stderr
    assert (out / "data/02/t.txt").read_text() == "hi"
    assert manifest(out)["files"] == {"data/02/t.txt": 2}
    assert not (project / "data").exists()


def test_a_link_to_nothing_is_left_out_of_an_output(tmp_path: Path) -> None:
    links = """\
        from pathlib import Path
        from kedro.io import AbstractDataset

        class Models(AbstractDataset):
            def __init__(self, path):
                self.path = Path(path)
            def _save(self, data):
                self.path.mkdir(parents=True, exist_ok=True)
                (self.path / "model.bin").write_text(data)
                (self.path / "latest").symlink_to("gone.bin")
            def _load(self):
                return (self.path / "model.bin").read_text()
            def _describe(self):
                return {}
        """
    project = make_project(
        tmp_path / "p",
        'node(lambda: "hi", None, "m", name="w"),node(lambda m: m, "m", "u", name="r")',
        catalog="m: {type: minimal.links.Models, path: data/models}\n",
        files={"src/minimal/links.py": links},
    )
    out = tmp_path / "out"
    result = run_step(project, "--node", "w", "--output", "m", str(out), PYTHONPATH="src")
    assert result.returncode == 0, result.stderr
    assert manifest(out)["files"] == {"data/models/model.bin": 2}
    said = " ".join((result.stdout + result.stderr).split())
    assert "'data/models/latest' is a link to nothing, and is left out." in said
    assert "Traceback" not in said
    arguments = ("--input", "m", str(out), "--output", "u", str(tmp_path / "u"))
    result = run_step(project, "--node", "r", *arguments, PYTHONPATH="src")
    assert result.returncode == 0, result.stderr


def test_the_older_pipeline_dataset(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        'node(lambda: "hi", None, "t", name="w"),node(lambda t: t, "t", "u", name="r")',
        catalog="""\
        _text: &text
          type: kedro_azureml.datasets.AzureMLPipelineDataset
          root_dir: data/02
        t: {<<: *text, dataset: {type: text.TextDataset, filepath: t.txt}}
        u: {<<: *text, dataset: {type: text.TextDataset, filepath: u.txt}}
        """,
    )
    first, second = tmp_path / "t", tmp_path / "u"
    assert run_step(project, "--node", "w", "--output", "t", str(first)).returncode == 0
    assert (first / "data/02/t.txt").read_text() == "hi"
    result = run_step(
        project, "--node", "r", "--input", "t", str(first), "--output", "u", str(second)
    )
    assert result.returncode == 0, result.stderr
    assert (second / "data/02/u.txt").read_text() == "hi"
    assert not (project / "data").exists()


def test_memory_from_step_to_step(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        'node(lambda: {"a": 1}, None, "m", name="w"),node(lambda m: str(m), "m", "t", name="r")',
        catalog="t: {type: text.TextDataset, filepath: data/t.txt}\n",
    )
    folder, last = tmp_path / "m", tmp_path / "t"
    assert run_step(project, "--node", "w", "--output", "m", str(folder)).returncode == 0
    assert manifest(folder)["kind"] == "object"
    result = run_step(
        project, "--node", "r", "--input", "m", str(folder), "--output", "t", str(last)
    )
    assert result.returncode == 0, result.stderr
    assert (last / "data/t.txt").read_text() == "{'a': 1}"


def test_log_lines_are_plain(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", 'node(one, None, "x", name="w")')
    result = run_step(project, "--node", "w", "--output", "x", str(tmp_path / "x"))
    lines = result.stdout.splitlines()
    assert any(line.endswith("Completed node: w") for line in lines)
    assert "Kedro is sending" not in result.stdout + result.stderr


def test_the_project_s_own_logging_stays(tmp_path: Path) -> None:
    logging = """\
        version: 1
        handlers: {h: {class: logging.StreamHandler, formatter: f, stream: ext://sys.stdout}}
        formatters: {f: {format: "OWN %(message)s"}}
        loggers: {kedro: {level: INFO}}
        root: {level: INFO, handlers: [h]}
        """
    project = make_project(
        tmp_path / "p", 'node(one, None, "x", name="w")', files={"conf/logging.yml": logging}
    )
    result = run_step(project, "--node", "w", "--output", "x", str(tmp_path / "x"))
    assert "OWN Completed node: w" in result.stdout


def test_a_conf_environment_that_vanished_is_made_again(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", 'node(one, None, "x", name="w")')
    (project / "conf/local/.gitkeep").unlink()
    (project / "conf/local").rmdir()
    out = str(tmp_path / "x")
    assert run_step(project, "--node", "w", "--output", "x", out).returncode == 0
    result = run_step(project, "--node", "w", "--env", "prod", "--output", "x", out)
    assert result.returncode == 0, result.stderr


def test_a_truncated_input_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", 'node(nothing, "m", None, name="r")')
    folder = tmp_path / "m"
    folder.mkdir()
    result = run_step(project, "--node", "r", "--input", "m", str(folder))
    assert result.returncode == 1
    assert "dataset 'm'" in result.stderr
    assert "has not finished" in result.stderr
    assert "Traceback" not in result.stderr
    (folder / "object.pkl.zst").write_bytes(b"x" * 10)
    write_manifest(folder, "m", "object")
    (folder / "object.pkl.zst").write_bytes(b"x" * 5)
    result = run_step(project, "--node", "r", "--input", "m", str(folder))
    assert "has 5 bytes, 10 were written" in result.stderr


def test_what_cannot_cross_is_named(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p", 'node(__import__("threading").Lock, None, "a.lock", name="w")'
    )
    result = run_step(project, "--node", "w", "--output", "a.lock", str(tmp_path / "x"))
    assert result.returncode == 1
    assert "KAZ304" in result.stderr
    assert "'a.lock'" in result.stderr.splitlines()[-1] or "'w'" in result.stderr.splitlines()[-1]


def test_what_nobody_reads_need_not_be_picklable(tmp_path: Path) -> None:
    """`kedro run` hands such an output to its caller and is done."""
    project = make_project(
        tmp_path / "p", 'node(__import__("threading").Lock, None, "a.lock", name="w")'
    )
    out = tmp_path / "x"
    result = run_step(project, "--node", "w", "--result", "a.lock", str(out))
    assert result.returncode == 0, result.stderr
    assert "'a.lock' is not kept" in result.stdout
    assert manifest(out)["files"] == {}


def test_a_class_that_ignores_its_path_is_found_out(tmp_path: Path) -> None:
    module = """\
        from pathlib import Path
        from kedro.io import AbstractDataset

        class Elsewhere(AbstractDataset):
            def __init__(self, filepath): pass
            def load(self): return 1
            def save(self, data): Path("kept_here").write_text("x")
            def _describe(self): return {}
        """
    project = make_project(
        tmp_path / "p",
        'node(one, None, "e", name="w")',
        catalog="e: {type: minimal.odd.Elsewhere, filepath: data/e}\n",
        files={"src/minimal/odd.py": module},
    )
    result = run_step(project, "--node", "w", "--output", "e", str(tmp_path / "x"))
    assert result.returncode == 1
    assert "'e' wrote nothing into its folder" in result.stderr


def test_a_file_name_that_storage_takes_apart(tmp_path: Path) -> None:
    """The rehearsal passed, and what the job wrote came back under another name."""
    project = make_project(
        tmp_path / "p",
        'node(lambda: {"a": "1", "b" + chr(92) + "c": "2"}, None, "parts", name="w")',
        catalog="""\
        parts: {type: partitions.PartitionedDataset, path: data/parts, dataset: text.TextDataset}
        """,
    )
    result = run_step(project, "--node", "w", "--output", "parts", str(tmp_path / "x"))
    assert result.returncode == 1
    assert (
        "'parts' wrote the file 'data/parts/b\\c', which a storage account cannot" in result.stderr
    )
    assert "Traceback" not in result.stderr


def test_only_what_the_step_uses_is_touched(tmp_path: Path) -> None:
    """field-defects: an unused dataset with a missing dependency stops `kedro run`."""
    project = make_project(
        tmp_path / "p",
        'node(one, None, "x", name="w")',
        catalog="""\
        unused: {type: no_such_library.Dataset, filepath: data/x}
        secret: {type: text.TextDataset, filepath: s3://b/x, credentials: absent}
        "{any}_far": {type: text.TextDataset, filepath: "s3://b/{any}", credentials: absent}
        """,
    )
    result = run_step(project, "--node", "w", "--output", "x", str(tmp_path / "x"))
    assert result.returncode == 0, result.stderr


def test_credentials_that_the_step_needs(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        'node(nothing, "secret", None, name="r")',
        catalog="secret: {type: text.TextDataset, filepath: s3://b/x, credentials: absent}\n",
    )
    result = run_step(project, "--node", "r")
    assert result.returncode == 1
    assert "dataset 'secret' needs the credentials 'absent'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_versioned_raw_input(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        'node(lambda m: m, "m", "x", name="r")',
        catalog="""\
        m: {type: text.TextDataset, filepath: data/m.txt, versioned: true}
        x: {type: text.TextDataset, filepath: data/x.txt}
        """,
    )
    mounted = tmp_path / "INPUT_m"
    mounted.mkdir()
    (mounted / "m.txt").write_text("from the mount")
    result = run_step(
        project, "--node", "r", "--load-version", "m", "2025-01-01",
        "--mount", "data/m.txt/2025-01-01", str(mounted), "--output", "x", str(tmp_path / "x"),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "x/data/x.txt").read_text() == "from the mount"


def test_nodes_that_are_gone(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", 'node(one, None, "x", name="w")')
    result = run_step(project, "--node", "nowhere")
    assert result.returncode == 1
    assert "no node 'nowhere'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_registry_that_looks_up_other_pipelines(tmp_path: Path) -> None:
    """The requested pipeline alone cannot be loaded, so all are."""
    registry = """\
        from kedro.framework.project import find_pipelines
        from kedro.pipeline import Pipeline

        def register_pipelines():
            pipelines = find_pipelines()
            both = pipelines["first"] + pipelines["second"]
            return {**pipelines, "__default__": both}
        """
    module = """\
        from kedro.pipeline import Pipeline, node

        def create_pipeline(**kwargs):
            return Pipeline([node(lambda: 1, None, "{0}", name="{0}")])
        """
    files = {
        f"src/minimal/pipelines/{name}/__init__.py": module.format(name)
        for name in ("first", "second")
    }
    project = make_project(tmp_path / "p", registry=registry, files=files)
    result = run_step(
        project, "--home", "first", "--node", "first", "--output", "first", str(tmp_path / "x")
    )
    assert result.returncode == 0, result.stderr


def test_a_pipeline_that_does_not_import_in_the_step(tmp_path: Path) -> None:
    """Kedro leaves it out with a warning, far above the last line."""
    registry = """\
        from kedro.framework.project import find_pipelines

        def register_pipelines():
            return find_pipelines()
        """
    module = "import os\nSECRET = os.environ['NO_SUCH_VARIABLE']\n"
    project = make_project(
        tmp_path / "p",
        registry=registry,
        files={"src/minimal/pipelines/first/__init__.py": module},
    )
    result = run_step(project, "--home", "first", "--node", "w")
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert "no node 'w'" in last
    assert last.endswith("KeyError: 'NO_SUCH_VARIABLE'"), last


def test_the_default_pipeline_stands_in_for_the_same_nodes_only(tmp_path: Path) -> None:
    registry = """\
        from kedro.framework.project import find_pipelines
        from kedro.pipeline import Pipeline, node

        def own(): return "nightly"
        def other(): return "daily"

        def register_pipelines():
            pipelines = find_pipelines()
            pipelines["__default__"] = Pipeline([node(other, None, "x", name="w")])
            if "first" in pipelines:
                pipelines["nightly"] = Pipeline([node(own, None, "x", name="w")])
            return pipelines
        """
    module = "from kedro.pipeline import Pipeline\ncreate_pipeline = lambda **_: Pipeline([])\n"
    project = make_project(
        tmp_path / "p",
        registry=registry,
        files={"src/minimal/pipelines/first/__init__.py": module},
        catalog="x: {type: text.TextDataset, filepath: data/x.txt}\n",
    )
    out = tmp_path / "x"
    result = run_step(project, "--pipeline", "nightly", "--node", "w", "--output", "x", str(out))
    # Kedro 1.0 loads all pipelines, and 1.2 and later not the one that is asked for.
    if result.returncode == 0:
        assert (out / "data/x.txt").read_text() == "nightly"
    else:
        assert "no node 'w' in the pipeline 'nightly'" in result.stderr
        assert not (out / "data/x.txt").exists()


def test_hooks_are_told_what_they_are_told_by_kedro_run(tmp_path: Path) -> None:
    hooks = """\
        import json, sys
        from kedro.framework.hooks import hook_impl

        class Tell:
            @hook_impl
            def before_pipeline_run(self, run_params):
                left_out = {"project_path", "session_id", "run_id", "node_names"}
                told = {k: v for k, v in run_params.items() if k not in left_out}
                print("TOLD", json.dumps(told, sort_keys=True), file=sys.stderr)
        """
    registry = """\
        from kedro.pipeline import Pipeline, node

        def one(): return 1

        def register_pipelines():
            both = Pipeline([node(one, None, "x", name="w"), node(one, None, "y", name="v")])
            return {"__default__": both, "both": both, "part": both.only_nodes("w")}
        """
    project = make_project(
        tmp_path / "p",
        registry=registry,
        files={
            "src/minimal/hooks.py": hooks,
            "src/minimal/settings.py": "from minimal.hooks import Tell\nHOOKS = (Tell(),)\n",
        },
    )

    def told(lines: str) -> object:
        line = next(line for line in lines.splitlines() if line.startswith("TOLD "))
        return json.loads(re.sub(r" at 0x\w+", "", line.removeprefix("TOLD ")))

    for pipeline, selected in (("__default__", ()), ("both", ("--pipeline", "both"))):
        by_kedro = subprocess.run(
            [sys.executable, "-m", "kedro", "run", *selected, "--nodes", "w"],
            cwd=project,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        step = run_step(project, "--pipeline", pipeline, "--home", "part", "--node", "w")
        assert step.returncode == 0, step.stderr
        assert told(step.stderr) == told(by_kedro.stderr)


def test_a_hook_that_fails_is_not_blamed_on_the_node(tmp_path: Path) -> None:
    settings = """\
        from kedro.framework.hooks import hook_impl

        class Broken:
            @hook_impl
            def before_pipeline_run(self):
                raise ValueError("no such place")

        HOOKS = (Broken(),)
        """
    project = make_project(
        tmp_path / "p",
        'node(one, None, "x", name="w")',
        files={"src/minimal/settings.py": settings},
    )
    result = run_step(project, "--node", "w", "--output", "x", str(tmp_path / "x"))
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last == ("kedro-azureml: what comes before node 'w' failed: ValueError: no such place")


def test_not_a_project(tmp_path: Path) -> None:
    result = run_step(tmp_path, "--node", "w")
    assert result.returncode == 1
    assert "is not a Kedro project" in result.stderr
    assert run_step(tmp_path, "--nonsense", "w").returncode == 2


@pytest.mark.parametrize(("word", "saved"), [(b"g", True), (b"", False)])
def test_early_start(tmp_path: Path, word: bytes, saved: bool) -> None:
    project = make_project(tmp_path / "p", 'node(one, None, "x", name="w")')
    read_end, write_end = os.pipe()
    os.write(write_end, word)
    os.close(write_end)
    out = tmp_path / "x"
    result = run_step(
        project, "--node", "w", "--output", "x", str(out),
        pass_fds=(read_end,), KEDRO_AZUREML_START_FD=str(read_end),
    )  # fmt: skip
    os.close(read_end)
    assert result.returncode == 0, result.stderr
    assert (out / "_manifest.json").exists() is saved


def test_telemetry_is_left_out(tmp_path: Path) -> None:
    """field-defects, start-up: nothing that a step does not need is imported."""
    code = "import sys; print('SEEN', 'requests' in sys.modules, file=sys.stderr)"
    project = make_project(
        tmp_path / "p", f'node(lambda: exec("{code}") or 1, None, "x", name="w")'
    )
    variables = environment(DO_NOT_TRACK=None)
    result = subprocess.run(
        [
            *(sys.executable, "-m", "kedro_azureml.step", "--pipeline", "__default__"),
            *("--node", "w", "--output", "x", str(tmp_path / "x")),
        ],
        cwd=project,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "SEEN False" in result.stderr
    assert "Kedro is sending" not in result.stdout + result.stderr


def test_of_several_nodes_the_one_that_failed_is_named(tmp_path: Path) -> None:
    nodes = "".join(f"node(lambda: {n}, None, 'd{n}', name='n{n}')," for n in range(5))
    project = make_project(
        tmp_path / "p", f"{nodes} node(lambda x: x / 0, 'd1', 'e', name='divides')"
    )
    chosen = [word for name in ("n1", "n2", "n3", "n4", "divides") for word in ("--node", name)]
    done = run_step(project, *chosen)
    assert done.returncode == 1
    end = "kedro-azureml: node 'divides' failed: ZeroDivisionError: division by zero\n"
    assert done.stderr.endswith(end)


def test_what_is_not_closed_is_written_at_the_end_all_the_same(tmp_path: Path) -> None:
    """The garbage collector leaves alone what was imported, but for a module with an open file."""
    project = make_project(
        tmp_path / "project",
        registry="""
        import os
        from kedro.pipeline import Pipeline, node

        FILE = open("of the module.txt", "w")

        class Ring:
            def __init__(self):
                self.me = self
            def __del__(self, mkdir=os.mkdir):
                mkdir("the ring is gone")

        def leave():
            Ring()
            FILE.write("left open")
            return 1

        def register_pipelines():
            return {"__default__": Pipeline([node(leave, None, "x", name="leave")])}
        """,
    )
    result = run_step(project, "--node", "leave", "--output", "x", str(tmp_path / "x"))
    assert result.returncode == 0, result.stderr
    assert (project / "of the module.txt").read_text() == "left open"
    assert (project / "the ring is gone").is_dir()


def test_the_last_line_holds_the_cause(tmp_path: Path) -> None:
    """Kedro's own errors end with it, some lines below what they begin with."""
    project = make_project(
        tmp_path / "p",
        'node(one, None, "t", name="w")',
        catalog="t: {type: text.TextDataset, filepath: data/t.txt}\n",
    )
    result = run_step(project, "--node", "w", "--output", "t", str(tmp_path / "x"))
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("kedro-azureml: node 'w' failed: DatasetError: ")
    assert last.endswith("write() argument must be str, not int")


def test_a_long_message_keeps_both_ends() -> None:
    assert in_one_line("a\n  b") == "a b"
    long = in_one_line("begin" + "x" * 5000 + "end")
    assert long.startswith("begin")
    assert long.endswith("end")
    assert len(long) < 700
