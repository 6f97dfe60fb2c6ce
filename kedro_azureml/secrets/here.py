"""Secrets on this machine: in the shell's variables, or in the project's ``.env``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DOTENV = ".env"


@dataclass(frozen=True)
class DotenvFile:
    """What is in a file of variables.

    Attributes:
        values: Variable to value, in the order of the file.
        broken: Numbers of lines that say nothing.
    """

    values: Mapping[str, str]
    broken: tuple[int, ...] = ()


def read_dotenv(path: Path) -> DotenvFile:
    """Read a file as python-dotenv does, ``${NAME}`` of other variables included.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is not UTF-8.
    """
    from io import StringIO

    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    text = path.read_text(encoding="utf-8-sig")
    broken = tuple(line.original.line for line in parse_stream(StringIO(text)) if line.error)
    values = dotenv_values(stream=StringIO(text))
    return DotenvFile({name: v for name, v in values.items() if v is not None}, broken)


def value_here(name: str, project: Path) -> str | None:
    """Return a secret's value: the shell's, else that of ``.env``, else None."""
    value = os.environ.get(name)
    return value if value is not None else _dotenv_of(project).get(name)


def values_here(names: Iterable[str], project: Path) -> dict[str, str]:
    """Return the values that are here, by the names."""
    found = {name: value_here(name, project) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def obstacles(names: Iterable[str], project: Path) -> str:
    """Say, in sentences, what keeps values that somebody may have written from being found.

    No value is among what it says; without an obstacle it says nothing.
    """
    said = [
        f"'{name}' is set in your shell, to nothing: unset it there."
        for name in names
        if os.environ.get(name) == ""
    ]
    try:
        broken = read_dotenv(project / DOTENV).broken
    except FileNotFoundError:
        broken = ()
    except (OSError, UnicodeDecodeError):
        broken = ()
        said.append(f"{DOTENV} cannot be read: save it as UTF-8 text.")
    said += [f"Line {line} of {DOTENV} cannot be read: write NAME=VALUE there." for line in broken]
    return " ".join(said)


def _dotenv_of(project: Path) -> Mapping[str, str]:
    path = project / DOTENV
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _read_once(path, stamp)


@lru_cache(maxsize=8)
def _read_once(path: Path, stamp: int) -> Mapping[str, str]:
    try:
        return read_dotenv(path).values
    except (OSError, UnicodeDecodeError):
        return {}
