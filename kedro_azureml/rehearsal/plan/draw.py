"""The values that the trials of a sweep step take in a rehearsal.

A grid is exact: every combination, the last input changing fastest. Anything else is drawn at
random, the same values each time; Azure ML draws others, and promises none.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import islice, product

from kedro_azureml.job.model import SweepStep
from kedro_azureml.job.search import RandomSampling, SearchSpace

Value = str | int | float
# Of a document that names none.
DEFAULT_SEED = 0


def drawn_values(step: SweepStep, most: int) -> list[dict[str, Value]]:
    """Return the values of each trial, by the names of the inputs.

    Args:
        step: The sweep step.
        most: How many trials there are at most.
    """
    number = min(step.trials, most)
    spaces = step.search_space
    if step.sampling == "grid":
        combinations = product(*(space.values or () for space in spaces.values()))
        return [dict(zip(spaces, each, strict=True)) for each in islice(combinations, number)]
    algorithm = step.sampling_algorithm
    seed = algorithm.seed if isinstance(algorithm, RandomSampling) else None
    source = random.Random(DEFAULT_SEED if seed is None else seed)  # noqa: S311 - no secret
    return [{name: _draw(source, space) for name, space in spaces.items()} for _ in range(number)]


def _draw(source: random.Random, space: SearchSpace) -> Value:
    """Draw one value."""
    if space.values is not None:
        return source.choice(space.values)
    if space.upper is not None:
        return source.randrange(space.upper)
    numbers = [space.min_value, space.max_value, space.mu, space.sigma]
    value = _DRAWS[space.type.removeprefix("q")](source, [n for n in numbers if n is not None])
    return value if space.q is None else round(value / space.q) * space.q


_DRAWS: Mapping[str, Callable[[random.Random, Sequence[float]], float]] = {
    "uniform": lambda source, numbers: source.uniform(*numbers),
    "loguniform": lambda source, numbers: math.exp(source.uniform(*numbers)),
    "normal": lambda source, numbers: source.gauss(*numbers),
    "lognormal": lambda source, numbers: math.exp(source.gauss(*numbers)),
}
