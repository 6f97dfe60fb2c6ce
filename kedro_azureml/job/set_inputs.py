"""Other values for the literal inputs of a job: ``--set``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from yaml import YAMLError

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.model import Input, Literal_, PipelineJob
from kedro_azureml.job.parameter_inputs import ParameterType, inputs_in, typed
from kedro_azureml.job.safe_yaml import load_yaml

_OPTION = "--set"


def with_inputs(job: PipelineJob, texts: Mapping[str, str]) -> PipelineJob:
    """Return a job with other values of its literal inputs.

    Args:
        job: The job.
        texts: What somebody typed, by the name of the parameter or of the input.

    Raises:
        DiagnosticError: KAZ107 for everything that is no input, or no value of its type.
    """
    changed = new_values(literals_of(job), job.properties, texts)
    return job.model_copy(update={"inputs": {**job.inputs, **changed}}) if changed else job


def literals_of(job: PipelineJob) -> dict[str, Any]:
    """Return the inputs of a job that are values and no data, by name."""
    return {
        name: value
        for name, value in job.inputs.items()
        if not isinstance(value, Input) or not value.is_data
    }


def new_values(
    literals: Mapping[str, Any], properties: Mapping[str, str], texts: Mapping[str, str]
) -> dict[str, Literal_]:
    """Return the values that inputs of a job get, by the inputs' names; see `with_inputs`."""
    known = inputs_in(properties)
    names = {parameter: name for name, (parameter, _) in known.items()}
    problems: list[Diagnostic] = []
    changed: dict[str, Literal_] = {}
    for key, text in texts.items():
        name = names.get(key, key)
        if name not in literals:
            problems.append(_unknown(key, {*(literals.keys() - known.keys()), *names}))
            continue
        try:
            changed[name] = (
                _value(text, known[name][1], literals[name]) if name in known else _scalar(text)
            )
        except (TypeError, ValueError, YAMLError) as error:
            problem = str(error).splitlines()[0]
            problems.append(
                Diagnostic(
                    "KAZ107",
                    f"The value of '{key}' cannot be used: {problem}.",
                    f"Write {_OPTION} {key}=VALUE with a value of that type.",
                    where=_OPTION,
                )
            )
    if problems:
        raise DiagnosticError(problems)
    return changed


def _value(text: str, kind: ParameterType, before: Any) -> Literal_:
    value = typed(text, kind)
    if kind == "json" and {type(json.loads(str(v))) for v in (value, before)} == {list, dict}:
        raise ValueError("Kedro puts no mapping in the place of a list, and no list in that of one")
    return value


def _unknown(key: str, known: Iterable[str]) -> Diagnostic:
    remedy = (
        f"{nearest(key, known)} A parameter becomes an input by 'compile --expose {key}', or by "
        "azure.job_inputs in azureml.yml."
    )
    return Diagnostic(
        "KAZ107", f"The job has no input '{key}' to set.", remedy.strip(), where=_OPTION
    )


def _scalar(text: str) -> Literal_:
    """Read the value of an input whose type only the job's author knows, as YAML does."""
    value = load_yaml(text)
    return value if isinstance(value, str | bool | int | float) else text
