"""A pip requirements file as the lines of a conda environment, and what in it stays here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# The package that every step starts with.
PLUGIN = "kedro-azureml"
# Its extra for a step that reads secrets.
EXTRA = "secrets"

_COMMENT = re.compile(r"(^|\s)#.*$")
_INCLUDE = re.compile(r"^(?:-r|--requirement)[\s=]*(\S+)$")
_OPTION_OF_A_FILE = re.compile(
    r"^(-c|--constraint|-e|--editable)(?=[\s=.\w/])"
    r"|^(-f|--find-links)[\s=]+(?!https?:|\$\{)"
)
# A path by its beginning, or a file name behind a folder's.
_LOCAL = re.compile(r"^(\.{1,2}([/\[]|$)|/|file:)|@\s*file:|^[\w.-]+/")
# What pip takes and no standard describes: an option, an address without a name, a variable.
_PIP_ALONE = re.compile(r"^-|^[\w+.-]+://|\$\{")
_OPTION_OF_A_REQUIREMENT = re.compile(r"\s--?[a-z].*$")
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
    requirements = Requirements()
    _read(path, requirements, [])
    return requirements


def problem_of(line: str) -> str | None:
    """Say why a requirement cannot be installed elsewhere, or must not leave this machine."""
    if _PASSWORD.search(line):
        return "holds a password, which everyone who sees the job could read"
    option = _OPTION_OF_A_FILE.match(line)
    if option:
        return f"names a file of this machine ({option[1] or option[2]})"
    if _LOCAL.search(line):
        return "names a folder or file of this machine"
    # Few projects have such a file; the import costs as much as a hundred steps.
    from packaging.requirements import InvalidRequirement

    try:
        _requirement_in(line)
    except InvalidRequirement as error:
        return f"is no requirement: {str(error).splitlines()[0]}"
    return None


def names_plugin(lines: Iterable[str]) -> bool:
    """Tell whether the requirements name this package, without which no step starts."""
    return names_package(lines, PLUGIN)


def names_package(lines: Iterable[str], package: str) -> bool:
    """Tell whether the requirements name a package."""
    return any(_name_in(line, package) == package for line in lines)


def reads_vaults(lines: Iterable[str]) -> bool:
    """Tell whether the requirements bring what reads a key vault."""
    return any(map(_reads_vaults, lines))


def _reads_vaults(line: str) -> bool:
    from packaging.utils import canonicalize_name

    requirement = _requirement_in(line)
    if requirement is None:
        # Whatever it brings, only pip can tell.
        return PLUGIN in canonicalize_name(line)
    name = canonicalize_name(requirement.name)
    with_extra = name == PLUGIN and not requirement.extras.isdisjoint({"azure", EXTRA})
    return with_extra or name == "azure-keyvault-secrets"


def _requirement_in(line: str) -> Requirement | None:
    """Read a line as the standard has it; None for what only pip can read.

    Raises:
        InvalidRequirement: Nobody can read it.
    """
    if _PIP_ALONE.search(line):
        return None
    from packaging.requirements import Requirement

    return Requirement(_OPTION_OF_A_REQUIREMENT.sub("", line))


def _name_in(line: str, package: str) -> str | None:
    from packaging.utils import canonicalize_name

    requirement = _requirement_in(line)
    if requirement is None:
        return package if package in canonicalize_name(line) else None
    return canonicalize_name(requirement.name)


def _read(path: Path, requirements: Requirements, within: list[Path]) -> None:
    text = path.read_text(encoding="utf-8-sig")
    around = [*within, path.resolve()]
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
            if inner.resolve() not in around:
                _read(inner, requirements, around)
            continue
        problem = problem_of(line)
        if problem:
            requirements.problems.append((f"{path.name}:{start}", problem))
        else:
            requirements.lines.append(" ".join(line.split()))
