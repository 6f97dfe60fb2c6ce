"""The tuned parameters as inputs of the trials: their types, and the values to draw from."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from kedro_azureml.compiler.data.parameter_inputs import (
    input_names,
    parameters_overlap,
    parameters_read_by,
    sees_parameter,
)
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.config.models.tune import Space, TuneConfig
from kedro_azureml.dataset_names import PARAMETER_PREFIX, PARAMETERS, parameter_key
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.parameter_inputs import ParameterType, component_type, type_of, written
from kedro_azureml.job.search import SPACES, SearchSpace
from kedro_azureml.project.catalog import CatalogView
from kedro_azureml.secrets.references import secrets_in

_EXPONENTS = ("loguniform", "qloguniform")
_SHOWN = 4


@dataclass(frozen=True)
class TunedParameter:
    """A parameter whose value is drawn for each trial.

    Attributes:
        parameter: Its dotted name.
        name: The input of the trial.
        type: What its values are.
        input_type: What the trial's component says of the input.
        space: What Azure ML draws from.
    """

    parameter: str
    name: str
    type: ParameterType
    input_type: Literal["integer", "number", "boolean", "string"]
    space: SearchSpace


def tuned_parameters(tune: TuneConfig, taken: Collection[str]) -> list[TunedParameter]:
    """Return the tuned parameters.

    Args:
        tune: What azureml.yml says.
        taken: The names of the step's other inputs and outputs.
    """
    names = input_names(tune.spaces, taken)
    return [_tuned(name, names[name], space) for name, space in tune.spaces.items()]


def _tuned(parameter: str, name: str, space: Space) -> TunedParameter:
    if space.type == "choice":
        kind = _kind_of(space.values)
        values = [_choice(value, kind) for value in space.values]
        drawn = SearchSpace(type="choice", values=values)
        return TunedParameter(parameter, name, kind, component_type(kind), drawn)
    if space.type == "randint":
        drawn = SearchSpace(type="randint", upper=space.values[0])
        return TunedParameter(parameter, name, "integer", "integer", drawn)
    numbers = list(space.values)
    if space.type in _EXPONENTS:
        numbers[:2] = map(math.log, numbers[:2])
    drawn = SearchSpace.model_validate(
        {"type": space.type, **dict(zip(SPACES[space.type], numbers, strict=True))}
    )
    # How the service writes 3.0 is not documented: the input takes any number.
    whole = drawn.q is not None and isinstance(drawn.q, int)
    return TunedParameter(parameter, name, "integer" if whole else "number", "number", drawn)


def _kind_of(values: Iterable[Any]) -> ParameterType:
    kinds = {type_of(value) for value in values}
    if len(kinds) == 1:
        return kinds.pop()
    return "number" if kinds == {"integer", "number"} else "json"


def _choice(value: Any, kind: ParameterType) -> str | int | float:
    text = written(value, kind)
    # The SDK takes no truth values among choices.
    return str(text).lower() if isinstance(text, bool) else text


def check_tuned_parameters(
    tune: TuneConfig,
    step: str,
    groups: Iterable[Group],
    catalog: CatalogView,
    inputs_of_job: Collection[str],
    place: Callable[..., str],
) -> Iterator[Diagnostic]:
    """Report KAZ272 for parameters that cannot be tuned, KAZ273 for those that others read too.

    Args:
        tune: What azureml.yml says.
        step: The tuned step.
        groups: The nodes of each step.
        catalog: Where the parameters' values are.
        inputs_of_job: The parameters that are inputs of the job.
        place: Gives the place of a key of the section, for findings.
    """
    readers = {group.name: set(parameters_read_by(group.nodes)) for group in groups}
    known = {parameter_key(name) for name in catalog.parameters if name != PARAMETERS}
    earlier: list[str] = []
    for name in tune.spaces:
        problem = _problem(name, readers[step], known, catalog, {*inputs_of_job, *earlier})
        earlier.append(name)
        if problem is not None:
            message, remedy = problem
            message = f"The parameter '{name}' cannot be tuned. {message}"
            yield Diagnostic("KAZ272", message, remedy, where=place("parameters", name))
            continue
        others = [
            other for other, read in readers.items() if other != step and sees_parameter(read, name)
        ]
        if others:
            yield Diagnostic(
                "KAZ273",
                f"{listed(others, _SHOWN)} read{'s' if len(others) == 1 else ''} '{name}' too, and "
                "get the value of parameters.yml, not that of the best trial.",
                "Let the tuned nodes return what later nodes need of it, or tune those nodes too.",
                severity="warning",
                where=place("parameters", name),
            )


def _problem(
    name: str,
    read: Collection[str],
    known: Collection[str],
    catalog: CatalogView,
    others: Iterable[str],
) -> tuple[str, str] | None:
    if name not in known:
        return "It does not exist.", nearest(name, known)
    if not sees_parameter(read, name):
        named = nearest(name, {each for each in read if each != PARAMETERS})
        return "The tuned nodes do not read it.", named or "Tune one that they read."
    for other in others:
        if parameters_overlap(name, other):
            return (
                f"'{other}' is an input of the job or tuned already, and one holds the other.",
                "Keep one of them.",
            )
    if secret := next(secrets_in(catalog.parameter(f"{PARAMETER_PREFIX}{name}")), None):
        return f"It holds the secret '{secret}'.", "Tune another one."
    return None
