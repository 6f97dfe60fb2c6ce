"""Notices what a hook saves between nodes, and what another step would therefore not get."""

from __future__ import annotations

import inspect
import os
from collections.abc import Collection
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import SharedMemoryDataCatalog

from kedro_azureml.dataset_names import is_parameter
from kedro_azureml.datasets.location import is_memory
from kedro_azureml.datasets.rebuild import config_of
from kedro_azureml.step.errors import StepError

# For a project whose hooks keep notes in the catalog that no node reads.
ALLOW_VARIABLE = "KEDRO_AZUREML_ALLOW_STRAY_SAVES"


class StraySaves:
    """A Kedro hook that ends a step in which something saved what is no output of its nodes.

    Only data in memory counts: files that lie elsewhere are every step's to read. What hooks put
    there before the first node runs, they put there in each step.

    Args:
        outputs: The outputs of the step's nodes.
    """

    def __init__(self, outputs: Collection[str]) -> None:
        self._outputs = outputs
        self._parameters: dict[str, Any] = {}
        self._strays: dict[str, None] = {}
        self._catalog: Any = None

    @hook_impl(trylast=True)
    def before_pipeline_run(self, catalog: Any) -> None:
        """Remember the parameters, and watch what is saved from now on."""
        self._catalog = catalog
        self._parameters = {
            name: _held(catalog, name)
            for name in catalog.keys()  # noqa: SIM118 - a catalog is no dictionary
            if is_parameter(name)
        }
        save = catalog.save
        signature = inspect.signature(save)

        def watched(*arguments: Any, **options: Any) -> Any:
            name = next(iter(signature.bind(*arguments, **options).arguments.values()))
            if name not in self._outputs and not is_parameter(name) and self._is_in_memory(name):
                self._strays[name] = None
            return save(*arguments, **options)

        # A runner of several processes pickles its catalog, and saves in these.
        if not isinstance(catalog, SharedMemoryDataCatalog):
            # Not of the class: another catalog of it is none of this step's.
            catalog.save = watched

    def check(self) -> None:
        """End the step if something was saved that no later step gets.

        Raises:
            StepError: It names what was saved, and the grouping that works.
        """
        if self._catalog is None or os.environ.get(ALLOW_VARIABLE):
            return
        changed = (n for n, before in self._parameters.items() if self._has_changed(n, before))
        names = [*self._strays, *changed]
        if names:
            raise StepError(
                f"a hook saved '{names[0]}' between the nodes, which is no output of this step's "
                "nodes: `kedro run` hands it to the nodes that follow, a job does not, because "
                "each step has a process of its own. Let a node return it, or let the nodes share "
                f"a step: --group-by pipeline. If no node reads it, set {ALLOW_VARIABLE}=1 with "
                "--env-var."
            )

    def _is_in_memory(self, name: str) -> bool:
        dataset = self._catalog.get(name)
        return dataset is not None and is_memory(config_of(dataset) or {"type": type(dataset)})

    def _has_changed(self, name: str, before: Any) -> bool:
        after = _held(self._catalog, name)
        # An object that is still the same need not be equal to itself, as NaN is not.
        if after is before:
            return False
        try:
            return bool(after != before)
        except Exception:
            # An array, say, which has no one truth.
            return True


def _held(catalog: Any, name: str) -> Any:
    """Return the object that a parameter's dataset holds, of which every load is a copy."""
    dataset = catalog.get(name)
    return getattr(dataset, "_data", dataset)
