"""The mark of a sharded node: one node over many machines, each with a share of the partitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from kedro_azureml.distributed.config import check_number
from kedro_azureml.distributed.marks import find_mark, mark
from kedro_azureml.distributed.shares import Balance

PARTITIONS = "partitions"
_Function = TypeVar("_Function", bound=Callable[..., Any])
_MARK = "__kedro_azureml_sharded__"


@dataclass(frozen=True)
class ShardingConfig:
    """How the partitions that a node reads are shared.

    Attributes:
        by: The node's input whose partitions are shared, as the node names it before any namespace
            is added; ``partitions`` is its only partitioned one.
        shards: How many steps the node becomes, at least 1, or the parameter that says it:
            ``params:shards``. None where `machines` says it.
        combine: What makes the node's output of the list of what each shard has returned; None
            where each shard returns partitions of its own.
        balance: None: a partition stays in its share whatever other partitions there are.
            ``size``: the shares are about equally large.
        machines: Likewise, how many machines one step has, each of which has a share.
    """

    by: str
    shards: int | str | None = None
    combine: Callable[[list[Any]], Any] | None = None
    balance: Balance | None = None
    machines: int | str | None = None

    def __post_init__(self) -> None:
        _check_name(self.by)
        if (self.shards is None) == (self.machines is None):
            raise TypeError("sharded: either shards or machines says how many shares there are")
        check_number("sharded", self.counted, self.number, at_least=1)
        if self.combine is not None and not callable(self.combine):
            raise TypeError(f"sharded: combine={self.combine!r} cannot be called")
        if self.balance is not None and self.balance not in get_args(Balance):
            raise ValueError(f"sharded: balance={self.balance!r} must be 'size' or left out")

    @property
    def counted(self) -> str:
        """What there are several of: ``shards`` or ``machines``."""
        return "shards" if self.machines is None else "machines"

    @property
    def number(self) -> int | str:
        """How many, or the parameter that says it."""
        number = self.shards if self.machines is None else self.machines
        assert number is not None  # noqa: S101 - one of them is there
        return number


def sharded(
    by: str = PARTITIONS,
    *,
    shards: int | str | None = None,
    machines: int | str | None = None,
    combine: Callable[[list[Any]], Any] | None = None,
    balance: Balance | None = None,
) -> Callable[[_Function], _Function]:
    """Make the node of a function several steps, each of which works on a share of the partitions.

    Or one step on several machines.

    The function that this returns is marked, the one that it is given is not, so other nodes may
    use that one whole. ``kedro run`` calls it once, with all partitions.

    Args:
        by: The input whose partitions are shared: its dataset's name as the node has it before any
            namespace is added. ``partitions`` stands for the only partitioned one.
        shards: How many steps, or the parameter that says how many: ``params:shards``.
        machines: Instead, how many machines one step has, likewise: each works on a share. They are
            there at the same time, and if one fails, all do.
        combine: A function of the list of what the shards have returned, in their order, that makes
            the node's output of it. Without one each shard returns partitions, and what reads the
            output sees all of them as one dataset.
        balance: ``size`` makes shares of about equal size. By default a partition is always in the
            same share, whatever other partitions there are.

    Raises:
        TypeError: An argument is of the wrong type, or what is decorated cannot be called.
        ValueError: The number is too small or names no parameter, `balance` is another, or the
            function is sharded already.
    """
    config = ShardingConfig(by, shards, combine, balance, machines)

    def decorate(function: _Function) -> _Function:
        if sharding_of(function) is not None:
            raise ValueError(f"sharded: {function!r} is sharded already")
        try:
            return mark(function, _MARK, config)
        except TypeError as error:
            raise TypeError(f"sharded: {error}") from None

    return decorate


def sharding_of(function: Callable[..., Any]) -> ShardingConfig | None:
    """Return what the decorator was given, or None if the node's function is not sharded.

    Sees through what `kedro_azureml.distributed.marks.find_mark` sees through.
    """
    return find_mark(function, _MARK, ShardingConfig)


def _check_name(by: object) -> None:
    if not isinstance(by, str) or not by:
        raise TypeError(f"sharded: by={by!r} must be '{PARTITIONS}' or name an input")
