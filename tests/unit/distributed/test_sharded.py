"""The mark of a sharded node: who bears it, and what it refuses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import cloudpickle
import pytest

from kedro_azureml.distributed import Framework, distributed_job, sharded
from kedro_azureml.distributed.decorators import distribution_of
from kedro_azureml.distributed.sharding import ShardingConfig, sharding_of


def clean(parts: dict[str, Any]) -> dict[str, Any]:
    """Clean."""
    return parts


decorated = sharded(shards=3)(clean)
EXPECTED = ShardingConfig("partitions", 3)


@pytest.mark.parametrize(
    "function",
    [
        decorated,
        functools.partial(decorated, {}),
        functools.wraps(decorated)(lambda parts: decorated(parts)),
        cloudpickle.loads(cloudpickle.dumps(decorated)),
    ],
)
def test_the_mark_is_found(function: Callable[..., Any]) -> None:
    assert sharding_of(function) == EXPECTED
    assert distribution_of(function) is None


def test_the_function_itself_is_as_it_was() -> None:
    assert decorated({"a": 1}) == {"a": 1}
    assert (decorated.__name__, decorated.__doc__) == ("clean", "Clean.")
    assert sharding_of(clean) is None


def test_both_marks_are_found() -> None:
    """The compiler says that they do not go together."""
    both = distributed_job(Framework.MPI, 2)(decorated)
    assert sharding_of(both) == EXPECTED
    assert distribution_of(both) is not None


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no shards": (lambda: sharded(shards=0), ValueError, "shards=0 must be at least 1"),
    "a truth": (lambda: sharded(shards=True), TypeError, "must be a whole number"),
    "a text": (lambda: sharded(shards="8"), ValueError, "such as 'params:shards'"),
    "no name": (lambda: sharded(by="", shards=2), TypeError, "name an input"),
    "a function in its place": (lambda: sharded(clean, shards=2), TypeError, "name an"),  # type: ignore[arg-type]
    "combine": (lambda: sharded(shards=2, combine="x"), TypeError, "cannot be called"),  # type: ignore[arg-type]
    "balance": (lambda: sharded(shards=2, balance="y"), ValueError, "'size'"),  # type: ignore[arg-type]
    "neither": (lambda: sharded(), TypeError, "either shards or machines"),
    "both": (lambda: sharded(shards=2, machines=2), TypeError, "either shards or machines"),
    "machines": (lambda: sharded(machines=0), ValueError, "machines=0 must be at least 1"),
    "twice": (lambda: sharded(shards=2)(decorated), ValueError, "sharded already"),
    "what cannot be called": (lambda: sharded(shards=2)("x"), TypeError, "cannot be called"),  # type: ignore[type-var]
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str) -> None:
    make, kind, text = WRONG[name]
    with pytest.raises(kind, match=text):
        make()
