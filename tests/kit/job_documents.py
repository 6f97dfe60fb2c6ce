"""Pipeline job documents written in a test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Jobs = Mapping[str, Mapping[str, Any]]
_PLACEHOLDER = re.compile(r"\$\{\{\s*(inputs|outputs)\.(\w+)\s*\}\}")


def command(text: str, **options: Any) -> dict[str, Any]:
    """A step that runs `text`; outputs are declared as the text mentions them.

    Args:
        text: The command.
        options: ``inputs`` (name to binding: a folder, unless `types` says otherwise), ``types``,
            ``outputs`` (name to type), ``code``, ``component`` (more keys of the component), and
            keys of the step.
    """
    types = options.pop("types", {})
    bound = options.pop("inputs", {})
    named = [name for side, name in _PLACEHOLDER.findall(text) if side == "outputs"]
    outputs: dict[str, Any] = {**dict.fromkeys(named, "uri_folder"), **options.pop("outputs", {})}
    inputs: dict[str, Any] = {name: types.get(name, "uri_folder") for name in {**bound, **types}}
    component = {
        "type": "command",
        "command": text,
        "code": options.pop("code", "code"),
        "inputs": {n: t if isinstance(t, dict) else {"type": t} for n, t in inputs.items()},
        "outputs": {n: t if isinstance(t, dict) else {"type": t} for n, t in outputs.items()},
        **options.pop("component", {}),
    }
    return {"type": "command", "component": component, "inputs": bound, **options}


def distributed(
    text: str, kind: str = "pytorch", nodes: int = 1, *, timeout: int | None = None, **numbers: int
) -> dict[str, Any]:
    """A step that runs `text` in many processes."""
    step = command(text)
    step["component"]["distribution"] = {"type": kind, **numbers}
    step["component"]["resources"] = {"instance_count": nodes}
    return step | ({"limits": {"timeout": timeout}} if timeout else {})


def output_of(step: str, name: str) -> str:
    """The binding of an input to an output of another step."""
    return f"${{{{parent.jobs.{step}.outputs.{name}}}}}"
