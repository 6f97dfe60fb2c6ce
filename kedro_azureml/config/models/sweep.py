"""``azure.jobs.<name>.sweep`` of azureml.yml: a job over many values of its parameters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator, model_validator

from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.config.models.values import BadValueError, shown
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.parameter_inputs import written

_EXAMPLE = "Write 'model.alpha: [0.1, 0.2]'."


class SweepConfig(Section):
    """The values of some parameters: one job runs what depends on them for each combination."""

    parameters: dict[Text, list[Any]] = Field(
        description="Each parameter, by its dotted name, and its values: of any types that JSON "
        "has."
    )
    zip: bool = Field(
        default=False,
        description="Take the first value of each parameter together, then the second ones, and "
        "so on, instead of all combinations.",
    )
    max_concurrent: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        default=None, description="How many combinations may run at once; all of them by default."
    )

    @classmethod
    def read(cls, content: Mapping[str, Any], where: str) -> SweepConfig:
        """Make a sweep of what a command line or a caller gives.

        Raises:
            DiagnosticError: KAZ261.
        """
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            own = first.get("ctx", {}).get("error")
            name = shown(first["loc"][-1] if first["loc"] else "the sweep")
            message, remedy = f"{name}: {first['msg']}.", _EXAMPLE
            if isinstance(own, BadValueError):
                message, remedy = own.message, own.remedy
            raise DiagnosticError(Diagnostic("KAZ261", message, remedy, where=where)) from None

    @field_validator("parameters")
    @classmethod
    def _has_values(cls, value: dict[str, list[Any]]) -> dict[str, list[Any]]:
        if not value:
            raise BadValueError("No parameter is named.", _EXAMPLE)
        for name, given in value.items():
            _check_values(name, given)
        for one, other in itertools.permutations(value, 2):
            if other.startswith(f"{one}."):
                raise BadValueError(
                    f"'{other}' is a part of '{one}', and both have values.", "Keep one of them."
                )
        return value

    @model_validator(mode="after")
    def _is_of_one_length(self) -> SweepConfig:
        lengths = {name: len(values) for name, values in self.parameters.items()}
        if self.zip and len(set(lengths.values())) > 1:
            counts = ", ".join(f"'{name}' {n}" for name, n in lengths.items())
            raise BadValueError(
                f"The parameters have different numbers of values: {counts}.",
                "Give each as many, or leave 'zip' out to have all combinations.",
            )
        return self


def _check_values(name: str, given: list[Any]) -> None:
    if not all(name.split(".")):
        raise BadValueError(
            f"{shown(name)} is no parameter's name.", "Write it as in 'model.alpha'."
        )
    if not given:
        raise BadValueError(f"'{name}' has no values.", "Give it at least one.")
    for value in given:
        try:
            written(value, "json")
        except (TypeError, ValueError):
            what = "no number of JSON" if _is_no_number(value) else f"a {type(value).__name__}"
            raise BadValueError(
                f"'{name}' has the value {shown(value)}, which is {what}.",
                "Give values that JSON can hold; quote a date.",
            ) from None


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
