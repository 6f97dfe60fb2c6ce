"""Projects whose azureml.yml says what shall run without a person, and `kedro azureml deploy`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.kit.azureml.hosts import ARM_HOSTS
from tests.kit.azureml.http.messages import Seen
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml

REGISTRY = """
from kedro.pipeline import Pipeline, node

def look(day, depth, companies):
    return [day, depth, len(companies)]

def report(seen):
    return seen

def register_pipelines():
    first = node(look, ["params:day", "params:depth", "companies"], "seen", name="look")
    return {"__default__": Pipeline([first, node(report, "seen", "report", name="report")])}
"""
CATALOG = """
companies: {type: pandas.CSVDataset, filepath: data/01_raw/companies.csv}
report: {type: json.JSONDataset, filepath: data/report.json}
"""
# A job that a schedule and others name.
JOBS = """
  job_inputs: [day, depth]
  jobs:
    deep: {parameters: {depth: 4}}
"""


def deployed_project(
    service: AzureService, path: Path, azureml: str, server: ForkServer | None = None
) -> Kedro:
    """A project of two steps and one raw input, in git.

    Args:
        service: The service.
        path: Where to make it.
        azureml: What azureml.yml has below `azure` beside the workspace and `JOBS`.
        server: Runs the commands.
    """
    project = make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters='{day: "2026-01-01", depth: 3}',
        files={"data/01_raw/companies.csv": "id\n1\n2\n"},
        azureml=azureml_yml(service) + JOBS + azureml,
    )
    git(project, "init", "-q")
    commit(project, "a project")
    return Kedro(service, project, server)


def git(project: Path, *words: str) -> str:
    """What git prints, as somebody whose name it knows."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    done = subprocess.run(
        ["git", *who, *words], cwd=project, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(project: Path, message: str) -> str:
    """Commit everything; the commit's hash."""
    git(project, "add", "-A")
    git(project, "commit", "-qm", message)
    return git(project, "rev-parse", "HEAD")


def edit(file: Path, *changes: tuple[str, str]) -> None:
    """Replace texts in a file."""
    text = file.read_text()
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    file.write_text(text)


def changing(service: AzureService, since: int = 0) -> list[Seen]:
    """The requests to the workspace that change something in it."""
    return [
        seen
        for seen in service.requests[since:]
        if seen.method in ("PUT", "POST", "DELETE", "PATCH")
        and re.fullmatch(ARM_HOSTS, seen.host)
        and not seen.path.endswith("/listSecrets")
    ]
