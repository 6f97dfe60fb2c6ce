"""From a pipeline component and what somebody gives to it, to the pipeline job that runs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.runner.pipeline import DATA

_PARSERS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
    "string": str,
}
_TYPES = {
    "UriFile": "uri_file",
    "UriFolder": "uri_folder",
    "MLFlowModel": "mlflow_model",
    "CustomModel": "custom_model",
    "TritonModel": "triton_model",
}


class InvocationError(Exception):
    """What is given is not what the component takes."""


def job_of(spec: Json, settings: Json | None, given: Json) -> Json:
    """The properties of the job.

    Args:
        spec: The component's.
        settings: The deployment's.
        given: What the endpoint was invoked with: inputs and outputs.
    """
    declared: dict[str, Json] = spec.get("inputs") or {}
    inputs: dict[str, Json] = given.get("inputData") or {}
    for name in inputs.keys() - declared.keys():
        raise InvocationError(f"The component has no input {name}.")
    values = {name: _input(name, d, inputs.get(name)) for name, d in declared.items()}
    outputs: dict[str, Json] = given.get("outputData") or {}
    made = {name: _output(d, outputs.get(name)) for name, d in (spec.get("outputs") or {}).items()}
    for name in outputs.keys() - made.keys():
        raise InvocationError(f"The component has no output {name}.")
    return {
        "jobType": "Pipeline",
        "inputs": {name: value for name, value in values.items() if value is not None},
        "outputs": made,
        "jobs": copy.deepcopy(spec["jobs"]),
        "settings": _settings(settings or {}),
    }


def _settings(settings: Json) -> Json:
    """The deployment's settings: there booleans are text."""
    spelled = {"true": True, "false": False}
    return {key: spelled.get(str(value).lower(), value) for key, value in settings.items()}


def _input(name: str, declared: Json, given: Json | None) -> Json | None:
    kind = declared["type"]
    optional = str(declared.get("optional")).lower() == "true"
    if kind in DATA:
        if given is None:
            if optional:
                return None
            raise InvocationError(f"The input {name} is missing.")
        if _TYPES.get(given["jobInputType"], given["jobInputType"]) != kind:
            raise InvocationError(f"The input {name} must be {kind}.")
        return {"jobInputType": kind, "uri": given["uri"]}
    value = declared.get("default") if given is None else given["value"]
    # An empty text is none.
    if value in (None, ""):
        if optional or given is not None:
            return None
        raise InvocationError(f"The input {name} is missing.")
    text = str(value)
    try:
        parsed = _PARSERS[kind](text)
    except (ValueError, KeyError):
        raise InvocationError(f"The input {name} must be of the type {kind}: {text}") from None
    _check_range(name, declared, kind, parsed, text)
    return {"jobInputType": "literal", "value": text}


def _check_range(name: str, declared: Json, kind: str, parsed: Any, text: str) -> None:
    least, most = declared.get("min"), declared.get("max")
    if least is not None and parsed < _PARSERS[kind](str(least)):
        raise InvocationError(f"The input {name} must be at least {least}: {text}")
    if most is not None and parsed > _PARSERS[kind](str(most)):
        raise InvocationError(f"The input {name} must be at most {most}: {text}")
    if declared.get("enum") and text not in map(str, declared["enum"]):
        raise InvocationError(f"The input {name} must be one of {declared['enum']}: {text}")


def _output(declared: Json, given: Json | None) -> Json:
    uri = {"uri": given["uri"]} if given and given.get("uri") else {}
    return {"jobOutputType": declared["type"], **uri}
