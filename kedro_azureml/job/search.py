"""What a sweep step says of its trials: the values to try, which is best, and how many there are.

The SDK checks next to nothing of it (docs/architecture/azureml-capabilities.md, section 2), so the
models here do.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

SpaceType: TypeAlias = Literal[
    "choice",
    "randint",
    "uniform",
    "quniform",
    "loguniform",
    "qloguniform",
    "normal",
    "qnormal",
    "lognormal",
    "qlognormal",
]
# Each way to draw a value, and what it needs.
SPACES: Mapping[SpaceType, tuple[str, ...]] = {
    "choice": ("values",),
    "randint": ("upper",),
    "uniform": ("min_value", "max_value"),
    "quniform": ("min_value", "max_value", "q"),
    "loguniform": ("min_value", "max_value"),
    "qloguniform": ("min_value", "max_value", "q"),
    "normal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "lognormal": ("mu", "sigma"),
    "qlognormal": ("mu", "sigma", "q"),
}
Sampling: TypeAlias = Literal["grid", "random", "bayesian"]
# What each algorithm draws from, as Microsoft documents it (how-to-tune-hyperparameters).
SAMPLED_FROM: Mapping[Sampling, tuple[SpaceType, ...]] = {
    "grid": ("choice",),
    "random": tuple(SPACES),
    "bayesian": ("choice", "uniform", "quniform"),
}
# Azure ML takes the bounds of these as exponents of e.
EXPONENTS: Collection[SpaceType] = ("loguniform", "qloguniform")
# No draw of a normal distribution here, nor in NumPy, is as far from its mean, in sigmas.
_FARTHEST = 10
Goal: TypeAlias = Literal["maximize", "minimize"]
MAX_TRIALS = 1_000
Number: TypeAlias = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A part of a sweep step: immutable, strict about keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class SearchSpace(Part):
    """The values of one input; bounds of a ``log...`` are exponents of e."""

    type: SpaceType
    values: list[StrictStr | Number] | None = None
    upper: Annotated[StrictInt, Field(ge=1)] | None = None
    min_value: Number | None = None
    max_value: Number | None = None
    mu: Number | None = None
    sigma: Number | None = None
    q: Number | None = None

    @model_validator(mode="after")
    def _complete(self) -> SearchSpace:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        needed = ["type", *SPACES[self.type]]
        if set(given) != set(needed):
            raise ValueError(f"a space '{self.type}' has {', '.join(needed[1:])}")
        if self.values == []:
            raise ValueError("a choice needs values")
        if problem := problem_of_space(self):
            raise ValueError(problem)
        return self

    @property
    def size(self) -> float:
        """How many values there are."""
        if self.values is not None:
            return len(self.values)
        return self.upper if self.upper is not None else math.inf


def problem_of_space(space: SearchSpace) -> str | None:
    """Say what is wrong with the numbers of a space."""
    low, high, q = space.min_value, space.max_value, space.q
    if low is not None and high is not None and low >= high:
        return "the first bound must be less than the second"
    if space.sigma is not None and space.sigma <= 0:
        return "sigma must be greater than 0"
    if q is not None and q <= 0:
        return "q must be greater than 0"
    numbers = [getattr(space, name) for name in SPACES[space.type]]
    return None if space.values else problem_of_size(space.type, numbers)


def problem_of_size(kind: SpaceType, numbers: Sequence[float]) -> str | None:
    """Say so if a space gives values that are no numbers of a computer.

    Args:
        kind: Its type.
        numbers: In the order of `SPACES`, as a document has them.
    """
    try:
        first, *others = map(float, numbers)
        second = others[0] if others else 0.0
        step = others[1] if others[1:] else 1.0
        away = _FARTHEST * second
        ends = [first - away, first + away] if kind.endswith("normal") else [first, second]
        ends = list(map(math.exp, ends)) if "log" in kind else [*ends, ends[1] - ends[0]]
        fits = all(math.isfinite(end / step) and math.isfinite(abs(end) + step) for end in ends)
    except OverflowError:
        fits = False
    return None if fits else "its values do not fit into a computer's numbers"


def in_document(kind: SpaceType, numbers: Sequence[float]) -> list[float]:
    """Return the numbers of a space as Azure ML has them, from those that people write."""
    if kind in EXPONENTS:
        return [math.log(numbers[0]), math.log(numbers[1]), *numbers[2:]]
    return list(numbers)


class RandomSampling(Part):
    """Random values that are the same each time."""

    type: Literal["random"]
    seed: int | None = None
    rule: Literal["random", "sobol"] | None = None


def _in_short(value: Any) -> Any:
    """Return ``{type: grid}``, the other spelling that the SDK takes, as the word alone."""
    is_long = isinstance(value, Mapping) and set(value) == {"type"} and value["type"] != "random"
    return value["type"] if is_long else value


SamplingAlgorithm: TypeAlias = Annotated[Sampling | RandomSampling, BeforeValidator(_in_short)]


class Objective(Part):
    """Which trial is best: by a metric that each of them logs with MLflow."""

    goal: Goal
    primary_metric: Annotated[str, Field(min_length=1)]


class EarlyTermination(Part):
    """When Azure ML ends a trial that promises little; each logged value is an interval."""

    type: Literal["bandit", "median_stopping", "truncation_selection"]
    evaluation_interval: Annotated[int, Field(ge=0)] | None = None
    delay_evaluation: Annotated[int, Field(ge=0)] | None = None
    slack_factor: Annotated[FiniteFloat, Field(gt=0)] | None = None
    slack_amount: Annotated[FiniteFloat, Field(gt=0)] | None = None
    truncation_percentage: Annotated[int, Field(ge=1, le=99)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> EarlyTermination:
        if problem := problem_of_policy(vars(self)):
            raise ValueError(problem)
        return self


def problem_of_search(
    spaces: Mapping[str, SearchSpace],
    sampling: Sampling,
    inputs: Collection[str],
    bound: Collection[str],
) -> str | None:
    """Say what is wrong with a whole search.

    Args:
        spaces: By the inputs that are drawn.
        sampling: What draws.
        inputs: The inputs of the trial.
        bound: Those of the step, which are given to all trials.
    """
    for name, space in spaces.items():
        if name not in inputs or name in bound:
            return f"'{name}' must be an input of the trial, and none of the step"
        if space.type not in SAMPLED_FROM[sampling]:
            return f"'{sampling}' does not draw from '{space.type}', as '{name}' has it"
    return None


def problem_of_policy(policy: Mapping[str, Any]) -> str | None:
    """Say which keys a policy of early termination lacks, or has too many."""
    slacks = [key for key in ("slack_factor", "slack_amount") if policy.get(key) is not None]
    percentage = policy.get("truncation_percentage") is not None
    kind = policy["type"]
    if kind == "bandit" and len(slacks) != 1:
        return "a bandit has either slack_factor or slack_amount"
    if kind != "bandit" and slacks:
        return f"only a bandit has {slacks[0]}"
    if (kind == "truncation_selection") != percentage:
        return "a truncation_selection, and nothing else, has truncation_percentage"
    return None


def component_key(step: Mapping[str, Any]) -> str:
    """Return the key under which a step, as plain data, has its component."""
    return "trial" if step["type"] == "sweep" else "component"
