"""From a project to its document: edges, inputs, compute, and every diagnostic."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.yaml import dump_job
from tests.kit.inprocess import compile_here
from tests.kit.projects import make_project

CHAIN = """
    node(one, "raw", "table", name="clean"),
    node(one, "table", "model", name="train"),
    node(nothing, ["model", "table"], None, name="report"),
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/01_raw/raw.txt}
table: {type: text.TextDataset, filepath: data/02/table.txt}
"""
RAW = {"data/01_raw/raw.txt": "x"}


def chain(path: Path, **changes: Any) -> Path:
    return make_project(path, CHAIN, **{"catalog": CATALOG, "files": RAW, **changes})


def record(job: PipelineJob, step: str) -> StepRecord:
    read = job.step_records()[step]
    assert read is not None
    return read


def findings(project: Path, **request: Any) -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        compile_here(project, **request)
    return [str(d) for d in caught.value.diagnostics]


def test_edges_and_raw_inputs(tmp_path: Path) -> None:
    job = compile_here(chain(tmp_path)).job
    assert list(job.jobs) == ["clean", "train", "report"]
    assert job.inputs["raw"].path == "data/01_raw/raw.txt"  # type: ignore[union-attr]
    assert job.jobs["clean"].inputs == {"raw": "${{parent.inputs.raw}}"}
    assert job.jobs["report"].inputs == {
        "model": "${{parent.jobs.train.outputs.model}}",
        "table": "${{parent.jobs.clean.outputs.table}}",
    }
    assert record(job, "clean").raw_inputs == {"data/01_raw/raw.txt": "${{inputs.raw}}"}
    assert record(job, "train").inputs == {"table": "${{inputs.table}}"}
    assert record(job, "report").outputs == {}
    assert job.experiment_name == "exp"


def test_the_same_bytes_each_time_and_no_absolute_path(tmp_path: Path) -> None:
    project = chain(tmp_path / "a b")
    texts = {dump_job(compile_here(project).job) for _ in range(2)}
    assert len(texts) == 1
    assert str(tmp_path) not in texts.pop()


def test_paths_are_relative_to_the_document(tmp_path: Path) -> None:
    project = chain(tmp_path / "project")
    job = compile_here(project, base=tmp_path / "out" / "deep").job
    assert job.jobs["clean"].component.code == "../../project"
    assert job.inputs["raw"].path == "../../project/data/01_raw/raw.txt"  # type: ignore[union-attr]


def test_compute_by_tag(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "a", name="a"), node(one, "a", "b", name="b", tags=["chunky", "other"])',
    )
    job = compile_here(project).job
    assert job.settings.default_compute == "azureml:cpu"
    assert job.jobs["a"].compute is None
    assert job.jobs["b"].compute == "azureml:big"


def test_two_aliases_on_one_node(tmp_path: Path) -> None:
    project = make_project(tmp_path, 'node(one, None, "a", name="a", tags=["chunky", "gpu"])')
    (finding,) = findings(project)
    assert "KAZ208" in finding
    assert "'chunky' and 'gpu'" in finding
    assert "'a'" in finding


def test_no_compute_and_no_environment(tmp_path: Path) -> None:
    """field-defects: `compute` omitted gives the literal cluster `{cluster_name}`.

    It is serverless compute, and said so.
    """
    project = chain(tmp_path, azureml="azure: {resource_group: rg, workspace_name: ws}\n")
    codes = [re.match(r"KAZ\d+", f)[0] for f in findings(project)]  # type: ignore[index]
    assert codes == ["KAZ106", "KAZ105"]


def test_no_azureml_yml(tmp_path: Path) -> None:
    project = chain(tmp_path, azureml=None)
    (finding,) = findings(project)
    assert "KAZ101" in finding
    assert "kedro azureml init" in finding
    job = compile_here(project, local=True).job
    assert job.jobs["clean"].component.environment is None
    assert job.settings.default_compute is None


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, "azureml:env@latest"),
        ({"image": "img:1"}, {"image": "img:1"}),
        ({"environment": "other:3"}, "azureml:other:3"),
        ({"environment": "other"}, "azureml:other@latest"),
    ],
)
def test_environment(tmp_path: Path, request_: dict[str, Any], expected: Any) -> None:
    job = compile_here(chain(tmp_path), **request_).job
    assert job.jobs["clean"].component.environment == expected


def test_code_in_the_image(tmp_path: Path) -> None:
    azureml = """\
        azure:
          resource_group: rg
          workspace_name: ws
          code_directory: null
          working_directory: /home/kedro
          compute: {__default__: {cluster_name: serverless}}
        docker: {image: my/image:1}
        """
    project = chain(tmp_path, azureml=azureml)
    job = compile_here(project).job
    component = job.jobs["clean"].component
    assert component.code is None
    assert component.environment == {"image": "my/image:1"}
    assert component.command.startswith("cd '/home/kedro' && python -m kedro_azureml.step ")
    assert job.settings.default_compute == "serverless"
    assert compile_here(project, local=True).job.jobs["clean"].component.code == "."


def test_deterministic_tag(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "a", name="a", tags="deterministic"), node(one, "a", "b", name="b")',
    )
    job = compile_here(project).job
    assert job.jobs["a"].component.is_deterministic is True
    assert job.jobs["b"].component.is_deterministic is False


def test_transcoding_is_one_dataset_and_one_edge(tmp_path: Path) -> None:
    """field-defects: transcoding `d@pandas` -> `d@spark`: the edge is lost."""
    project = make_project(
        tmp_path,
        'node(one, None, "d@a", name="w"), node(one, "d@b", "x", name="r"),'
        'node(one, "d@a", "y", name="q")',
        catalog="""\
        d@a: {type: text.TextDataset, filepath: data/d.txt}
        d@b: {type: pickle.PickleDataset, filepath: data/d.txt}
        """,
    )
    job = compile_here(project).job
    assert list(job.jobs["w"].component.outputs) == ["d"]
    assert job.jobs["r"].inputs == {"d": "${{parent.jobs.w.outputs.d}}"}
    assert job.jobs["q"].inputs == {"d": "${{parent.jobs.w.outputs.d}}"}


def test_names_never_merge(tmp_path: Path) -> None:
    """field-defects: `A`/`a`, `a.b`/`a_b`, nodes `a.b`/`a__b` merge silently."""
    project = make_project(
        tmp_path,
        'node(two, None, ["A", "a"], name="n-m"), node(two, None, ["q-x", "q_x"], name="n_m"),'
        'node(nothing, ["A", "a", "q-x", "q_x"], None, name="N.m")',
    )
    job = compile_here(project).job
    assert len(job.jobs) == 3
    last = next(s for s in job.jobs.values() if not s.component.outputs)
    assert len(last.inputs) == 4
    assert len({name.lower() for name in last.inputs}) == 4


def test_objects_that_nobody_reads_are_results(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(two, None, ["read", "left"], name="w"), node(one, "read", "stored", name="r")',
        catalog="stored: {type: text.TextDataset, filepath: data/s.txt}\n",
    )
    job = compile_here(project).job
    assert record(job, "w").outputs == {"read": "${{outputs.read}}"}
    assert record(job, "w").results == {"left": "${{outputs.left}}"}
    assert record(job, "r").outputs == {"stored": "${{outputs.stored}}"}


def test_remote_data_keeps_the_order(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "far", name="w"), node(one, "far", "end", name="r")',
        catalog="""\
        far: {type: text.TextDataset, filepath: "s3://bucket/x.txt"}
        end: {type: text.TextDataset, filepath: "s3://bucket/y.txt"}
        """,
    )
    job = compile_here(project).job
    assert job.jobs["r"].inputs == {"far": "${{parent.jobs.w.outputs.far}}"}
    # What nobody in the job reads needs no marker.
    assert job.jobs["r"].component.outputs == {}


def test_a_factory_is_resolved_through_the_catalog(tmp_path: Path) -> None:
    """field-defects: datasets resolved by a factory pattern are never re-pointed."""
    project = make_project(
        tmp_path,
        'node(one, "sales_raw", "x", name="r")',
        catalog='"{name}_raw": {type: text.TextDataset, filepath: "data/{name}.txt"}\n',
        files={"data/sales.txt": "x"},
    )
    job = compile_here(project).job
    assert job.inputs["sales_raw"].path == "data/sales.txt"  # type: ignore[union-attr]


def test_one_file_read_by_two_datasets_is_one_input(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, ["a", "b"], "x", name="r")',
        catalog="""\
        a: {type: text.TextDataset, filepath: data/f.txt}
        b: {type: pickle.PickleDataset, filepath: data/f.txt}
        """,
        files={"data/f.txt": "x"},
    )
    assert list(compile_here(project).job.inputs) == ["a"]


def test_versioned_raw_input(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, "m", "x", name="r")',
        catalog="m: {type: text.TextDataset, filepath: data/m.txt, versioned: true}\n",
        files={"data/m.txt/2024-01-01/m.txt": "old", "data/m.txt/2025-01-01/m.txt": "new"},
    )
    job = compile_here(project).job
    assert job.inputs["m"].path == "data/m.txt/2025-01-01"  # type: ignore[union-attr]
    assert record(job, "r").load_versions == {"m": "2025-01-01"}
    older = compile_here(project, load_versions={"m": "2024-01-01"}).job
    assert older.inputs["m"].path == "data/m.txt/2024-01-01"  # type: ignore[union-attr]
    assert "KAZ302" in findings(project, load_versions={"m": "1999"})[0]
    assert "KAZ204" in findings(project, load_versions={"mm": "1999"})[0]
    assert "KAZ107" in findings(project, load_versions={"x": "1999"})[0]


@pytest.mark.parametrize("place", ["data/raw", "data/raw/b\\c"])
def test_a_raw_file_whose_name_storage_takes_apart(tmp_path: Path, place: str) -> None:
    project = make_project(
        tmp_path,
        'node(one, "raw", "x", name="r")',
        catalog=f"raw: {{type: partitions.PartitionedDataset, path: '{place}', dataset: text.T}}\n",
        files={"data/raw/b\\c": "x"},
    )
    assert "KAZ401" in findings(project)[0]


def test_local_inputs_in_the_code(tmp_path: Path) -> None:
    azureml = """\
        azure:
          resource_group: rg
          workspace_name: ws
          environment_name: env@latest
          local_inputs: code
          compute: {__default__: {cluster_name: cpu}}
        """
    job = compile_here(chain(tmp_path, azureml=azureml)).job
    assert job.inputs == {}
    assert record(job, "clean").raw_inputs == {}


def test_the_smallest_pipeline_that_holds_a_node(tmp_path: Path) -> None:
    registry = """\
        from kedro.pipeline import Pipeline, node

        def one(*args): return 1

        def register_pipelines():
            a = Pipeline([node(one, None, "a", name="a")])
            b = Pipeline([node(one, "a", "b", name="b")])
            twin = Pipeline([node(one, None, "other", name="b")])
            return {"__default__": a + b, "first": a, "whole": a + b, "twin": twin}
        """
    job = compile_here(make_project(tmp_path, registry=registry)).job
    assert record(job, "a").loaded_pipeline == "first"
    # `twin` holds a node of that name, which is another node.
    assert record(job, "b").loaded_pipeline is None


def test_a_pipeline_with_another_function_of_that_name_holds_no_node(tmp_path: Path) -> None:
    """Kedro calls nodes equal whose functions differ: a quick pipeline has the full one's names."""
    registry = """\
        from functools import partial
        from kedro.pipeline import Pipeline, node

        def full(): return 100
        def quick(): return 1
        def power(base, exponent): return base ** exponent

        class Model:
            def fit(self): return 1
            def other(self): return 2

        model = Model()

        def made(fit, square, method):
            return Pipeline([
                node(fit, None, "model", name="fit"),
                node(square, "model", "square", name="square"),
                node(method, None, "method", name="method"),
                node(len, "square", "same", name="same"),
            ])

        def register_pipelines():
            everything = made(full, partial(power, exponent=2), model.fit)
            smoke = made(quick, partial(power, exponent=3), model.other)
            return {
                "__default__": everything + Pipeline([node(len, "same", "end", name="end")]),
                "everything": everything,
                "smoke": smoke,
                "methods": Pipeline([node(model.fit, None, "method", name="method")]),
            }
        """
    job = compile_here(make_project(tmp_path, registry=registry)).job
    loaded = {name: record(job, name).loaded_pipeline for name in job.jobs}
    assert loaded == {
        "fit": "everything",
        "square": "everything",
        "method": "methods",
        "same": "everything",
        "end": None,
    }


