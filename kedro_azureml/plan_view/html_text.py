"""Text from elsewhere, made safe for a page."""

from __future__ import annotations

from html import escape

from kedro_azureml.formatting import printable


def text_of(text: str) -> str:
    """Return a text as HTML; no character in it turns around or hides what stands beside it."""
    return escape(printable(text))
