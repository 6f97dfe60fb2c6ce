"""What a step of a sweep measured: datasets of the catalog that map names to numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_azureml.dataset_names import base_name
from kedro_azureml.datasets.location import Kind

# A vocabulary that maps words to counts is no set of metrics.
_MOST = 100


class SavedMetrics:
    """A Kedro hook that looks at what the nodes save.

    Args:
        kind_of: Tells how a dataset travels: what is only an object is in no catalog.

    Attributes:
        found: Name of each metric, ``DATASET.KEY``, to its value.
    """

    def __init__(self, kind_of: Callable[[str], Kind]) -> None:
        self._kind_of = kind_of
        self.found: dict[str, float] = {}

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Keep a flat mapping of numbers; anything else is no set of metrics."""
        if not isinstance(data, Mapping) or not 0 < len(data) <= _MOST:
            return
        if self._kind_of(dataset_name) == "object":
            return
        numbers = {f"{base_name(dataset_name)}.{key}": _number(data[key]) for key in data}
        if None not in numbers.values():
            self.found.update({name: n for name, n in numbers.items() if n is not None})


def _number(value: Any) -> float | None:
    """Return a number, also one of NumPy's; None for anything else."""
    if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