def test_runtime_parameters_and_environment(tmp_path: Path) -> None:
    project = make_project(tmp_path, 'node(one, "params:a.b", "x", name="n")')
    (project / "conf" / "prod").mkdir()
    params = {"a": {"b": "it's `id` $HOME\n"}}
    compilation = compile_here(
        project, params=params, env="prod", env_vars={"LOG": "1", "API_TOKEN": "x"}
    )
    assert record(compilation.job, "n").parameters == params
    assert record(compilation.job, "n").env == "prod"
    assert compilation.job.jobs["n"].environment_variables == {"LOG": "1", "API_TOKEN": "x"}
    assert [d.code for d in compilation.diagnostics] == ["KAZ107"]


def test_secrets_on_the_command_line(tmp_path: Path) -> None:
    project = chain(tmp_path)
    params = {"db": {"password": "hunter2", "host": "x"}, "max_tokens": 5, "pad_token": "[PAD]"}
    variables = {"TOKENIZERS_PARALLELISM": "1", "MAX_TOKENS": "9", "KEYBOARD": "de"}
    found = compile_here(project, params=params, env_vars=variables).diagnostics
    # No node reads them either.
    (finding,) = (d for d in found if d.code != "KAZ210")
    assert (finding.code, finding.severity) == ("KAZ107", "warning")
    assert "'db.password'" in finding.message
    assert "hunter2" not in str(finding)


