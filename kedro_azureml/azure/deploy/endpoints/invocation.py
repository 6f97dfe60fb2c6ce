"""Starting the job of an endpoint, with other values and other data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azure.ai.ml import Input

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.deploy.endpoints.requests import (
    component_of,
    default_deployment,
    get_endpoint,
)
from kedro_azureml.azure.deploy.endpoints.spec import addresses_in, experiment_in
from kedro_azureml.azure.jobs.creation import create_named, new_job_name
from kedro_azureml.compiler.naming import azure_names
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.model import PRIMITIVES
from kedro_azureml.job.references import is_local
from kedro_azureml.job.set_inputs import new_values

_FILE = "uri_file"


@quiet()
def invoke_endpoint(
    connection: Connection, name: str, texts: Mapping[str, str], paths: Mapping[str, str]
) -> str:
    """Start the job of an endpoint's default deployment, and return the job's name.

    Args:
        connection: The workspace.
        name: The endpoint.
        texts: What somebody typed, by the name of the parameter or of the input.
        paths: Other data, by the name of the dataset or of the input: files and folders of this
            machine, which are uploaded, or addresses.

    Raises:
        DiagnosticError: KAZ735, there is no such endpoint, or it has nothing of ours; KAZ107 for
            what is no input; KAZ715, nobody knows whether a job was started.
    """
    endpoint = get_endpoint(connection, name)
    component = component_of(connection, default_deployment(connection, endpoint).tags)
    if component is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ735",
                f"The endpoint '{name}' has no default deployment of 'kedro azureml deploy'.",
                "Deploy it, or invoke it with 'az ml batch-endpoint invoke'.",
            )
        )
    known = dict(component.tags or {})
    inputs = {
        **_values(component, known, texts),
        **_data(component, addresses_in(known), paths),
    }
    job = new_job_name(name)
    create_named(
        connection,
        job,
        lambda: connection.ml.batch_endpoints.invoke(
            endpoint_name=name,
            inputs=inputs,
            job_name=job,
            experiment_name=experiment_in(known),
        ),
        f"invoking the endpoint '{name}'",
    )
    return job


def _values(component: Any, known: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, Input]:
    literals = {
        key: given.default for key, given in component.inputs.items() if given.type in PRIMITIVES
    }
    return {
        key: Input(type=component.inputs[key].type, default=value)
        for key, value in new_values(literals, known, texts).items()
    }


def _data(component: Any, deployed: dict[str, str], paths: Mapping[str, str]) -> dict[str, Input]:
    """Return the data of each input: given now, or else uploaded with the deployment."""
    types = {
        key: given.type for key, given in component.inputs.items() if given.type not in PRIMITIVES
    }
    given: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for dataset, path in paths.items():
        key = dataset if dataset in types else azure_names([dataset], "dataset")[dataset]
        if key not in types:
            message = f"The endpoint has no data '{dataset}' to give it."
            problems.append(_bad(message, nearest(dataset, types)))
        elif is_local(path) and not Path(path).exists():
            problems.append(_bad(f"'{path}' does not exist.", "Name a file or a folder."))
        elif is_local(path) and Path(path).is_dir() == (types[key] == _FILE):
            there, wanted = ("folder", "file") if Path(path).is_dir() else ("file", "folder")
            problems.append(
                _bad(f"'{path}' is a {there}, and '{dataset}' is a {wanted}.", f"Name a {wanted}.")
            )
        else:
            given[key] = str(Path(path).absolute()) if is_local(path) else path
    where = {**deployed, **given}
    problems += [
        _bad(f"The endpoint needs '{key}'.", f"Give --input {key}=PATH.")
        for key in types
        if key not in where
    ]
    if problems:
        raise DiagnosticError(problems)
    return {key: Input(type=kind, path=where[key]) for key, kind in types.items()}


def _bad(message: str, remedy: str) -> Diagnostic:
    return Diagnostic("KAZ107", message, remedy, where="--input")
