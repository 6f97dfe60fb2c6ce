"""A command reads azureml.yml once, and loads the project's pipelines once or not at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.submission import Kedro, azureml_yml, small_project

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

JOBS = """\
  jobs:
    plain: {}
    large: {parameters: {size: 5}}
"""
# The loader of the project's settings, and its registry, leave a line for each time they are asked.
SETTINGS = """\
from kedro.config import OmegaConfigLoader


class CountingLoader(OmegaConfigLoader):
    def __getitem__(self, key):
        if key == "azureml":
            with open(READS, "a") as file:
                file.write("azureml.yml\\n")
        return super().__getitem__(key)


CONFIG_LOADER_CLASS = CountingLoader
"""
REGISTRY = """

import sys

_register = register_pipelines

def register_pipelines():
    # Not in the process of a step, which loads the pipelines that it runs.
    if "azureml" in sys.argv:
        with open(READS, "a") as file:
            file.write("pipelines\\n")
    return _register()
"""


@pytest.fixture
def counted(azure_service: AzureService, tmp_path: Path) -> Kedro:
    """A project that counts, and commands as from a shell: each is a process of its own."""
    azure_service.execution.mode = "instant"
    project = small_project(azure_service, tmp_path / "project")
    (project / "conf/base/azureml.yml").write_text(azureml_yml(azure_service) + JOBS)
    reads = f"READS = {str(tmp_path / 'reads.txt')!r}\n"
    (project / "src/minimal/settings.py").write_text(reads + SETTINGS)
    registry = project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text() + reads + REGISTRY)
    return Kedro(azure_service, project)


COMPILED = {"azureml.yml": 1, "pipelines": 1}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("compile", COMPILED),
        ("compile -j plain -j large", COMPILED),
        ("plan", COMPILED),
        ("plan -j large", COMPILED),
        ("run --local", COMPILED),
        ("run --local -j large", COMPILED),
        ("run", COMPILED),
        ("run -j plain", COMPILED),
        ("run -j large", COMPILED),
        ("job list", {"azureml.yml": 1}),
        ("compute list", {"azureml.yml": 1}),
    ],
)
def test_reads(counted: Kedro, tmp_path: Path, command: str, expected: dict[str, int]) -> None:
    counted(*command.split())
    assert Counter((tmp_path / "reads.txt").read_text().splitlines()) == expected


def test_a_value_that_a_job_s_parameter_decides_is_read_for_that_job(counted: Kedro) -> None:
    """azureml.yml may refer to runtime parameters: then it is read for each job's own."""
    yml = counted.project / "conf/base/azureml.yml"
    reference = '"of-${runtime_params:size, none}"'
    yml.write_text(yml.read_text().replace("an-experiment", reference))
    counted("compile", "-j", "plain", "-j", "large")
    names = [
        line
        for job in ("plain", "large")
        for line in (counted.project / f"{job}.yml").read_text().splitlines()
        if line.startswith("experiment_name")
    ]
    assert names == ["experiment_name: of-none", "experiment_name: of-5"]