def test_interpolations_in_runtime_parameters(tmp_path: Path) -> None:
    """Kedro hands runtime parameters to OmegaConf, where ``${`` starts an interpolation."""
    project = make_project(tmp_path, 'node(one, "params:a", "x", name="n")')
    (finding,) = findings(project, params={"a": "${{x}}"})
    assert "KAZ107" in finding
    assert "'a'" in finding
    escaped = {"a": "\\${{x}}"}
    assert record(compile_here(project, params=escaped).job, "n").parameters == escaped


@pytest.mark.parametrize(
    ("selection", "steps"),
    [
        ({"nodes": ("train",)}, ["train"]),
        ({"from_nodes": ("train",)}, ["train", "report"]),
        ({"to_nodes": ("train",)}, ["clean", "train"]),
        ({"from_inputs": ("table",)}, ["train", "report"]),
        ({"to_outputs": ("table",)}, ["clean"]),
    ],
)
def test_slices(tmp_path: Path, selection: dict[str, Any], steps: list[str]) -> None:
    project = chain(tmp_path, files={**RAW, "data/02/table.txt": "x"})
    assert list(compile_here(project, selection=selection).job.jobs) == steps


def test_a_slice_takes_its_inputs_from_the_catalog(tmp_path: Path) -> None:
    project = chain(tmp_path)
    assert "KAZ302" in findings(project, selection={"nodes": ("train",)})[0]
    (project / "data/02").mkdir()
    (project / "data/02/table.txt").write_text("x")
    job = compile_here(project, selection={"nodes": ("train",)}).job
    assert job.inputs["table"].path == "data/02/table.txt"  # type: ignore[union-attr]
    missing = findings(project, selection={"nodes": ("report",)})
    assert "KAZ301" in missing[0]
    assert "'model'" in missing[0]


