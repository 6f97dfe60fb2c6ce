"""Values that no log may show, in every spelling in which programs print them.

What is not masked: a value of less than four characters, and what a program makes of one by more
than quoting it or by Base64.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 4
# A shorter part of Base64, or a shorter line of several, is too likely to be something else.
_SHORTEST_PART = 8
_values: dict[str, None] = {}
_pattern: re.Pattern[str] | None = None


def hide(values: Iterable[str]) -> None:
    """Mask these values as well, in what `masked` is asked for and in records of `logging`."""
    global _pattern
    new = [value for value in values if value not in _values]
    if not new:
        return
    _values.update(dict.fromkeys(new))
    _pattern = _any_of(spellings(_values))
    if logging.getLogRecordFactory() is logging.LogRecord:
        # One of the project's own stays: it may be more than a record.
        logging.setLogRecordFactory(_MaskedRecord)


def masked(text: str) -> str:
    """Return a text without the values that are hidden."""
    return _pattern.sub(MASK, text) if _pattern else text


class _MaskedRecord(logging.LogRecord):
    """A record whose message and traceback have no hidden value, whoever handles it."""

    @property
    def exc_text(self) -> str | None:
        """The traceback, once a formatter has written it."""
        return self._traceback

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._traceback = masked(text) if text else text

    def getMessage(self) -> str:  # noqa: N802 - logging's own name
        return masked(super().getMessage())


def spellings(values: Iterable[str]) -> list[str]:
    """Return the texts that give values away: the longest first."""
    found: set[str] = set()
    for value in values:
        found.update(_plain_spellings(value.strip()))
        lines = value.split("\n")
        if len(lines) > 1:
            found.update(line.strip() for line in lines if len(line.strip()) >= _SHORTEST_PART)
        if len(value) >= _SHORTEST_PART:
            found.update(_in_base64(value.encode()))
    return sorted(filter(None, found), key=lambda text: (-len(text), text))


def _plain_spellings(value: str) -> Iterable[str]:
    if len(value) < _SHORTEST:
        return ()
    # Every session of Kedro's imports this module, and few have secrets.
    import html

    return (
        value,
        repr(value)[1:-1],
        repr(value.encode())[2:-1],
        value.replace("'", "'\"'\"'"),  # as shlex.quote
        html.escape(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
    )


def _in_base64(value: bytes) -> Iterable[str]:
    """Yield the characters that are the value's alone, at each of three offsets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + value).decode()
        inner = encoded[-(-offset * 8 // 6) : (offset + len(value)) * 8 // 6]
        if len(inner) >= _SHORTEST_PART:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")


def _any_of(texts: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, texts))) if texts else None


class StreamMask:
    """Masks bytes that come in pieces, and keeps back only what may be the beginning of a value."""

    def __init__(self, values: Iterable[str]) -> None:
        """Mask these values."""
        self._texts = [text.encode() for text in spellings(values)]
        self._pattern = re.compile(b"|".join(map(re.escape, self._texts)) or b"(?!)")
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return what can be shown, now that more has come."""
        data = self._held + data
        end = self._first_beginning(data)
        # A value that begins before and ends behind is whole.
        matches = [m for m in self._pattern.finditer(data) if m.start() < end]
        end = max([end, *(match.end() for match in matches)])
        self._held = data[end:]
        return self._pattern.sub(MASK.encode(), data[:end])

    def rest(self) -> bytes:
        """Return what was kept back: there is no more."""
        held, self._held = self._held, b""
        return self._pattern.sub(MASK.encode(), held)

    def _first_beginning(self, data: bytes) -> int:
        """Find the first place from which on all is the beginning of a value."""
        first = len(data)
        for text in self._texts:
            start = max(0, len(data) - len(text) + 1)
            found = data.find(text[:1], start)
            while 0 <= found < first:
                if text.startswith(data[found:]):
                    first = found
                    break
                found = data.find(text[:1], found + 1)
        return first
