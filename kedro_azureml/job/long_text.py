"""A text that is longer than a property of Azure ML may be: it is kept in several of them."""

from __future__ import annotations

from collections.abc import Mapping

# docs/architecture/azureml-contracts.md, "Limits to encode".
LONGEST_PROPERTY = 1_000


def in_properties(key: str, text: str) -> dict[str, str]:
    """Return the properties that hold a text: `key`, and `key.2` and so on where it is long.

    Args:
        key: The first property's name.
        text: The text; an empty one needs none.
    """
    pieces = [text[at : at + LONGEST_PROPERTY] for at in range(0, len(text), LONGEST_PROPERTY)]
    return {_name(key, number): piece for number, piece in enumerate(pieces, 1)}


def from_properties(key: str, properties: Mapping[str, str]) -> str:
    """Return the text that `in_properties` wrote; empty if there is none."""
    pieces: list[str] = []
    while (piece := properties.get(_name(key, len(pieces) + 1))) is not None:
        pieces.append(piece)
    return "".join(pieces)


def _name(key: str, number: int) -> str:
    return key if number == 1 else f"{key}.{number}"