@pytest.mark.parametrize(
    ("request_", "code", "suggestion"),
    [
        ({"pipeline": "__defualt__"}, "KAZ201", "__default__"),
        ({"selection": {"nodes": ("trian",)}}, "KAZ202", "train"),
        ({"selection": {"from_nodes": ("claen",)}}, "KAZ202", "clean"),
        ({"selection": {"tags": ("x",)}}, "KAZ203", "no tag at all"),
        ({"selection": {"to_outputs": ("tabel",)}}, "KAZ204", "table"),
        ({"selection": {"namespaces": ("ns",)}}, "KAZ205", "no namespace at all"),
    ],
)
def test_unknown_names(
    tmp_path: Path, request_: dict[str, Any], code: str, suggestion: str
) -> None:
    """field-defects: an unknown pipeline is a bare KeyError."""
    (finding,) = findings(chain(tmp_path), **request_)
    assert code in finding
    assert suggestion in finding


def test_an_empty_slice(tmp_path: Path) -> None:
    selection = {"nodes": ("clean",), "from_nodes": ("train",)}
    (finding,) = findings(chain(tmp_path), selection=selection)
    assert "KAZ206" in finding
    assert "--from-nodes train" in finding


def test_a_pipeline_without_nodes(tmp_path: Path) -> None:
    (finding,) = findings(make_project(tmp_path, ""))
    assert "KAZ206" in finding
    assert "'__default__' has no nodes" in finding


