"""What the addresses of data mean: in which container, and where in it, they lie."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import BLOB_STORE, Workspace

MODELS = ("mlflow_model", "custom_model", "triton_model")
_DATASTORE = re.compile(r"azureml://(?P<scope>.*?)datastores/(?P<store>[^/]+)/paths/(?P<path>.*)")
_BLOB = re.compile(r"https://(?P<host>[^/]+)/(?P<container>[^/]+)(?:/(?P<path>.*))?")
_JOB_OUTPUT = re.compile(r"azureml://jobs/([^/]+)/outputs/([^/]+)(?:/paths)?/?(.*)")


class NotThereError(Exception):
    """Something that a job names does not exist, or is something else than the job says."""


@dataclass(frozen=True)
class Place:
    """Where data lies.

    Attributes:
        container: The container.
        path: The path in it.
        type: What the asset is registered as; None if the address is no asset's.
    """

    container: str
    path: str
    type: str | None = None


class Addresses:
    """Finds what addresses name."""

    def __init__(self, workspace: Workspace, assets: Assets) -> None:
        self._workspace = workspace
        self._assets = assets

    def place(self, uri: str) -> Place:
        """Where data lies that a job reads: an asset, a job's output, a path, a public file."""
        asset = self._assets.find(uri)
        if asset is not None:
            kind = asset.get("dataType") or asset.get("modelType")
            place = self.place(str(asset.get("dataUri") or asset.get("modelUri")))
            return Place(place.container, place.path, kind)
        if found := _JOB_OUTPUT.fullmatch(uri):
            output = self._workspace.outputs.get((found[1], found[2]))
            if output is None:
                raise NotThereError(f"there is no output {found[2]} of a job {found[1]}")
            place = self.place(output)
            return Place(place.container, f"{place.path.rstrip('/')}/{found[3]}")
        if uri in self._workspace.public:
            return Place(*self._workspace.public[uri])
        found = _BLOB.fullmatch(uri)
        if found and f"https://{found['host']}" == self._workspace.storage.url:
            return Place(found["container"], found["path"] or "")
        return self.target(uri)

    def target(self, uri: str) -> Place:
        """Where data goes that a job writes: a path of a datastore."""
        found = _DATASTORE.fullmatch(uri)
        if found is None:
            raise NotThereError(f"an address that is no path of a datastore: {uri}")
        container = self._workspace.datastores.get(found["store"])
        if container is None:
            raise NotThereError(f"the datastore {found['store']}")
        return Place(container, found["path"])

    def long(self, uri: str) -> str:
        """An address in full, as assets have it."""
        found = _DATASTORE.fullmatch(uri)
        if found is None or found["scope"]:
            return uri
        return f"{self._workspace.long_uri}/datastores/{found['store']}/paths/{found['path']}"


def requested_output(run: Run, name: str) -> Json:
    """What a job says of a step's output: its path, type, name and version, if it does."""
    assert run.parent is not None
    bound: Json = (run.definition.get("outputs") or {}).get(name) or {}
    target = bound_output(bound)
    if target is None:
        names = {"job_output_type": "type", "uri": "uri", "name": "name", "version": "version"}
    else:
        outputs = run.parent.definition.get("outputs") or {}
        bound = {**(outputs.get(target) or {}), "mode": bound.get("mode")}
        # What is registered under a name is the pipeline's own output.
        names = {"jobOutputType": "type", "uri": "uri"}
    return {names[key]: value for key, value in bound.items() if key in names and value}


def output_address(run: Run, name: str) -> str:
    """Where an output of a step goes: the path it asks for, or the default one."""
    default = f"azureml://datastores/{BLOB_STORE}/paths/azureml/{run.id}/{name}/"
    expressions = {
        "${{name}}": run.id,
        "${{output_name}}": name,
        "${{default_datastore}}": BLOB_STORE,
    }
    address = str(requested_output(run, name).get("uri") or default)
    for expression, value in expressions.items():
        address = address.replace(expression, value)
    return address


def bound_output(bound: Json) -> str | None:
    """The pipeline's output that a step's output is bound to."""
    found = re.fullmatch(r"\$\{\{\s*parent\.outputs\.(.+?)\s*\}\}", str(bound.get("value")))
    return found[1] if found else None
