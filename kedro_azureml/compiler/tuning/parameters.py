"""The tuned parameters as inputs of the trials: their types, and the values to draw from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from kedro_azureml.compiler.data.parameter_inputs import input_names
from kedro_azureml.config.models.tune import Space, TuneConfig
from kedro_azureml.job.parameter_inputs import ParameterType, component_type, type_of, written
from kedro_azureml.job.search import SPACES, SearchSpace, in_document


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
    numbers = in_document(space.type, space.values)
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