def test_missing_parameter(tmp_path: Path) -> None:
    """field-defects: `params:a.b` with `a: {}` falls back to the top level."""
    project = make_project(
        tmp_path, 'node(one, "params:a.b", "x", name="n")', parameters="{a: {}, b: 1}"
    )
    (finding,) = findings(project)
    assert "KAZ209" in finding
    assert "'a.b'" in finding


def test_missing_roots(tmp_path: Path) -> None:
    """field-defects: a root input missing from the catalog becomes a local folder."""
    project = chain(tmp_path, catalog="raww: {type: MemoryDataset}\n")
    (finding,) = findings(project)
    assert "KAZ301" in finding
    assert "Did you mean 'raww'?" in finding
    (finding,) = findings(chain(tmp_path / "other", files={}))
    assert "KAZ302" in finding
    assert "data/01_raw/raw.txt" in finding


def test_memory_datasets_that_hold_data_are_no_missing_roots(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, "filled", "x", name="n")',
        catalog="filled: {type: MemoryDataset, data: 3}\n",
    )
    assert compile_here(project).job.jobs["n"].inputs == {}


def test_input_outside_the_project(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("x")
    project = make_project(
        tmp_path / "project",
        'node(one, "o", "x", name="n")',
        catalog="o: {type: text.TextDataset, filepath: ../outside.txt}\n",
    )
    compilation = compile_here(project)
    assert [d.code for d in compilation.diagnostics] == ["KAZ303"]
    assert compilation.job.inputs["o"].path == "../outside.txt"  # type: ignore[union-attr]
    assert "KAZ303" in findings(project, strict=True)[0]


def test_a_file_that_is_added_to(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "a", name="a"), node(one, None, "b", name="b")',
        catalog="""\
        a: {type: pandas.CSVDataset, filepath: data/a.csv, save_args: {mode: a}}
        b: {type: text.TextDataset, filepath: data/b, fs_args: {open_args_save: {mode: ab}}}
        """,
    )
    assert [d.code for d in compile_here(project).diagnostics] == ["KAZ308", "KAZ308"]


