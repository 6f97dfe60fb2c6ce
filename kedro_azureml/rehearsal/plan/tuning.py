"""The trials of a sweep step that are rehearsed, and what Azure ML does differently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kedro_azureml.job.expressions import input_expression, render_literal
from kedro_azureml.job.model import SweepStep
from kedro_azureml.job.parameter_inputs import ParameterType, read
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.rehearsal.plan.draw import drawn_values
from kedro_azureml.rehearsal.plan.model import PlannedTrial, PlannedTuning


def planned_tuning(
    name: str, step: SweepStep, record: StepRecord | None, most: int
) -> PlannedTuning:
    """Draw the values of a sweep step's trials.

    Args:
        name: The step.
        step: What the document says of it.
        record: What its command says, if it runs a step of this package.
        most: How many trials are run at most.
    """
    drawn = drawn_values(step, most)
    trials = []
    for number, values in enumerate(drawn):
        texts = {key: render_literal(value) for key, value in values.items()}
        trials.append(PlannedTrial(number, texts, _for_people(texts, record)))
    limits = step.limits
    return PlannedTuning(
        metric=step.objective.primary_metric,
        goal=step.objective.goal,
        trials=tuple(trials),
        at_once=limits.max_concurrent_trials,
        trial_timeout=limits.trial_timeout,
        notices=tuple(_notices(name, step, len(trials))),
    )


def _for_people(texts: Mapping[str, str], record: StepRecord | None) -> dict[str, str]:
    """Return the values by the names of the parameters, where the command tells them."""
    inputs = record.parameter_inputs if record else {}
    known = {given.value: (parameter, given.type) for parameter, given in inputs.items()}
    shown = {}
    for key, text in texts.items():
        parameter, kind = known.get(input_expression(key), (key, "string"))
        shown[parameter] = _as_written(text, kind)
    return shown


def _as_written(text: str, kind: ParameterType) -> str:
    """Return a value without what only keeps it whole on the way: quotation marks, escapes."""
    try:
        if kind == "string":
            return str(read(text, kind))
        return json.dumps(read(text, kind), ensure_ascii=False) if kind == "json" else text
    except ValueError:
        # Somebody has changed the document: the trial will say so.
        return text


def _notices(name: str, step: SweepStep, trials: int) -> Iterator[str]:
    if trials < step.trials:
        yield (
            f"'{name}' has up to {step.trials} trials; {trials} of them are rehearsed "
            "(--max-trials N)."
        )
    if step.sampling == "bayesian":
        yield f"'{name}': bayesian sampling is rehearsed as random sampling."
    elif step.sampling == "random":
        yield f"'{name}': the values are drawn here; Azure ML draws others."
    if step.early_termination is not None:
        yield (
            f"'{name}': Azure ML may end trials early ({step.early_termination.type}); here each "
            "runs to its end."
        )
