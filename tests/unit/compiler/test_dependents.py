"""Parameters that change with a swept one, where not every value makes a project that loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.config.models.sweep import SweepConfig
from tests.kit.inprocess import compile_here
from tests.kit.projects import make_project

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