@pytest.mark.parametrize(
    ("nodes", "severity", "words"),
    [
        # Kedro does not let one name be read and written: nothing is lost by two.
        ('node(one, "before", "after", name="n")', None, ""),
        (
            'node(one, "before", "x", name="m"), node(one, "x", "after", name="n")',
            None,
            "",
        ),
        (
            'node(one, "before", "x", name="m"), node(one, None, "after", name="n")',
            "warning",
            "The job reads 'data/count.txt' as it is now, and also writes 'after' there",
        ),
        (
            'node(one, ["before", "x"], "y", name="m"), node(one, None, ["after", "x"], name="n")',
            "error",
            "The step 'm' reads 'data/count.txt' as it was before the job, although 'n' writes",
        ),
    ],
)
def test_two_entries_of_one_path(
    nodes: str, severity: str | None, words: str, tmp_path: Path
) -> None:
    project = make_project(
        tmp_path,
        nodes,
        catalog="""\
        before: {type: text.TextDataset, filepath: data/count.txt}
        after: {type: text.TextDataset, filepath: data/count.txt}
        """,
        files={"data/count.txt": "1"},
    )
    try:
        found = compile_here(project).diagnostics
    except DiagnosticError as error:
        found = error.diagnostics
    assert [(d.code, d.severity) for d in found] == ([("KAZ309", severity)] if severity else [])
    assert not found or words in found[0].message


def test_an_older_version_beside_what_is_written(tmp_path: Path) -> None:
    """`kedro run` would compare the new model with itself, unless a version is asked for."""
    entry = "{type: text.TextDataset, filepath: data/m.txt, versioned: true}"
    project = make_project(
        tmp_path,
        'node(one, None, "model", name="fit"), node(one, ["model", "champion"], "x", name="rate")',
        catalog=f"model: {entry}\nchampion: {entry}\n",
        files={"data/m.txt/2025-01-01/m.txt": "1"},
    )
    assert "KAZ309" in findings(project)[0]
    compilation = compile_here(project, load_versions={"champion": "2025-01-01"})
    assert not compilation.diagnostics


def test_files_that_are_made_in_a_folder_of_partitions(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "a", name="m"), node(one, ["parts", "a"], "x", name="n")',
        catalog="""\
        a: {type: text.TextDataset, filepath: data/parts/a.txt}
        parts: {type: partitions.PartitionedDataset, path: data/parts, dataset: text.TextDataset}
        """,
    )
    (finding,) = findings(project)
    assert "KAZ309" in finding
    assert "This job writes 'a' there under another name" in finding


HOOK = """\
    from kedro.framework.hooks import hook_impl

    class Fill:
        @hook_impl
        def before_pipeline_run(self, catalog): ...

    HOOKS = (Fill(),)
    """


def test_memory_that_a_hook_may_fill(tmp_path: Path) -> None:
    """No compiler knows what a hook will do, but only the project's own node makes 'made'."""
    nodes = 'node(one, "i", "made", name="m"), node(one, "made", "x", name="n")'
    catalog = "{i: {type: MemoryDataset}, made: {type: MemoryDataset}}\n"
    project = make_project(tmp_path / "a", nodes, catalog=catalog)
    (finding,) = findings(project)
    assert "KAZ301" in finding
    assert "a memory dataset without data" in finding
    assert "Did you mean" not in finding
    hooks = {"src/minimal/settings.py": HOOK}
    hooked = make_project(tmp_path / "b", nodes, catalog=catalog, files=hooks)
    (warning,) = compile_here(hooked).diagnostics
    assert (warning.code, warning.severity) == ("KAZ301", "warning")
    assert "unless a hook of the project puts it there" in warning.message
    (finding,) = findings(hooked, selection={"nodes": ("n",)})
    assert "'made'" in finding
    # A name that the catalog does not hold may be a misspelt one.
    undeclared = make_project(tmp_path / "c", nodes, files=hooks)
    (finding,) = findings(undeclared)
    assert "which the catalog does not hold" in finding


def test_confirms(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, "i", "x", name="n", confirms="i")',
        catalog="""\
        i: {type: partitions.IncrementalDataset, path: data/i, dataset: text.TextDataset}
        """,
        files={"data/i/a.txt": "x"},
    )
    (finding,) = findings(project)
    assert "KAZ305" in finding
    assert "read-only" in finding


