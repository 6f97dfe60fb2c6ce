"""Other values for the literal inputs of a job: ``--set``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from yaml import YAMLError

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.model import Input, Literal_, PipelineJob
from kedro_azureml.job.parameter_inputs import ParameterType, inputs_in, typed
from kedro_azureml.job.safe_yaml import load_yaml

_OPTION = "--set"


# Makes of what is given what a document has for it.
Write = Callable[[Any, ParameterType], Literal_]


def with_inputs(job: PipelineJob, given: Mapping[str, Any], write: Write = typed) -> PipelineJob:
    """Return a job with other values of its literal inputs.

    Args:
        job: The job.
        given: What somebody typed, by the name of the parameter or of the input.
        write: `kedro_azureml.job.parameter_inputs.written` if it is values, and no texts.

    Raises:
        DiagnosticError: KAZ107 for everything that is no input, or no value of its type.
    """
    changed = new_values(literals_of(job), job.properties, given, write)
    return job.model_copy(update={"inputs": {**job.inputs, **changed}}) if changed else job


def literals_of(job: PipelineJob) -> dict[str, Any]:
    """Return the inputs of a job that are values and no data, by name."""
    return {
        name: value
        for name, value in job.inputs.items()
        if not isinstance(value, Input) or not value.is_data
    }


def new_values(
    literals: Mapping[str, Any],
    properties: Mapping[str, str],
    given: Mapping[str, Any],
    write: Write = typed,
) -> dict[str, Literal_]:
    """Return the values that inputs of a job get, by the inputs' names; see `with_inputs`."""
    known = inputs_in(properties)
    names = {parameter: name for name, (parameter, _) in known.items()}
    problems: list[Diagnostic] = []
    changed: dict[str, Literal_] = {}
    for key, value in given.items():
        name = names.get(key, key)
        if name not in literals:
            problems.append(_unknown(key, {*(literals.keys() - known.keys()), *names}))
            continue
        try:
            if name in known:
                changed[name] = write(value, known[name][1])
                _check_shape(changed[name], literals[name], known[name][1])
            else:
                changed[name] = _scalar(value)
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


def _check_shape(value: Literal_, before: Any, kind: ParameterType) -> None:
    if kind == "json" and {type(json.loads(str(v))) for v in (value, before)} == {list, dict}:
        raise ValueError("Kedro puts no mapping in the place of a list, and no list in that of one")


def _unknown(key: str, known: Iterable[str]) -> Diagnostic:
    remedy = (
        f"{nearest(key, known)} A parameter becomes an input by 'compile --expose {key}', or by "
        "azure.job_inputs in azureml.yml."
    )
    return Diagnostic(
        "KAZ107", f"The job has no input '{key}' to set.", remedy.strip(), where=_OPTION
    )


def _scalar(given: Any) -> Literal_:
    """Return the value of an input whose type only the job's author knows; read it as YAML does."""
    value = load_yaml(given) if isinstance(given, str) else given
    return value if isinstance(value, str | bool | int | float) else str(given)
