"""What the models of published JSON have in common: `docs/json.md`."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Published(BaseModel):
    """A part of JSON that scripts read."""

    # A file that this version writes holds every key, though one of an older version may not.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def schema_of(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Return the JSON schema that is published for a model."""
    generated = adapter.json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without(generated, {"title", "default"}),
    }


def _without(part: Any, keywords: Container[str], *, named: bool = False) -> Any:
    """Return a part of a schema without keywords that only Pydantic has a use for.

    Args:
        part: The part.
        keywords: The keywords.
        named: Whether the keys of the part are names, of properties or definitions.
    """
    if isinstance(part, list):
        return [_without(item, keywords) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _without(value, keywords, named=not named and key in ("properties", "$defs"))
        for key, value in part.items()
        if named or key not in keywords
    }
