"""``tune`` of a job of azureml.yml: nodes that run once for each of several values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.diagnostics import nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job import parameter_inputs
from kedro_azureml.job.search import (
    EXPONENTS,
    MAX_TRIALS,
    SAMPLED_FROM,
    SPACES,
    Sampling,
    SpaceType,
    in_document,
    problem_of_policy,
    problem_of_size,
)

_CHOICE, _RANDINT = "choice", "randint"
_MADE_OF: Mapping[str, str] = {
    "uniform": "[0.1, 0.9]",
    "quniform": "[10, 100, 5]",
    "loguniform": "[0.0001, 0.1]",
    "qloguniform": "[16, 512, 16]",
    "normal": "[0, 1]",
    "qnormal": "[50, 10, 1]",
    "lognormal": "[0, 1]",
    "qlognormal": "[0, 1, 1]",
    _CHOICE: "[3, 5]",
    _RANDINT: "10",
}
# What MLflow takes for the name of a metric; its length is that of Azure ML's tables.
_METRIC = re.compile(r"[\w.:/ -]{1,250}", re.ASCII)


@dataclass(frozen=True)
class Space:
    """The values that a parameter takes in the trials.

    Attributes:
        type: How they are drawn, in Azure ML's words.
        values: Those of a choice, else the numbers in the order of `SPACES`.
    """

    type: SpaceType
    values: tuple[Any, ...]


def _space(value: Any) -> Space:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise values.BadValueError(
            f"{values.shown(value)} does not say how values are drawn.",
            "Expected one of the ways, such as {choice: [3, 5]} or {uniform: [0, 1]}.",
        )
    (way, drawn), *_ = value.items()
    if way not in SPACES:
        raise values.BadValueError(
            f"There is no way '{way}' to draw values.",
            nearest(str(way), SPACES) or f"Expected {listed(list(SPACES), 10)}.",
        )
    kind = cast(SpaceType, way)
    if kind == _CHOICE:
        return Space(kind, _choices(drawn))
    numbers = [drawn] if kind == _RANDINT else drawn
    if (
        not isinstance(numbers, list)
        or len(numbers) != len(SPACES[kind])
        or not all(map(_is_number, numbers))
    ):
        raise _bad_space(kind, drawn, f"it has {' and '.join(SPACES[kind])}")
    problem = _problem_of_numbers(kind, numbers)
    if problem := problem or problem_of_size(kind, in_document(kind, numbers)):
        raise _bad_space(kind, drawn, problem)
    return Space(kind, tuple(numbers))


def _choices(drawn: Any) -> tuple[Any, ...]:
    if not isinstance(drawn, list) or not drawn:
        raise _bad_space(_CHOICE, drawn, "it has a list of values")
    written = []
    for each in drawn:
        try:
            parameter_inputs.written(each, "json")
            # 1 and 1.0 are one trial: a choice among whole numbers and others has numbers.
            written.append(json.dumps(each, sort_keys=True).removesuffix(".0"))
        except (TypeError, ValueError):
            raise _bad_space(_CHOICE, each, "JSON cannot hold it") from None
    for number, each in enumerate(written):
        if each in written[:number]:
            raise _bad_space(_CHOICE, drawn[number], "it is there twice")
    return tuple(drawn)


def _is_number(value: Any) -> bool:
    is_finite = not isinstance(value, float) or math.isfinite(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and is_finite


def _problem_of_numbers(kind: SpaceType, numbers: list[float]) -> str | None:
    if kind == _RANDINT:
        whole = isinstance(numbers[0], int) and numbers[0] >= 1
        return None if whole else "it is a whole number, and the values are 0 to one less"
    first, second, *steps = numbers
    if kind.endswith("normal") and second <= 0:
        return "sigma is greater than 0"
    if kind.endswith("uniform") and first >= second:
        return "the first bound is less than the second"
    if kind in EXPONENTS and first <= 0:
        return "the bounds are the least and the greatest value, both greater than 0"
    return "q is greater than 0" if steps and steps[0] <= 0 else None


def _bad_space(kind: str, value: object, rule: str) -> values.BadValueError:
    message = f"{values.shown(value)} is nothing for '{kind}': {rule}."
    return values.BadValueError(message, f"Expected one as {{{kind}: {_MADE_OF[kind]}}}.")


def _metric(value: str) -> str:
    if _METRIC.fullmatch(value):
        return value
    raise values.BadValueError(
        f"{values.shown(value)} is no name of a metric.",
        "Use at most 250 letters, digits, '_', '-', '.', ':', '/' and spaces.",
    )


class ObjectiveConfig(Section):
    """Which trial is best."""

    metric: Annotated[Text, AfterValidator(_metric)] = Field(
        description="Metric that the nodes log with MLflow, such as "
        '`mlflow.log_metric("score", ...)`; the last value that a trial logs counts.'
    )
    goal: Literal["maximize", "minimize"] = Field(description="Which value of it is best.")


_Trials = Annotated[int, Field(strict=True, ge=1, le=MAX_TRIALS)]
_Seconds = Annotated[int, Field(strict=True, ge=1)]


class TuneLimitsConfig(Section):
    """How many trials there are."""

    max_total_trials: _Trials | None = Field(
        default=None,
        description=f"Trials at most, 1 to {MAX_TRIALS}. Left out, a grid has all combinations; "
        "any other sampling needs it.",
    )
    max_concurrent_trials: _Trials | None = Field(
        default=None, description="Trials at once; left out, all of them."
    )
    timeout: _Seconds | None = Field(
        default=None, description="Seconds after which Azure ML cancels the step with its trials."
    )
    trial_timeout: _Seconds | None = Field(
        default=None,
        description="Seconds after which Azure ML cancels a trial; otherwise the compute's "
        "`timeout`.",
    )


class EarlyTerminationConfig(Section):
    """When Azure ML ends a trial that promises little."""

    type: Literal["bandit", "median_stopping", "truncation_selection"] = Field(
        description="Azure ML's policy. A rehearsal ends no trial early."
    )
    evaluation_interval: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        default=None, description="After how many logged values of the metric it is applied."
    )
    delay_evaluation: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        default=None, description="How many logged values it leaves alone at first."
    )
    slack_factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Of a bandit: the distance from the best trial, as a ratio."
    )
    slack_amount: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Of a bandit: that distance itself."
    )
    truncation_percentage: Annotated[int, Field(strict=True, ge=1, le=99)] | None = Field(
        default=None,
        description="Of a truncation selection: how many of the trials end each time, in percent.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> EarlyTerminationConfig:
        if problem := problem_of_policy(vars(self)):
            raise values.BadValueError(
                f"The policy '{self.type}' is not complete, or has too much: {problem}.",
                "Correct its keys.",
            )
        return self


class TuneConfig(Section):
    """Nodes that run once for each of several values; what follows gets what the best made."""

    nodes: list[Text] = Field(
        default_factory=list, description="The nodes, by name; they share a step."
    )
    tags: list[Text] = Field(
        default_factory=list, description="Or the nodes with one of these tags."
    )
    namespace: Text | None = Field(default=None, description="Or the nodes of this namespace.")
    parameters: dict[Text, Annotated[Any, AfterValidator(_space)]] = Field(
        min_length=1,
        description="Parameters that these nodes read, and how their values are drawn: "
        "`model.depth: {choice: [3, 5]}`, `model.alpha: {uniform: [0, 1]}`.",
    )
    objective: ObjectiveConfig = Field(description="Which trial is best.")
    sampling: Sampling | None = Field(
        default=None,
        description="`grid` tries all combinations of choices; `random` draws; `bayesian` draws "
        "where it was good before. Otherwise `grid` if there are only choices, else `random`.",
    )
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] | None = Field(
        default=None, description="With `random`: draws the same values each time."
    )
    limits: TuneLimitsConfig = Field(
        default_factory=TuneLimitsConfig, description="How many trials there are."
    )
    early_termination: EarlyTerminationConfig | None = Field(
        default=None, description="When Azure ML ends a trial that promises little."
    )

    @property
    def spaces(self) -> dict[str, Space]:
        """How the values of each parameter are drawn."""
        return self.parameters

    @property
    def algorithm(self) -> Sampling:
        """What draws the values."""
        if self.sampling is not None:
            return self.sampling
        only_choices = all(space.type == _CHOICE for space in self.spaces.values())
        return "grid" if only_choices else "random"

    @property
    def combinations(self) -> int | None:
        """How many a grid has; None for another sampling."""
        if self.algorithm != "grid":
            return None
        return math.prod(len(space.values) for space in self.spaces.values())

    @property
    def max_total_trials(self) -> int:
        """How many trials there are at most."""
        return self.limits.max_total_trials or self.combinations or 1

    @model_validator(mode="after")
    def _consistent(self) -> TuneConfig:
        ways = [bool(self.nodes), bool(self.tags), self.namespace is not None]
        if sum(ways) != 1:
            raise values.BadValueError(
                "The nodes to tune are named in several ways."
                if any(ways)
                else "The nodes to tune are not named.",
                "Write one of 'nodes', 'tags' and 'namespace'.",
            )
        for name, space in self.spaces.items():
            drawn = SAMPLED_FROM[self.algorithm]
            if space.type not in drawn:
                raise values.BadValueError(
                    f"The sampling '{self.algorithm}' does not draw from '{space.type}', as "
                    f"'{name}' has it.",
                    f"Let it draw from {listed(list(drawn))}, or write 'sampling: random'.",
                )
        if self.seed is not None and self.algorithm != "random":
            raise values.BadValueError(
                f"The sampling '{self.algorithm}' has no seed.", "Leave the seed out."
            )
        self._check_number()
        return self

    def _check_number(self) -> None:
        limit, combinations = self.limits.max_total_trials, self.combinations
        if limit is None and combinations is None:
            raise values.BadValueError(
                f"'limits.max_total_trials' is missing: '{self.algorithm}' knows no end.",
                "Write how many trials there are, such as limits: {max_total_trials: 20}.",
            )
        if limit is None and (combinations or 0) > MAX_TRIALS:
            raise values.BadValueError(
                f"The grid has {combinations} combinations, and Azure ML makes at most "
                f"{MAX_TRIALS} trials.",
                "Choose from fewer values, or write 'sampling: random' and a limit.",
            )
