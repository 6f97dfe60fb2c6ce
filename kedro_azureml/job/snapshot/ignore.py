"""Ignore files as the Azure ML SDK reads them.

The SDK carries its own, older dialect of ``.gitignore`` matching: a later ``!pattern`` brings a
file back even from an ignored folder, an unclosed ``[`` is a plain character, ``[^a]`` does not
negate. Current `pathspec` releases answer differently for such patterns, and differently from each
other, so the dialect is written down here and held against the SDK by
``tests/unit/job/test_snapshot.py``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

_ANYTHING_BELOW = "/.*"
_GLOB_CHARACTERS = frozenset("*?[\\")


class InvalidPatternError(ValueError):
    """A line that makes the SDK's upload fail."""


@dataclass(frozen=True)
class IgnorePattern:
    """One line of an ignore file.

    Attributes:
        regex: What the line matches, from the start of a path relative to the ignore file.
        negated: Whether the line starts with ``!`` and so brings files back.
        anchor: The leading segments of every path it can match, as far as they are plain text.
    """

    regex: re.Pattern[str]
    negated: bool
    anchor: tuple[str, ...]

    def matches(self, path: str) -> bool:
        """Tell whether the file `path` is matched."""
        return self.regex.match(path) is not None

    def covers(self, folder: str) -> bool:
        """Tell whether everything below `folder` is certain to be matched."""
        # Every regex ends in "/.*" (a folder's pattern) or in an optional "/.*", so what matches
        # the folder's own name matches what lies below it; a folder's pattern needs the slash too.
        # For others the slash proves nothing: a set such as "[!a]" matches a slash.
        return self.matches(folder) or (
            self.regex.pattern.endswith(f"{_ANYTHING_BELOW}$") and self.matches(f"{folder}/")
        )

    def reaches(self, folder: str) -> bool:
        """Tell whether something below `folder` might be matched."""
        return all(
            mine == theirs for mine, theirs in zip(self.anchor, folder.split("/"), strict=False)
        )


@dataclass(frozen=True)
class IgnoreRules:
    """The lines of an ignore file; the last one that matches decides."""

    patterns: tuple[IgnorePattern, ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> IgnoreRules:
        """Read the lines of an ignore file.

        Raises:
            InvalidPatternError: A line cannot be read; the message holds its number and text.
        """
        return cls(tuple(_parse_lines(lines)))

    def excludes(self, path: str) -> bool:
        """Tell whether the file `path` is ignored."""
        for pattern in self._last_first:
            if pattern.matches(path):
                return not pattern.negated
        return False

    def asks_for(self, path: str) -> bool:
        """Tell whether a ``!`` pattern, the last one that matches, lets in the file `path`."""
        last = next((p for p in self._last_first if p.matches(path)), None)
        return last is not None and last.negated

    def excludes_below(self, folder: str) -> bool:
        """Tell whether every file below `folder` is certain to be ignored."""
        for pattern in self._last_first:
            if pattern.negated:
                if pattern.reaches(folder):
                    return False
            elif pattern.covers(folder):
                return True
        return False

    @cached_property
    def _last_first(self) -> tuple[IgnorePattern, ...]:
        return tuple(reversed(self.patterns))


def _parse_lines(lines: Iterable[str]) -> Iterator[IgnorePattern]:
    for number, line in enumerate(lines, start=1):
        try:
            pattern = parse_pattern(line)
        except (ValueError, re.error) as error:
            raise InvalidPatternError(f"line {number} ({line.strip()!r}): {error}") from error
        if pattern is not None:
            yield pattern


def parse_pattern(line: str) -> IgnorePattern | None:
    """Read one line; None for a blank line, a comment and a lone slash.

    Raises:
        ValueError: The line makes no pattern (also as its subclass, or as `re.error`).
    """
    text = line.strip()
    if not text or text.startswith("#") or text == "/":
        return None
    negated = text.startswith("!")
    segments = _without_repeated_stars(text.removeprefix("!").split("/"))
    if segments == ["**", ""]:
        return IgnorePattern(re.compile(".+/.*$"), negated, ())
    if segments == [""]:
        raise ValueError("no pattern after '!'")
    if segments[0] == "":
        del segments[0]
    elif len(segments) == 1 or (len(segments) == 2 and not segments[1]):
        # One name without a leading slash is looked for at every depth.
        segments = ["**", *segments] if segments[0] != "**" else segments
    if len(segments) > 1 and segments[-1] == "":
        segments[-1] = "**"
    with warnings.catch_warnings():
        # Python warns of "[[" and the like, which the SDK compiles all the same.
        warnings.simplefilter("ignore", FutureWarning)
        regex = re.compile(_regex(segments))
    return IgnorePattern(regex, negated, tuple(_anchor(segments)))


def _without_repeated_stars(segments: list[str]) -> list[str]:
    return [s for i, s in enumerate(segments) if not (s == "**" and segments[i - 1 : i] == ["**"])]


def _anchor(segments: list[str]) -> Iterator[str]:
    for segment in segments:
        if _GLOB_CHARACTERS.intersection(segment):
            return
        yield segment


def _regex(segments: list[str]) -> str:
    if segments == ["**"]:
        return ".+$"
    parts: list[str] = []
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        after_name = index > 0 and not (index == 1 and segments[0] == "**")
        if segment != "**":
            parts.append("/" if after_name else "")
            parts.append("[^/]+" if segment == "*" else "".join(_glob(segment)))
            if index == last:
                parts.append(f"(?:{_ANYTHING_BELOW})?")
        elif index == 0:
            parts.append("(?:.+/)?")
        elif index == last:
            parts.append(_ANYTHING_BELOW)
        else:
            parts.append("(?:/.+)?")
    return "".join(parts) + "$"


def _glob(segment: str) -> Iterator[str]:
    """Yield the regular expression, piece by piece, of one path segment."""
    position = 0
    while position < len(segment):
        character = segment[position]
        position += 1
        if character == "\\":
            if position == len(segment):
                raise ValueError("nothing follows the last backslash")
            yield re.escape(segment[position])
            position += 1
        elif character == "*":
            yield "[^/]*"
        elif character == "?":
            yield "[^/]"
        elif character == "[":
            end = _end_of_set(segment, position)
            if end is None:
                yield r"\["
            else:
                yield _set(segment[position:end])
                position = end + 1
        else:
            yield re.escape(character)


def _end_of_set(segment: str, start: int) -> int | None:
    """Find the ``]`` that closes the set whose content begins at `start`."""
    if segment[start : start + 1] == "!":
        start += 1
    # A bracket right at the beginning stands for itself: "[]a]".
    end = segment.find("]", start + 1 if segment[start : start + 1] == "]" else start)
    return None if end < 0 else end


def _set(content: str) -> str:
    content = content.replace("\\", "\\\\")
    if content.startswith("!"):
        return f"[^{content[1:]}]"
    return f"[\\{content}]" if content.startswith("^") else f"[{content}]"
