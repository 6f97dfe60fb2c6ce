"""The mark: who bears it, who does not, and what it refuses."""

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.pipeline import Pipeline, node, pipeline

import kedro_azureml.distributed.config
import kedro_azureml.distributed.decorators
from kedro_azureml.distributed import Framework, distributed_job
from kedro_azureml.distributed.config import DistributedConfig
from kedro_azureml.distributed.decorators import distribution_of

two_nodes = distributed_job(Framework.PyTorch, num_nodes=2)


def train(table: str, epochs: int = 1) -> str:
    """Train."""
    return f"{table} {epochs}"


decorated = two_nodes(train)
EXPECTED = DistributedConfig(Framework.PyTorch, 2)


class Trainer:
    def fit(self, table: str) -> str:
        return f"fitted {table}"

    @two_nodes
    def fit_distributed(self, table: str) -> str:
        return f"fitted {table}"

    @staticmethod
    @two_nodes
    def static(table: str) -> str:
        return table

    @classmethod
    @two_nodes
    def of_class(cls, table: str) -> str:
        return table

    @two_nodes
    def __call__(self, table: str) -> str:
        return f"called with {table}"


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def test_the_wrapper_alone_is_marked() -> None:
    """field-defects: the decorator marks the original function."""
    assert distribution_of(decorated) == EXPECTED
    assert distribution_of(train) is None
    assert decorated("t", epochs=2) == train("t", epochs=2) == "t 2"
    assert inspect.signature(decorated) == inspect.signature(train)
    assert (decorated.__name__, decorated.__doc__) == ("train", "Train.")


def marked() -> Iterator[tuple[str, Callable[..., Any]]]:
    yield "partial", functools.partial(decorated, epochs=3)
    yield "partial of partial", functools.partial(functools.partial(decorated), epochs=3)
    yield "bound method", Trainer().fit_distributed
    yield "decorated bound method", two_nodes(Trainer().fit)
    yield "partial of a bound method", functools.partial(Trainer().fit_distributed)
    yield "static method", Trainer.static
    yield "class method", Trainer.of_class
    yield "callable object", Trainer()
    yield "partial of a callable object", functools.partial(Trainer())
    yield "decorated partial", two_nodes(functools.partial(train, epochs=3))
    yield "decorated lambda", two_nodes(lambda table: table)
    yield "under another decorator", logged(decorated)
    yield "under two others", logged(logged(decorated))
    yield "over another decorator", two_nodes(logged(train))
    yield "pickled", pickle.loads(pickle.dumps(decorated_again))
    yield "pickled by value", cloudpickle.loads(cloudpickle.dumps(logged(decorated)))


@two_nodes
def decorated_again(table: str) -> str:
    return table


@pytest.mark.parametrize("function", [pytest.param(f, id=name) for name, f in marked()])
def test_the_mark_is_kept(function: Callable[..., Any]) -> None:
    """field-defects: functools.partial loses the mark, and a bound method raises."""
    assert distribution_of(function) == EXPECTED
    assert "t" in function("t")
    wrapped = node(function, "table", "model", name="train")
    assert distribution_of(wrapped.func) == EXPECTED
    spaced = pipeline(Pipeline([wrapped]), namespace="eu", tags="big", inputs={"table"})
    assert [distribution_of(n.func) for n in spaced.nodes] == [EXPECTED]
    assert distribution_of(spaced.tag("x").nodes[0].func) == EXPECTED


def test_kedro_still_sees_a_generator() -> None:
    @two_nodes
    def chunks(number: int) -> Iterator[int]:
        yield from range(number)

    assert inspect.isgeneratorfunction(chunks)
    assert list(chunks(3)) == [0, 1, 2]


@pytest.mark.parametrize("function", [train, Trainer().fit, Trainer.fit, len, Trainer])
def test_what_is_not_decorated_has_no_mark(function: Callable[..., Any]) -> None:
    assert distribution_of(function) is None


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a keyword that does not exist": (
        lambda: distributed_job(Framework.MPI, num_nodes=2, process_per_node=2),  # type: ignore[call-arg]
        TypeError,
        "process_per_node",
    ),
    "no number of nodes": (lambda: distributed_job(Framework.MPI), TypeError, "num_nodes"),  # type: ignore[call-arg]
    "no parentheses": (lambda: distributed_job(train), TypeError, "num_nodes"),  # type: ignore[call-arg, arg-type]
    "a framework as text": (lambda: distributed_job("mpi", 2), TypeError, "Framework.MPI"),  # type: ignore[arg-type]
    "no node": (lambda: distributed_job(Framework.MPI, 0), ValueError, "at least 1"),
    "no process": (lambda: distributed_job(Framework.MPI, 1, 0), ValueError, "processes_per_node"),
    "half a node": (lambda: distributed_job(Framework.MPI, 2.5), TypeError, "whole number"),  # type: ignore[arg-type]
    "true nodes": (lambda: distributed_job(Framework.MPI, True), TypeError, "whole number"),
    "a parameter without its prefix": (
        lambda: distributed_job(Framework.MPI, "num_nodes"),
        ValueError,
        "'params:num_nodes'",
    ),
    "a parameter without a name": (
        lambda: distributed_job(Framework.MPI, "params:"),
        ValueError,
        "params:",
    ),
    "parameter servers of PyTorch": (
        lambda: distributed_job(Framework.PyTorch, 2, parameter_servers=1),
        ValueError,
        "PyTorch has none",
    ),
    "fewer than no parameter servers": (
        lambda: distributed_job(Framework.TensorFlow, 2, parameter_servers=-1),
        ValueError,
        "at least 0",
    ),
    "twice": (lambda: two_nodes(two_nodes(train)), ValueError, "already"),
    "twice by way of another": (lambda: two_nodes(logged(decorated)), ValueError, "already"),
    "what cannot be called": (lambda: two_nodes("train"), TypeError, "cannot be called"),  # type: ignore[type-var]
    "a property": (lambda: two_nodes(property(train)), TypeError, "cannot be called"),  # type: ignore[type-var]
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_refused_when_applied(name: str) -> None:
    """field-defects: a keyword typo is swallowed until run time."""
    use, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        use()


@given(st.sampled_from(Framework), st.integers(1), st.integers(1))
def test_every_positive_number_is_taken(framework: Framework, nodes: int, processes: int) -> None:
    found = distribution_of(distributed_job(framework, nodes, processes)(train))
    assert found == DistributedConfig(framework, nodes, processes)


def test_the_older_import_paths_and_spelling() -> None:
    assert kedro_azureml.distributed.decorators.distributed_job is distributed_job
    assert kedro_azureml.distributed.config.Framework is Framework
    older = distributed_job(Framework.TensorFlow, "params:nodes", None)(train)
    assert distribution_of(older) == DistributedConfig(Framework.TensorFlow, "params:nodes", 1)
