"""Projects that are set up for the test service, and `kedro azureml` run in them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import PATIENCE

AZUREML_YML = """\
azure:
  resource_group: {group}
  workspace_name: {workspace}
  experiment_name: an-experiment
  environment_name: test-env@latest
  compute:
    __default__:
      cluster_name: cpu-cluster
    chunky:
      cluster_name: big-cluster
"""

# Two steps; the second reads what the first writes, and a parameter.
NODES = """
    node(one, "companies", "table", name="first"),
    node(two, ["table", "params:size"], ["result", "rest"], name="second"),
"""
CATALOG = """\
companies: {type: pandas.CSVDataset, filepath: data/01_raw/companies.csv}
result: {type: json.JSONDataset, filepath: data/08_reporting/result.json}
"""


def azureml_yml(service: AzureService, **changes: str) -> str:
    """An azureml.yml for the service's workspace."""
    workspace = service.workspace
    text = AZUREML_YML.format(group=workspace.group, workspace=workspace.name)
    for key, value in changes.items():
        lines = [
            f"  {key}: {value}" if line.startswith(f"  {key}:") else line
            for line in text.splitlines()
        ]
        text = "\n".join(lines) + "\n"
    return text


def small_project(service: AzureService, path: Path, nodes: str = NODES) -> Path:
    """A project of two steps and one raw input."""
    make_project(
        path,
        nodes,
        catalog=CATALOG,
        parameters="size: 3",
        files={"data/01_raw/companies.csv": "id\n1\n"},
        azureml=azureml_yml(service),
    )
    ignored = path / ".amlignore"
    ignored.write_text(ignored.read_text() + "/pipeline.yml\n")
    return path


class Kedro:
    """`kedro azureml ...` in a project, against the service.

    Args:
        service: The service.
        project: The project.
        server: Runs the commands in a fork of a process that has imported all; without it each
            command starts as from a shell.
    """

    def __init__(
        self, service: AzureService, project: Path, server: ForkServer | None = None
    ) -> None:
        self.service = service
        self.project = project
        self.server = server

    def variables(self, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """The subscription and the login; None takes one away."""
        given: dict[str, str | None] = {
            **self.service.environment,
            "AZURE_SUBSCRIPTION_ID": self.service.workspace.subscription,
            **(changes or {}),
        }
        return {name: value for name, value in given.items() if value is not None}

    def __call__(
        self,
        *arguments: str,
        check: bool = True,
        variables: Mapping[str, str | None] | None = None,
        timeout: float = PATIENCE,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        chosen = self.variables(variables)
        if self.server is None:
            return run_kedro(
                self.project,
                "azureml",
                *arguments,
                check=check,
                timeout=timeout,
                variables=chosen,
            )
        done = self.server.run(self.project, ["azureml", *arguments], environment(**chosen))
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def refused(
        self, code: str, *arguments: str, variables: Mapping[str, str | None] | None = None
    ) -> str:
        """A command that has to fail with a finding; what it says on the standard error."""
        done = self(*arguments, check=False, variables=variables)
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert f"error {code}" in done.stderr, said
        assert "Traceback" not in said, said
        return " ".join(done.stderr.split())

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json, and nothing else beside it."""
        return json.loads(self(*arguments, "--json").stdout)

    @property
    def job(self) -> str:
        """The name of the newest job."""
        return list(self.service.jobs.runs)[-1]
