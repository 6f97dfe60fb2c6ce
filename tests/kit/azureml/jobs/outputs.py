"""What becomes of the outputs of a job: they are stored, and registered if they have a name.

Undocumented, and so a choice: an output is registered when its step, or for an output of the
pipeline the pipeline, has completed; without a version it gets the next number; a version that
exists fails the step or job then, because assets are immutable.
"""

from __future__ import annotations

import yaml

from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.jobs.addresses import (
    MODELS,
    Addresses,
    NotThereError,
    bound_output,
    output_address,
    requested_output,
)
from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.runner.step import StepRun
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import Workspace


class RegistrationError(Exception):
    """An output cannot be registered as what its job says."""


class Outputs:
    """Keeps the outputs of one job."""

    def __init__(self, run: Run, workspace: Workspace, assets: Assets) -> None:
        self._run = run
        self._workspace = workspace
        self._assets = assets
        self._addresses = Addresses(workspace, assets)

    def problem(self, child: Run, step: StepRun) -> str | None:
        """Why a step cannot write where it is to write.

        A folder that already has something in it fails the job; a file is overwritten.
        """
        for name, output in (step.component.get("outputs") or {}).items():
            address = output_address(child, name)
            try:
                place = self._addresses.target(address)
            except NotThereError as error:
                return f"The output {name} cannot be written: {error}."
            kind = requested_output(child, name).get("type") or output.get("type")
            prefix = f"{place.path.rstrip('/')}/"
            if kind != "uri_file" and self._workspace.storage.names(place.container, prefix):
                return f"The path of the output {name} is not empty: {address}"
        return None

    def address(self, child: Run, name: str) -> str:
        """The address of a step's output, in full."""
        return self._addresses.long(output_address(child, name))

    def store(self, child: Run, step: StepRun) -> None:
        """Upload what a step left."""
        for name, path in step.outputs.items():
            address = self.address(child, name)
            place = self._addresses.target(address)
            if path.exists():
                self._workspace.storage.store(path, place.container, place.path)
            declared = str(step.component["outputs"][name]["type"])
            kind = str(requested_output(child, name).get("type") or declared)
            self._keep(child, name, {"uri": address, "type": kind})
            target = bound_output((child.definition.get("outputs") or {}).get(name) or {})
            if target is not None:
                self._keep(self._run, target, {"uri": address, "type": kind})

    def register_step(self, child: Run) -> None:
        """Register the named outputs of a step that has completed."""
        for name in child.outputs:
            wanted = requested_output(child, name)
            if wanted.get("name"):
                self._register(child, name, wanted["name"], wanted.get("version"))

    def register_job(self) -> None:
        """Register the named outputs of the pipeline, which has completed."""
        for name, output in (self._run.definition.get("outputs") or {}).items():
            if output.get("assetName") and name in self._run.outputs:
                self._register(self._run, name, output["assetName"], output.get("assetVersion"))

    def _keep(self, run: Run, name: str, output: Json) -> None:
        run.outputs[name] = output
        self._workspace.outputs[run.id, name] = output["uri"]
        # What the service calls an output that nobody has named.
        implicit = f"azureml_{run.id}_output_data_{name}"
        kind, uri = output["type"], output["uri"]
        properties = {"dataType": kind, "dataUri": uri, "isAnonymous": True, "isArchived": False}
        if kind in MODELS:
            properties["dataType"] = "uri_folder"
        self._assets.register("data", implicit, properties, "1")

    def _register(self, run: Run, output: str, name: str, version: str | None) -> None:
        uri, kind = run.outputs[output]["uri"], run.outputs[output]["type"]
        common = {"isAnonymous": False, "isArchived": False, "tags": {}, "properties": {}}
        if kind in MODELS:
            flavors = self._flavors(output, uri) if kind == "mlflow_model" else {}
            properties = {"modelType": kind, "modelUri": uri, "flavors": flavors, **common}
            made = self._assets.register("models", name, {**properties, "jobName": run.id}, version)
        else:
            properties = {"dataType": kind, "dataUri": uri, **common}
            made = self._assets.register("data", name, properties, version)
        if made is None:
            raise RegistrationError(
                f"The output {output} cannot be registered: an asset {name} with the version "
                f"{version} already exists, and a version cannot be changed."
            )
        assets = "models" if kind in MODELS else "data"
        run.outputs[output]["assetId"] = (
            f"azureml://locations/eastus/workspaces/{self._workspace.uuid}/{assets}/{name}"
            f"/versions/{made}"
        )

    def _flavors(self, output: str, uri: str) -> Json:
        place = self._addresses.target(uri)
        name = f"{place.path.rstrip('/')}/MLmodel"
        if name not in self._workspace.storage.names(place.container, name):
            raise RegistrationError(
                f"The output {output} is no MLflow model: there is no file MLmodel in {uri}"
            )
        found = yaml.safe_load(self._workspace.storage.read(place.container, name)) or {}
        return {flavor: {"data": {}} for flavor in found.get("flavors") or {}}
