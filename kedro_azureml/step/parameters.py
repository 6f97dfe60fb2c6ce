"""Inputs of the job that are parameters, in the step that reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kedro_azureml.job.parameter_inputs import read
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.nested import laid_over, nested
from kedro_azureml.step.errors import StepError


def with_parameters(record: StepRecord) -> StepRecord:
    """Return the record of a step whose inputs have become runtime parameters.

    Args:
        record: The record, with the values of the inputs; ``--params`` are laid over them.

    Raises:
        StepError: A value is of another type than the input.
    """
    if not record.parameter_inputs:
        return record
    values: dict[str, Any] = {}
    for name, given in record.parameter_inputs.items():
        try:
            values[name] = read(given.value, given.type)
        except ValueError as error:
            raise StepError(
                f"The value of the job's input for the parameter '{name}' cannot be used: {error}. "
                "Run the job again with another one."
            ) from None
    parameters = laid_over(nested(values), record.parameters)
    return replace(record, parameters=parameters, parameter_inputs={})