def test_data_that_another_machine_cannot_reach(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        'node(one, None, "t", name="w"), node(nothing, "t", None, name="r")',
        catalog="""\
        t: {type: pandas.SQLTableDataset, table_name: t, credentials: db}
        """,
        files={"conf/local/credentials.yml": "db: {con: 'sqlite:///data/x.db'}\n"},
    )
    compilation = compile_here(project)
    assert {d.code for d in compilation.diagnostics} == {"KAZ304", "KAZ306"}
    text = " ".join(str(d) for d in compilation.diagnostics) + dump_job(compilation.job)
    assert "x.db" not in text


@pytest.mark.parametrize(
    "entry",
    [
        "models.MlflowModelTrackingDataset, flavor: m",
        "models.MlflowModelTrackingDataset, flavor: m, load_args: {model_uri: 'runs:/1/m'}",
        "metrics.MlflowMetricDataset, key: k",
        "metrics.MlflowMetricDataset, key: k, run_id: abc",
    ],
)
def test_what_mlflow_keeps_crosses_steps(entry: str, tmp_path: Path) -> None:
    nodes = 'node(one, None, "m", name="fit"), node(nothing, "m", None, name="use")'
    catalog = f"m: {{type: kedro_mlflow.io.{entry}}}\n"
    compilation = compile_here(make_project(tmp_path / "p", nodes, catalog=catalog))
    # Where kedro-mlflow is not installed, the class cannot be imported.
    assert {d.code for d in compilation.diagnostics} <= {"KAZ310"}


def test_more_outputs_than_azure_documents(tmp_path: Path) -> None:
    outputs = ", ".join(f'"o{i}"' for i in range(21))
    project = make_project(tmp_path, f'node(one, None, [{outputs}], name="many")')
    assert [d.code for d in compile_here(project).diagnostics] == ["KAZ402"]


def test_snapshot_findings(tmp_path: Path) -> None:
    project = chain(tmp_path)
    (project / ".amlignore").write_text("data/\nconf/local/\n.kedro_azureml/\n")
    (project / ".env").write_text("SECRET=1")
    (project / ".env.example").write_text("SECRET=")
    (project / "conf/base/credentials.yml").write_text("a: {b: c}")
    (project / "conf/local/parameters.yml").write_text("a: 1")
    (project / ".kedro_azureml/runs/x").mkdir(parents=True)
    (project / ".kedro_azureml/runs/x/report.json").write_text("{}")
    found = {d.code: d.message for d in compile_here(project).diagnostics}
    assert set(found) == {"KAZ503", "KAZ504"}
    assert ".env, conf/base/credentials.yml" in found["KAZ503"]
    assert "example" not in found["KAZ503"]
    assert "conf/local/parameters.yml" in found["KAZ504"]
    (project / ".amlignore").write_text("data/\n")
    assert "KAZ506" in {d.code for d in compile_here(project).diagnostics}


def test_data_in_the_snapshot(tmp_path: Path) -> None:
    """Kedro's own .gitignore lets folders of data/ back in, and Azure ML then takes their files."""
    project = chain(tmp_path)
    (project / ".amlignore").unlink()
    (project / ".gitignore").write_text("data/**\n!data/**/\n")
    (finding,) = compile_here(project).diagnostics
    assert finding.code == "KAZ508"
    assert "1 file" in finding.message


def test_little_data_in_the_code_is_no_finding_of_a_rehearsal(tmp_path: Path) -> None:
    project = chain(tmp_path)
    (project / ".amlignore").unlink()
    assert not compile_here(project, local=True).diagnostics


