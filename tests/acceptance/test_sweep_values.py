"""Values and names of any kind in sweeps, and any sweep of any pipeline."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.nested import nested
from kedro_azureml.rehearsal import rehearse
from kedro_azureml.rehearsal.options import RehearsalOptions
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.inprocess import compile_here
from tests.kit.nasty import NASTY
from tests.kit.processes import in_process, run_pipeline
from tests.kit.projects import make_project
from tests.kit.random_pipelines import RandomNode, pipelines, random_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# No two have the same label, and each reaches its node as it is.
HOSTILE = [
    *("", " ", "a'b", '"', "$HOME", "`id`", "a\nb", "größe", "null", "true", "1", "1.0", "a,b"),
    *("../..", "con", ".", "x" * 300, "-", "--sweep", "$[[x]]", "{{x}}", "]]", "A", "a"),
    *(None, True, 1, 1.0, -0.0, 1e300, 10**30, [], {}, [1, [2, "$(id)"]], {"a b": {"$x": "'"}}),
]


def echo_project(path: Path, azureml: str | None) -> Path:
    """A project whose one node saves the value that it reads."""
    registry = """\
        from kedro.pipeline import Pipeline, node

        def echo(value):
            return {"value": value}

        def register_pipelines():
            read = node(echo, "params:größe.a b", "echoed", name="echo")
            return {"__default__": Pipeline([read])}
        """
    catalog = "echoed: {type: json.JSONDataset, filepath: data/echoed.json}"
    parameters = json.dumps({"größe": {"a b": 0}})
    return make_project(
        path, registry=registry, catalog=catalog, parameters=parameters, azureml=azureml
    )


def echoed(project: Path) -> list[str]:
    return [
        json.dumps(json.loads(f.read_text())["value"]) for f in (project / "data").rglob("*.json")
    ]


def test_hostile_values_survive_here_and_on_the_service(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    sweep = ("--sweep", f"größe.a b={json.dumps(HOSTILE)[1:-1]}")
    here = echo_project(tmp_path / "here", None)
    run_kedro(here, "azureml", "run", "--local", "--warm", *sweep, "--into-catalog")
    assert sorted(echoed(here)) == sorted(map(json.dumps, HOSTILE))
    there = echo_project(tmp_path / "there", azureml_yml(azure_service))
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, there, fork_server)
    kedro("run", *sweep, "--wait-for-completion")
    kedro("job", "download", kedro.job, "--into-catalog")
    assert sorted(echoed(there)) == sorted(map(json.dumps, HOSTILE))


VALUES = st.one_of(
    NASTY,
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    # Kedro resolves a reference in a parameter, here as with --params.
).filter(lambda value: "${" not in json.dumps(value))


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(
    nodes=pipelines(5),
    data=st.data(),
    first=st.lists(VALUES, min_size=1, max_size=3, unique_by=json.dumps),
    second=st.lists(VALUES, min_size=1, max_size=2, unique_by=json.dumps),
    max_concurrent=st.sampled_from([None, 1, 2]),
)
def test_any_sweep_of_any_pipeline_equals_a_run_for_each_combination(
    nodes: list[RandomNode],
    data: st.DataObject,
    first: list[Any],
    second: list[Any],
    max_concurrent: int | None,
) -> None:
    readers = data.draw(
        st.dictionaries(
            st.sampled_from(["params:a", "params:group.b"]),
            st.sampled_from(range(len(nodes))),
            min_size=1,
        )
    )
    nodes = [
        RandomNode(
            n.name,
            (*n.inputs, *(p for p, at in readers.items() if at == number)),
            n.files,
            None,
            (),
        )
        for number, n in enumerate(nodes)
    ]
    given_values = {"params:a": ("a", first), "params:group.b": ("group.b", second)}
    swept = dict(given_values[name] for name in readers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = random_project(folder / "azure", nodes, {})
        (project / "conf/base/parameters.yml").write_text("a: 0\ngroup: {b: 0}\n")
        sweep = SweepConfig(parameters=swept, max_concurrent=max_concurrent)
        job = compile_here(project, sweep=sweep, local=True).job
        report = rehearse(job, project, RehearsalOptions(project=project), source="a test")
        assert report.status == "Completed"
        made: dict[str, set[str]] = {}
        for output in report.outputs:
            if output.kind == "local":
                (file,) = output.files
                text = as_text(output.file(file).read_text())
                made.setdefault(str(output.dataset), set()).add(text)
        plain = Path(
            shutil.copytree(project, folder / "plain", ignore=shutil.ignore_patterns(".kedro*"))
        )
        wanted: dict[str, set[str]] = {}
        for number, row in enumerate(itertools.product(*swept.values())):
            values = nested(dict(zip(swept, row, strict=True)))
            in_process(run_pipeline, plain, folder / f"results_{number}.json", values)
            for path in (plain / "data/02").glob("*.json"):
                wanted.setdefault(path.stem, set()).add(as_text(path.read_text()))
        # Each result tells how it was made, so that no two combinations have the same.
        assert made == wanted


def as_text(result: str) -> str:
    """One text for one value: 1, 1.0 and true are three."""
    return json.dumps(json.loads(result), sort_keys=True)
