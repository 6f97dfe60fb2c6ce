"""The configuration behind a dataset object, for objects that a hook put into a catalog.

The only place that uses Kedro's private ``AbstractDataset._init_config``: there is no public way
(docs/architecture/kedro-facts.md#traps). tests/unit/datasets/test_rebuild.py holds the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any


def config_of(dataset: Any) -> dict[str, Any] | None:
    """Return a configuration that rebuilds the object, or None where Kedro cannot tell."""
    try:
        config = dataset._init_config()  # noqa: SLF001
        parameters = list(signature(type(dataset).__init__).parameters.values())
    except Exception:
        return None
    if not isinstance(config, Mapping) or "type" not in config:
        return None
    flat = dict(config)
    names = {parameter.name for parameter in parameters}
    packed = [p.name for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    # A class without an __init__ of its own inherits Kedro's wrapper, which takes *args, **kwargs.
    packed += [name for name in ("args", "kwargs") if name not in names]
    for name in packed:
        value = flat.pop(name, None)
        if isinstance(value, Mapping):
            flat.update(value)
        elif value:
            return None
    return flat
