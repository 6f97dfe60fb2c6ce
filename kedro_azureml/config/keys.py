"""Every key of azureml.yml, read off the model: for unknown keys and for the reference page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kedro_azureml.config.models.azureml import AzureMLConfig
from kedro_azureml.diagnostics import nearest

ALIAS = "<alias>"  # stands for any key of a mapping whose keys are the user's

Path = tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """One key.

    Attributes:
        path: Where it stands.
        field: The model's field behind it.
        is_section: Whether it holds keys, not a value.
        by_alias: Whether what it holds stands behind the user's own names.
    """

    path: Path
    field: FieldInfo
    is_section: bool
    by_alias: bool


def all_keys(model: type[BaseModel] = AzureMLConfig, prefix: Path = ()) -> Iterator[Key]:
    """Yield the keys in the order of the model, each section before the keys in it."""
    for name, field in model.model_fields.items():
        path = (*prefix, field.alias or name)
        section, by_alias = _section(field.annotation)
        yield Key(path, field, section is not None, by_alias)
        if section is not None:
            yield from all_keys(section, (*path, ALIAS) if by_alias else path)


def suggestion(path: Path) -> str:
    """Say where an unknown key belongs, or which key of its section it resembles."""
    *section, name = path
    known = [key.path for key in all_keys()]
    siblings = {p[-1] for p in known if len(p) == len(path) and _fits(p[:-1], tuple(section))}
    homes = [".".join(p[:-1]) for p in known if p[-1] == name]
    if homes:
        return f"'{name}' belongs " + (f"under '{homes[0]}'." if homes[0] else "at the top.")
    return nearest(name, siblings)


def _fits(pattern: Path, section: Path) -> bool:
    return all(want in (ALIAS, got) for want, got in zip(pattern, section, strict=True))


def _section(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the model in an annotation, and whether the user's own keys (aliases) lead to it."""
    # To Python 3.10, `dict[str, X]` is a type too, which issubclass() refuses.
    plain = get_origin(annotation) is None
    if plain and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for argument in get_args(annotation):
        model, _ = _section(argument)
        if model is not None:
            return model, get_origin(annotation) is dict
    return None, False
