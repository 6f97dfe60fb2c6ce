"""Names that Kedro's nodes use for datasets and parameters."""

from __future__ import annotations

PARAMETERS = "parameters"
PARAMETER_PREFIX = "params:"


def base_name(dataset: str) -> str:
    """Return the dataset behind a transcoded name: ``table`` for ``table@pandas``."""
    return dataset.split("@", 1)[0]


def is_parameter(name: str) -> bool:
    """Tell whether a node's input is a parameter, or all of them, and no dataset."""
    return name == PARAMETERS or name.startswith(PARAMETER_PREFIX)


def parameter_key(name: str) -> str:
    """Return the key in parameters.yml: ``model.depth`` for ``params:model.depth``."""
    return name.removeprefix(PARAMETER_PREFIX)
