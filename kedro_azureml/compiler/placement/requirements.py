"""A pip requirements file as the lines of a conda environment, and what in it stays here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# The package that every step starts with.
PLUGIN = "kedro-azureml"

_COMMENT = re.compile(r"(^|\s)#.*$")
_INCLUDE = re.compile(r"^(?:-r|--requirement)[\s=]*(\S+)$")
_OPTION_OF_A_FILE = re.compile(
    r"^(-c|--constraint|-e|--editable)(?=[\s=.\w/])"
    r"|^(-f|--find-links)[\s=]+(?!https?:|\$\{)"
)
# A path by its beginning, or a file name behind a folder's.
_LOCAL = re.compile(r"^(\.{1,2}([/\[]|$)|/|file:)|@\s*file:|^[\w.-]+/")
# pip reads ${NAME} in such an address, which is no secret.
_PASSWORD = re.compile(r"://[^/\s@]*:(?!\$\{)[^/\s@]+@|://(?!\$\{)[^/\s@:]{20,}@")


@dataclass
class Requirements:
    """What is in a requirements file.

    Attributes:
        lines: The requirements and options, those of included files too.
        problems: What Azure ML could not install, each with the file and line.
    """

    lines: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_requirements(path: Path) -> Requirements:
    """Read a requirements file and those that it includes.

    Raises:
        OSError: A file cannot be read.
        UnicodeDecodeError: A file is not UTF-8.
    """
    found = Requirements()
    _read(path, found, [])
    return found


def problem_of(line: str) -> str | None:
    """Why a requirement cannot be installed elsewhere, or must not leave this machine."""
    if _PASSWORD.search(line):
        return "holds a password, which everyone who sees the job could read"
    option = _OPTION_OF_A_FILE.match(line)
    if option:
        return f"names a file of this machine ({option[1] or option[2]})"
    if _LOCAL.search(line):
        return "names a folder or file of this machine"
    return None


def names_plugin(lines: Iterable[str]) -> bool:
    """Whether one of the requirements is this package, without which no step can start."""
    return any(PLUGIN in line.lower().replace("_", "-") for line in lines)


def _read(path: Path, found: Requirements, within: list[Path]) -> None:
    text = path.read_text(encoding="utf-8-sig")
    # A line that ends in a backslash goes on in the next; its number is that of its beginning.
    number = 0
    for whole in re.split(r"(?<!\\)\n", text):
        start, number = number + 1, number + 1 + whole.count("\n")
        line = _COMMENT.sub("", whole.replace("\\\n", " ")).strip()
        if not line:
            continue
        include = _INCLUDE.match(line)
        if include:
            inner = path.parent / include[1]
            if inner.resolve() not in within:
                _read(inner, found, [*within, path.resolve()])
            continue
        problem = problem_of(line)
        if problem:
            found.problems.append((f"{path.name}:{start}", problem))
        else:
            found.lines.append(" ".join(line.split()))
