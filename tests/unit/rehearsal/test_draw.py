"""The values that trials get in a rehearsal."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from kedro_azureml.job.model import Component, Input, SweepLimits, SweepStep
from kedro_azureml.job.parameter_inputs import ParameterInput, ParameterType
from kedro_azureml.job.run.model import RunStatus, RunTrial, RunTuning
from kedro_azureml.job.search import SPACES as NUMBERS
from kedro_azureml.job.search import Objective, SearchSpace
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.rehearsal.plan.draw import Value, drawn_values
from kedro_azureml.rehearsal.plan.tuning import planned_tuning
from kedro_azureml.rehearsal.trials.results import best_trial


def sweep(spaces: dict[str, Any], algorithm: Any = "random", trials: int = 20) -> SweepStep:
    return SweepStep(
        trial=Component(command="true", inputs={name: Input(type="number") for name in spaces}),
        sampling_algorithm=algorithm,
        search_space={name: SearchSpace.model_validate(space) for name, space in spaces.items()},
        objective=Objective(goal="maximize", primary_metric="m"),
        limits=SweepLimits(max_total_trials=trials),
    )


def test_a_grid_is_every_combination() -> None:
    spaces = {
        "a": {"type": "choice", "values": [1, 2]},
        "b": {"type": "choice", "values": ["x", "y", "z"]},
    }
    drawn = drawn_values(sweep(spaces, "grid"), 50)
    assert drawn[:4] == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 1, "b": "z"},
        {"a": 2, "b": "x"},
    ]
    assert len(drawn) == 6
    assert drawn_values(sweep(spaces, "grid", 4), 50) == drawn[:4]
    assert drawn_values(sweep(spaces, "grid", 4), 3) == drawn[:3]


SPACE_NUMBERS = {str(kind): names for kind, names in NUMBERS.items() if kind != "choice"}
SPACES: list[tuple[dict[str, Any], Any]] = [
    ({"type": "choice", "values": [3, 5]}, lambda v: v in (3, 5)),
    ({"type": "randint", "upper": 3}, lambda v: v in (0, 1, 2)),
    ({"type": "uniform", "min_value": 2, "max_value": 3}, lambda v: 2 <= v <= 3),
    ({"type": "quniform", "min_value": 0, "max_value": 10, "q": 5}, lambda v: v in (0, 5, 10)),
    (
        {"type": "loguniform", "min_value": -2, "max_value": 1},
        lambda v: math.exp(-2) <= v <= math.e,
    ),
    ({"type": "qloguniform", "min_value": 0, "max_value": 5, "q": 2}, lambda v: v % 2 == 0),
    ({"type": "normal", "mu": 0, "sigma": 1}, math.isfinite),
    ({"type": "qnormal", "mu": 0, "sigma": 9, "q": 3}, lambda v: v % 3 == 0),
    ({"type": "lognormal", "mu": 0, "sigma": 1}, lambda v: v > 0),
    ({"type": "qlognormal", "mu": 3, "sigma": 1, "q": 2}, lambda v: v % 2 == 0),
]


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers()


@given(st.sampled_from(list(SPACE_NUMBERS)), st.lists(_NUMBERS, min_size=3, max_size=3))
@example("loguniform", [1, 1000, 1])
@example("lognormal", [0, 1000, 1])
@example("normal", [10**400, 1, 1])
@example("quniform", [0, 1, 1e-320])
@example("uniform", [-1.7e308, 1.7e308, 1])
def test_what_is_drawn_is_a_number(kind: str, numbers: list[float]) -> None:
    """A space gives numbers, or is refused as one of a file that somebody wrote."""
    names = SPACE_NUMBERS[kind]
    try:
        step = sweep({"a": {"type": kind, **dict(zip(names, numbers, strict=False))}})
    except ValidationError:
        return
    for drawn in drawn_values(step, 20):
        assert isinstance(drawn["a"], int | float)
        assert math.isfinite(drawn["a"])


@pytest.mark.parametrize(("space", "fits"), SPACES, ids=[s["type"] for s, _ in SPACES])
def test_what_is_drawn_fits_and_is_the_same_each_time(space: dict[str, Any], fits: Any) -> None:
    drawn: list[Value] = [v["a"] for v in drawn_values(sweep({"a": space}), 50)]
    assert len(drawn) == 20
    assert all(map(fits, drawn)), drawn
    again = [v["a"] for v in drawn_values(sweep({"a": space}), 5)]
    # Fewer trials are the first ones.
    assert again == drawn[:5]


def test_a_seed_draws_other_values() -> None:
    space = {"a": {"type": "uniform", "min_value": 0, "max_value": 1}}
    seeded = drawn_values(sweep(space, {"type": "random", "seed": 7}), 50)
    assert seeded == drawn_values(sweep(space, {"type": "random", "seed": 7}), 50)
    assert seeded != drawn_values(sweep(space), 50)


@given(st.lists(st.one_of(st.none(), st.floats(-10, 10)), max_size=8), st.booleans())
def test_the_first_of_the_best_wins(metrics: list[float | None], maximize: bool) -> None:
    status: list[RunStatus] = ["Completed"] * len(metrics)
    trials = tuple(
        RunTrial(str(n), s, metric=m) for n, (s, m) in enumerate(zip(status, metrics, strict=True))
    )
    best = best_trial(RunTuning("m", "maximize" if maximize else "minimize", trials))
    logged = [m for m in metrics if m is not None]
    if not logged:
        assert best is None
    else:
        wanted = max(logged) if maximize else min(logged)
        assert best == metrics.index(wanted)


def test_a_trial_that_failed_does_not_win() -> None:
    trials = (RunTrial("0", "Failed", metric=9.0), RunTrial("1", "Completed", metric=1.0))
    assert best_trial(RunTuning("m", "maximize", trials)) == 1


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("string", r'"it\u0027s \u0024HOME"', "it's $HOME"),
        ("json", r'{"a": "\u00fc\u0024"}', '{"a": "ü$"}'),
        ("number", "0.5", "0.5"),
        ("string", '"no end', '"no end'),
        ("json", "{", "{"),
    ],
)
def test_values_are_shown_as_people_write_them(kind: ParameterType, text: str, shown: str) -> None:
    """The document is a file that somebody may have changed."""
    step = sweep({"a": {"type": "choice", "values": [text]}}, "grid")
    inputs = {"model.a": ParameterInput(kind, "${{inputs.a}}")}
    record = StepRecord("p", ("n",), parameter_inputs=inputs)
    (trial,) = planned_tuning("train", step, record, 5).trials
    assert trial.parameters == {"model.a": shown}
