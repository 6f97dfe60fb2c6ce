"""Parameters that change with a swept one, where not every value makes a project that loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project

# Only these regions exist; what the compiler could make up does not.
SETTINGS = """\
PORTS = {"eu": 1, "us": 2, "asia": 3}


def port(region: str) -> int:
    return PORTS[region]


CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"port": port},
}
"""
NODES = """\
    node(lambda region: region, "params:region", "named", name="name"),
    node(lambda port: port, "params:port", "opened", name="open"),
"""


@pytest.mark.parametrize("regions", [["eu", "us"], ["us", "asia", "eu"]])
def test_who_reads_what_a_swept_parameter_changes_is_copied(
    regions: list[str], tmp_path: Path
) -> None:
    project = make_project(
        tmp_path / "project",
        NODES,
        parameters='region: eu\nport: "${port:${region}}"\n',
        files={"src/minimal/settings.py": SETTINGS},
    )
    sweep = SweepConfig(parameters={"region": regions})
    jobs = compile_here(project, sweep=sweep).job.jobs
    for step in ("name", "open"):
        assert [f"{step}_region_{region}" in jobs for region in regions] == [True] * len(regions)


def test_a_resolver_that_tells_only_some_values_apart(tmp_path: Path) -> None:
    """The first two values have the same port."""
    project = make_project(
        tmp_path / "project",
        NODES + '    node(lambda a: a, "params:a", "x", name="x"),\n',
        parameters='a: 1\nregion: eu\nport: "${port:${area:${a}}}"\n',
        files={
            "src/minimal/settings.py": SETTINGS.replace(
                '"port": port}', '"port": port, "area": lambda a: "us" if a > 4 else "eu"}'
            )
        },
    )
    sweep = SweepConfig(parameters={"a": [1, 2, 8]})
    jobs = compile_here(project, sweep=sweep).job.jobs
    assert {"open_a_1", "open_a_2", "open_a_8", "name"} <= set(jobs)


def swept(tmp_path: Path, nodes: str, parameters: str, **azure: Any) -> set[str]:
    project = make_project(tmp_path / "project", nodes, parameters=parameters, **azure)
    job = compile_here(project, sweep=SweepConfig(parameters={"m.a": [1, 2]})).job
    return {*job.jobs, *job.inputs} - {"sweep_summary"}


@pytest.mark.parametrize("other", ["x: 1", 'x: "${m.b}"', 'n: {a: "${m.a}", b: 2}'])
def test_what_lies_beside_a_swept_part_is_there_once(other: str, tmp_path: Path) -> None:
    nodes = """\
        node(one, "params:m.a", "x", name="x"),
        node(one, "params:m.b", "y", name="y"),
    """
    nodes += 'node(one, "params:n.b", "z", name="z"),' * other.startswith("n")
    made = swept(tmp_path, nodes, f"m: {{a: 1, b: 2}}\n{other}\n")
    assert made - {"z"} == {"x_a_1", "x_a_2", "y"}


@pytest.mark.parametrize("values", [[{"a": 4}, {"b": 5}], [{"b": 5}, {"b": 6}, {"a": 4}]])
def test_what_refers_to_a_part_of_a_swept_mapping(values: list[Any], tmp_path: Path) -> None:
    """Each value is laid over parameters.yml, and not over the first one."""
    project = make_project(
        tmp_path,
        'node(one, "params:at", "x", name="x"), node(one, "params:m", "y", name="y"),',
        parameters='m: {a: 1, b: 2}\nat: "${m.a}"\n',
    )
    job = compile_here(project, sweep=SweepConfig(parameters={"m": values})).job
    assert sum(name.startswith("x") for name in job.jobs) == len(values)
    # Another value of the input of a job may be any.
    job = compile_here(project, exposed={"m": "--expose"}).job
    assert set(job.jobs["x"].inputs) == {"m"}


@pytest.mark.parametrize("given", ["noise", "noise.level", "at"])
def test_what_changes_with_a_swept_parameter_is_no_input_of_the_job(
    given: str, tmp_path: Path
) -> None:
    """It would keep its value in all combinations."""
    made = swept(
        tmp_path,
        f'node(one, "params:{given}", "x", name="x"),',
        'm: {a: 1}\nnoise: {level: "${m.a}"}\nat: "${noise}"\n',
        azureml=f"{AZUREML_YML}  job_inputs: [{given}]\n",
    )
    assert made == {"x_a_1", "x_a_2"}


@pytest.mark.parametrize("decorated", ["distributed_job(Framework.PyTorch, ", "sharded(shards="])
def test_a_number_of_machines_that_changes_with_a_parameter(decorated: str, tmp_path: Path) -> None:
    """It is compiled, the same for all combinations."""
    registry = f"""\
        from kedro.pipeline import Pipeline, node
        from kedro_azureml.distributed import Framework, distributed_job, sharded

        @{decorated}"params:size.nodes")
        def work(parts, a):
            return {{}}

        def register_pipelines():
            return {{"__default__": Pipeline([node(work, ["p", "params:m.a"], "q", name="w")])}}
    """
    parts = "{type: partitions.PartitionedDataset, path: data/%s, dataset: text.TextDataset}"
    project = make_project(
        tmp_path,
        registry=registry,
        catalog=f"p: {parts % 'p'}\nq: {parts % 'q'}\n",
        parameters='m: {a: 1}\nsize: {nodes: "${m.a}", other: 1}\n',
        files={"data/p/x": ""},
    )
    with pytest.raises(DiagnosticError, match="It decides how many machines") as refused:
        compile_here(project, sweep=SweepConfig(parameters={"m.a": [2, 3]}))
    assert [d.code for d in refused.value.diagnostics] == ["KAZ211"]
    with pytest.raises(DiagnosticError, match="It decides how many machines"):
        compile_here(project, exposed={"m.a": "--expose"})


def test_who_reads_what_an_input_of_the_job_changes_has_the_input(tmp_path: Path) -> None:
    """Also what refers to a part of it, and where no other value of it is known that can be had."""
    project = make_project(
        tmp_path / "project",
        """
        node(lambda it: it, "params:model", "trained", name="train"),
        node(lambda it: it, "params:depth", "shown", name="show"),
        node(lambda it: it, "params:first", "taken", name="take"),
        """
        + NODES,
        parameters='region: eu\nport: "${port:${region}}"\nmodel: {depth: 3, names: [a, b]}\n'
        "depth: ${model.depth}\nfirst: ${model.names[0]}\n",
        files={"src/minimal/settings.py": SETTINGS},
    )
    jobs = compile_here(project, exposed=dict.fromkeys(("model", "region"), "--expose")).job.jobs
    bound = {name: set(step.inputs) for name, step in jobs.items()}
    assert all("model" in bound[step] for step in ("train", "show", "take"))
    assert all("region" in bound[step] for step in ("name", "open"))