def test_one_persons_configuration(tmp_path: Path) -> None:
    project = chain(tmp_path)
    (project / "conf/local/globals.yml").write_text("db: {host: x, password: hunter2}")
    (project / "conf/local/parameters.yml").write_text("a: 1")
    (project / ".amlignore").write_text("data/\n")
    messages = {d.code: d.message for d in compile_here(project).diagnostics}
    assert "would upload conf/local/globals.yml" in messages["KAZ503"]
    assert "would upload conf/local/parameters.yml" in messages["KAZ509"]
    (project / ".amlignore").write_text("data/\nconf/local/\n!conf/local/parameters.yml\n")
    messages = {d.code: d.message for d in compile_here(project).diagnostics}
    assert "KAZ503" not in messages
    assert "KAZ509" not in messages


def test_version_control_in_the_snapshot(tmp_path: Path) -> None:
    project = chain(tmp_path)
    (project / ".git").mkdir()
    (project / ".git/config").write_text("[core]")
    (project / ".amlignore").write_text("data/\n")
    (finding,) = findings(project)
    assert "KAZ510" in finding
    (warning,) = compile_here(project, local=True).diagnostics
    assert (warning.code, warning.severity) == ("KAZ510", "warning")
    (project / ".amlignore").write_text("data/\n!.git/\n")
    assert not compile_here(project).diagnostics


def test_an_ignore_file_in_a_folder_of_raw_data(tmp_path: Path) -> None:
    catalog = """\
raw: {type: partitions.PartitionedDataset, path: data/parts, dataset: text.TextDataset}
table: {type: text.TextDataset, filepath: data/02/table.txt}
"""
    files = {"data/parts/a.txt": "x", "data/parts/.gitignore": "*\n!.gitignore\n"}
    (finding,) = findings(chain(tmp_path, catalog=catalog, files=files))
    assert "KAZ511" in finding
    assert "'a.txt'" in finding


def test_snapshot_without_the_code(tmp_path: Path) -> None:
    project = chain(tmp_path)
    (project / ".amlignore").write_text("data/\nsrc/\n")
    (finding,) = findings(project)
    assert "KAZ507" in finding
    assert ".amlignore" in finding


def test_a_snapshot_of_another_folder(tmp_path: Path) -> None:
    azureml = """\
        azure:
          resource_group: rg
          workspace_name: ws
          environment_name: env@latest
          code_directory: src
          compute: {__default__: {cluster_name: cpu}}
        """
    (finding,) = findings(chain(tmp_path, azureml=azureml))
    assert "KAZ507 azureml.yml azure.code_directory: " in finding
    assert "nothing" not in finding


def test_snapshot_size(tmp_path: Path) -> None:
    project = chain(tmp_path)
    with (project / "huge.bin").open("wb") as file:
        file.truncate(301 * 1024**2)
    (project / "many").mkdir()
    for number in range(2_001):
        (project / "many" / str(number)).touch()
    found = {d.code: d.message for d in compile_here(project).diagnostics}
    assert "huge.bin (315.6 MB)" in found["KAZ501"]
    assert "many/ (2001)" in found["KAZ502"]


def test_a_project_that_does_not_load(tmp_path: Path) -> None:
    project = chain(tmp_path, registry="import no_such_module\n")
    (finding,) = findings(project)
    assert "KAZ207" in finding
    assert "src/minimal/pipeline_registry.py:1" in finding
    assert "no_such_module" in finding


def test_hooks_add_and_fill_datasets(tmp_path: Path) -> None:
    hooks = """\
        from kedro.framework.hooks import hook_impl
        from kedro.io import MemoryDataset
        from kedro_datasets.text import TextDataset

        class Hooks:
            @hook_impl
            def after_catalog_created(self, catalog):
                catalog["given"] = MemoryDataset(3)
                catalog["made"] = TextDataset(filepath="data/made.txt")

        HOOKS = (Hooks(),)
        """
    project = make_project(
        tmp_path,
        'node(one, ["given", "made"], "x", name="n")',
        files={"src/minimal/settings.py": hooks, "data/made.txt": "x"},
    )
    assert list(compile_here(project).job.inputs) == ["made"]
    assert list(compile_here(chain(tmp_path / "next")).job.inputs) == ["raw"]
