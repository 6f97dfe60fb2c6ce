"""Credentials of a file that stays with the submitter, whose secrets the step has by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.hooks import hook_impl

from kedro_azureml.secrets.step_secrets import CREDENTIALS_VARIABLE


class CarriedCredentials:
    """A Kedro hook that adds the credentials that no file of the step's holds.

    Args:
        environment: The step's variables.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: Any) -> None:
        """Put them into the configuration before any other hook reads it."""
        if CREDENTIALS_VARIABLE not in self._environment:
            return
        from kedro_azureml.step.secrets import credentials_of

        loader = context.config_loader
        try:
            own = dict(loader["credentials"] or {})
        except (MissingConfigException, KeyError):
            own = {}
        loader["credentials"] = {**credentials_of(self._environment), **own}
