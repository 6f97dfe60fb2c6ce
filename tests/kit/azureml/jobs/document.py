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
from tests.kit.azureml.jobs.addresses import Addresses, NotThereError, Place
from tests.kit.azureml.jobs.checks import component_of
from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import Workspace

_MODES = {
    "ReadOnlyMount": "ro_mount",
    "ReadWriteMount": "rw_mount",
    "Download": "download",
    "Upload": "upload",
    "Direct": "direct",
    "EvalMount": "eval_mount",
    "EvalDownload": "eval_download",
}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")


class DocumentWriter:
    """Writes one job as a document, and what it needs beside it."""

    def __init__(self, workspace: Workspace, assets: Assets, folder: Path) -> None:
        self._workspace = workspace
        self._assets = assets
        self._addresses = Addresses(workspace, assets)
        self._folder = folder
        self._fetched: dict[Place, str] = {}

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
        asset = self._assets.find(component_of(run.definition))
        name = str(asset["componentSpec"].get("environment")) if asset else ""
        environment = self._assets.find(name) or {}
        return bool(environment.get("condaFile") or environment.get("build"))

    def _step(self, node: Json) -> Json:
        asset = self._assets.find(component_of(node))
        if asset is None:
            raise NotThereError(f"component {component_of(node)}")
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
        if node.get("type") == "sweep":
            limits = dict(node["limits"])
            for key in ("timeout", "trial_timeout"):
                if limits.get(key):
                    limits[key] = _seconds(limits[key])
            return {**step, "type": "sweep", "sweep": {**node, "limits": limits}}
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
        return self._data(kind, value)

    def _node_input(self, value: Json) -> Any:
        kind = value["job_input_type"]
        if kind == "literal" and value.get("mode"):
            return {"path": value["value"], **_mode(value)}
        if kind == "literal":
            return value["value"]
        return self._data(kind, value)

    def _code(self, arm_id: str) -> str:
        code = self._assets.find(arm_id)
        if code is None:
            raise NotThereError(f"code {arm_id}")
        return self._fetch(self._addresses.place(str(code["codeUri"])), "code")

    def _data(self, kind: str, value: Json) -> Json:
        """An input that is data: a copy of it, or where it lies for a step that reads it there."""
        uri = str(value["uri"])
        place = self._addresses.place(uri)
        if place.type is not None and place.type != kind:
            raise NotThereError(f"{uri} is of the type {place.type}, and not {kind}")
        if not self._workspace.storage.names(place.container, place.path.rstrip("/")):
            raise NotThereError(f"data at {uri}")
        path = self._fetch(place, "data")
        return {"type": kind, "path": path, "uri": self._addresses.long(uri), **_mode(value)}

    def _fetch(self, place: Place, kind: str) -> str:
        """A copy of what lies somewhere, as a path relative to the document."""
        if place not in self._fetched:
            name = place.path.rstrip("/").rpartition("/")[2] or "root"
            target = Path(kind) / str(len(self._fetched)) / name
            self._workspace.storage.fetch(place.container, place.path, self._folder / target)
            self._fetched[place] = target.as_posix()
        return self._fetched[place]


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


def _seconds(duration: str | int) -> int:
    if str(duration).isdigit():
        return int(duration)
    assert isinstance(duration, str)
    found = _DURATION.fullmatch(duration)
    assert found is not None, duration
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return int(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
