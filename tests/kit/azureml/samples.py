"""Jobs to submit, and code that submits them through the SDK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

# Given to `Sdk.run`, which runs it in the folder that job.yml is in.
SUBMIT = """
    job = load_job(folder + "/job.yml")
    job.name = "the-job"
    result = ml.jobs.create_or_update(job).name
"""
WAIT = """
    import time
    while (job := ml.jobs.get("the-job")).status not in ("Completed", "Failed", "Canceled"):
        time.sleep(0.2)
    result = job.status
"""
UPPER = """\
import pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
print("shouting", source.name)
(target / "upper.txt").write_text(source.read_text().upper())
(target / "deep").mkdir()
(target / "deep" / "empty.txt").touch()
"""

WriteJob = Callable[..., dict[str, Any]]


def make_submitter(folder: Path) -> Path:
    """A folder with code and data for jobs."""
    (folder / "src").mkdir()
    (folder / "src" / "upper.py").write_text(UPPER)
    (folder / "raw.txt").write_text("abc")
    return folder


def write_job(folder: Path, *commands: str, **top: Any) -> dict[str, Any]:
    """Write job.yml, and say what it holds.

    Args:
        folder: Where.
        *commands: The steps' commands; without any, there are two steps that pass on data.
        **top: Keys of the document to add or replace.
    """
    steps = {f"step{n}": step(command) for n, command in enumerate(commands)}
    document = {
        "type": "pipeline",
        "experiment_name": "exp",
        "inputs": {} if commands else {"raw": {"type": "uri_file", "path": "raw.txt"}},
        "outputs": {} if commands else {"final": {"type": "uri_folder"}},
        "jobs": steps or _two_steps(),
        **top,
    }
    (folder / "job.yml").write_text(yaml.safe_dump(document))
    return document


def step(command: str, **component: Any) -> dict[str, Any]:
    """A step with a command."""
    return {
        "type": "command",
        "compute": "azureml:cpu-cluster",
        "component": {
            "type": "command",
            "command": command,
            "code": "src",
            "environment": "azureml:test-env@latest",
            **component,
        },
    }


def _two_steps() -> dict[str, Any]:
    io: dict[str, Any] = {
        "inputs": {"source": {"type": "uri_file"}},
        "outputs": {"out": {"type": "uri_folder"}},
    }
    first = step('python upper.py "${{inputs.source}}" "${{outputs.out}}"', **io)
    first["inputs"] = {"source": "${{parent.inputs.raw}}"}
    io["inputs"] = {"source": {"type": "uri_folder"}}
    second = step('cp -r "${{inputs.source}}/." "${{outputs.out}}" && echo copied', **io)
    second["inputs"] = {"source": "${{parent.jobs.first.outputs.out}}"}
    second["outputs"] = {"out": "${{parent.outputs.final}}"}
    return {"first": first, "second": second}
