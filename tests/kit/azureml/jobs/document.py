"""From what was submitted back to a pipeline job document that runs on this machine.

The bodies of the requests name code, data and components by their ids; here each is fetched from
storage, where the client uploaded it, and the document names the copies.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import BLOB_STORE, Workspace

_MODES = {
    "ReadOnlyMount": "ro_mount",
    "ReadWriteMount": "rw_mount",
    "Download": "download",
    "Upload": "upload",
    "Direct": "direct",
}
_DATASTORE = re.compile(r"azureml://.*?datastores/([^/]+)/paths/(.*)")
_BLOB = re.compile(r"https://[^/]+/([^/]+)(?:/(.*))?")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")


class NotThereError(Exception):
    """Something that a job names does not exist."""


class DocumentWriter:
    """Writes one job as a document, and what it needs beside it."""

    def __init__(self, workspace: Workspace, assets: Assets, folder: Path) -> None:
        self._workspace = workspace
        self._assets = assets
        self._folder = folder
        self._fetched: dict[str, str] = {}

    def document(self, run: Run, failing: Mapping[str, str]) -> Json:
        """The document of a job.

        Args:
            run: The job.
            failing: Steps that are to fail, and what they are to say.
        """
        definition = run.definition
        steps = {name: self._step(child.definition) for name, child in run.children.items()}
        for name in failing.keys() & steps.keys():
            steps[name]["component"]["command"] = f"echo {shlex.quote(failing[name])} >&2; exit 1"
        settings = definition.get("settings") or {}
        kept = ("continue_on_step_failure", "force_rerun")
        return {
            "type": "pipeline",
            "name": run.id,
            "display_name": run.id,
            "experiment_name": run.experiment,
            "settings": {key: settings[key] for key in kept if key in settings},
            "inputs": self._each(definition.get("inputs"), self._pipeline_input),
            "outputs": self._each(definition.get("outputs"), _pipeline_output),
            "jobs": steps,
        }

    def is_built(self, run: Run) -> bool:
        """Whether a step runs in an image that Azure ML has to build first."""
        asset = self._assets.find(str(run.definition["componentId"]))
        name = str(asset["componentSpec"].get("environment")) if asset else ""
        environment = self._assets.find(name) or {}
        return bool(environment.get("condaFile") or environment.get("build"))

    def _step(self, node: Json) -> Json:
        asset = self._assets.find(str(node["componentId"]))
        if asset is None:
            raise NotThereError(f"component {node['componentId']}")
        spec: Json = asset["componentSpec"]
        kept = ("command", "inputs", "outputs", "resources", "distribution")
        component = {"type": "command", **{key: spec[key] for key in kept if spec.get(key)}}
        if spec.get("code"):
            component["code"] = self._code(str(spec["code"]))
        step: Json = {
            "type": "command",
            "component": component,
            "inputs": self._each(node.get("inputs"), self._node_input),
            "outputs": self._each(node.get("outputs"), _node_output),
            "environment_variables": node.get("environment_variables") or {},
        }
        if node.get("resources"):
            step["resources"] = node["resources"]
        timeout = (node.get("limits") or {}).get("timeout")
        if timeout:
            step["limits"] = {"timeout": _seconds(timeout)}
        return step

    def _each(self, values: Json | None, convert: Any) -> Json:
        found = {name: convert(value) for name, value in (values or {}).items()}
        return {name: value for name, value in found.items() if value is not None}

    def _pipeline_input(self, value: Json) -> Any:
        kind = value["jobInputType"]
        if kind == "literal":
            return value["value"]
        return {"type": kind, "path": self._data(value["uri"]), **_mode(value)}

    def _node_input(self, value: Json) -> Any:
        kind = value["job_input_type"]
        if kind == "literal" and value.get("mode"):
            return {"path": value["value"], **_mode(value)}
        if kind == "literal":
            return value["value"]
        return {"type": kind, "path": self._data(value["uri"]), **_mode(value)}

    def _code(self, arm_id: str) -> str:
        code = self._assets.find(arm_id)
        if code is None:
            raise NotThereError(f"code {arm_id}")
        return self._fetch(str(code["codeUri"]), "code")

    def _data(self, uri: str) -> str:
        asset = self._assets.find(uri)
        return self._fetch(str(asset["dataUri"]) if asset else uri, "data")

    def _fetch(self, uri: str, kind: str) -> str:
        """A copy of what lies at an address, as a path relative to the document."""
        if uri not in self._fetched:
            container, path = locate(self._workspace, uri)
            name = path.rstrip("/").rpartition("/")[2] or "root"
            target = Path(kind) / str(len(self._fetched)) / name
            self._workspace.storage.fetch(container, path, self._folder / target)
            self._fetched[uri] = target.as_posix()
        return self._fetched[uri]


def locate(workspace: Workspace, uri: str) -> tuple[str, str]:
    """The container and the path in it that an address names."""
    if found := _DATASTORE.fullmatch(uri):
        return workspace.container_of(found[1]), found[2]
    if found := _BLOB.fullmatch(uri):
        return found[1], found[2] or ""
    raise NotThereError(f"an address that is not in the workspace's storage: {uri}")


def output_address(run: Run, name: str) -> str:
    """Where an output of a step goes: the path it asks for, or the default one."""
    assert run.parent is not None
    bound: Json = (run.definition.get("outputs") or {}).get(name) or {}
    uri = bound.get("uri")
    if uri is None and (target := bound_output(bound)) is not None:
        outputs = run.parent.definition.get("outputs") or {}
        uri = (outputs.get(target) or {}).get("uri")
    default = f"azureml://datastores/{BLOB_STORE}/paths/azureml/{run.id}/{name}/"
    expressions = {
        "${{name}}": run.id,
        "${{output_name}}": name,
        "${{default_datastore}}": BLOB_STORE,
    }
    address = str(uri or default)
    for expression, value in expressions.items():
        address = address.replace(expression, value)
    return address


def bound_output(bound: Json) -> str | None:
    """The pipeline's output that a step's output is bound to."""
    found = re.fullmatch(r"\$\{\{\s*parent\.outputs\.(.+?)\s*\}\}", str(bound.get("value")))
    return found[1] if found else None


def _pipeline_output(value: Json) -> Json:
    return {"type": value["jobOutputType"], **_mode(value)}


def _node_output(value: Json) -> Any:
    if "value" not in value:
        # A path of its own: here it stays in the step's folder, and is uploaded from there.
        return {"type": value["job_output_type"], **_mode(value)}
    if value.get("mode"):
        return {"path": value["value"], **_mode(value)}
    return value["value"]


def _mode(value: Json) -> Json:
    return {"mode": _MODES[value["mode"]]} if value.get("mode") else {}


def _seconds(duration: str) -> int:
    found = _DURATION.fullmatch(duration)
    assert found is not None, duration
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return int(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
