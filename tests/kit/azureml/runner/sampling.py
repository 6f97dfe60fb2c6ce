"""The values that the trials of a sweep try.

A grid is every combination of its choices, the last one changing fastest. Random values are drawn
with the seed of the sampling algorithm; what the service calls bayesian is drawn at random here.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

_DRAWS: dict[str, Callable[[random.Random, Mapping[str, Any]], Any]] = {
    "choice": lambda r, s: r.choice(s["values"]),
    "randint": lambda r, s: r.randrange(int(s["upper"])),
    "uniform": lambda r, s: r.uniform(s["min_value"], s["max_value"]),
    "quniform": lambda r, s: round(r.uniform(s["min_value"], s["max_value"]) / s["q"]) * s["q"],
    "loguniform": lambda r, s: math.exp(r.uniform(s["min_value"], s["max_value"])),
    "normal": lambda r, s: r.gauss(s["mu"], s["sigma"]),
}
MOST_TRIALS = 1000


def algorithm_of(sweep: Mapping[str, Any]) -> str:
    """``grid``, ``random`` or ``bayesian``; empty if there is none."""
    found = sweep.get("sampling_algorithm")
    name = found.get("type") if isinstance(found, Mapping) else found
    return str(name or "").lower()


def problem_of_sweep(sweep: Mapping[str, Any], inputs: Mapping[str, Any]) -> str | None:
    """What the service finds wrong with a sweep; the client has not looked.

    Args:
        sweep: The step.
        inputs: The inputs of the component that its trials run.
    """
    algorithm, space = algorithm_of(sweep), sweep.get("search_space") or {}
    if algorithm not in ("grid", "random", "bayesian"):
        return f"The sampling algorithm '{algorithm}' is not valid."
    trials = int((sweep.get("limits") or {}).get("max_total_trials") or 0)
    if not 1 <= trials <= MOST_TRIALS:
        return f"max_total_trials must be between 1 and {MOST_TRIALS}, and not {trials}."
    for name, distribution in space.items():
        kind = str(distribution["type"])
        if name not in inputs:
            return f"The search space has '{name}', which is no input of the trial."
        if kind not in _DRAWS:
            return f"The distribution {kind} of '{name}' is not known."
        if algorithm == "grid" and kind != "choice":
            return f"Grid sampling allows choice only, and '{name}' is {kind}."
        if algorithm == "bayesian" and kind not in ("choice", "uniform", "quniform"):
            return f"Bayesian sampling does not allow {kind}, as '{name}' is."
        if kind == "choice" and not distribution.get("values"):
            return f"The choice of '{name}' has no values."
    return None


def samples(sweep: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of each trial, by the names of the inputs."""
    space: Mapping[str, Mapping[str, Any]] = sweep.get("search_space") or {}
    most = int(sweep["limits"]["max_total_trials"])
    if algorithm_of(sweep) == "grid":
        combinations = product(*(s["values"] for s in space.values()))
        return [dict(zip(space, values, strict=True)) for values in combinations][:most]
    algorithm = sweep["sampling_algorithm"]
    seed = algorithm.get("seed") if isinstance(algorithm, Mapping) else None
    source = random.Random(seed)
    return [{n: _DRAWS[str(s["type"])](source, s) for n, s in space.items()} for _ in range(most)]
