"""The words of a step's command, in which nothing can be expanded.

Azure ML substitutes ``${{...}}`` and ``$[[...]]`` in the text of a command and hands it to a shell,
quoting nothing. So a value that is not plain is written as JSON between single quotes, in which
neither finds anything to expand, see `kedro_azureml.job.shell_json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kedro_azureml.job.parameter_inputs import ParameterInput
from kedro_azureml.job.shell_json import shell_json

Kind = Literal[
    "text",
    "texts",
    "json",
    "inputs",
    "versions",
    "files",
    "folders",
    "optional_folders",
    "several",
    "literals",
    "typed",
    "folder",
]
_PLAIN = re.compile(r"[A-Za-z0-9_./@:+][A-Za-z0-9_./@:+-]*", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_EXPORT, _THEN = "export", "&&"
# A shell changes these between double quotes.
EXPANDED_BY_SHELLS = frozenset('$`\\"')


@dataclass(frozen=True)
class Publication:
    """Where a step puts the files of a dataset for people, and nothing else.

    Attributes:
        type: Azure ML's type of the output, which decides whether it is a file or a folder.
        place: The output.
    """

    type: str
    place: str


def read_words(values: dict[str, Any], attribute: str, kind: Kind, words: Iterator[str]) -> None:
    """Read one option's values into the attributes."""
    word = next(words)
    if kind == "text":
        values[attribute] = _decoded(word)
    elif kind == "texts":
        values.setdefault(attribute, []).append(_decoded(word))
    elif kind == "json":
        values[attribute] = json.loads(word)
        if not isinstance(values[attribute], dict):
            raise ValueError(word)
    elif kind == "inputs":
        given = ParameterInput.of(next(words), next(words))
        values.setdefault(attribute, {})[_decoded(word)] = given
    elif kind == "folder":
        values[attribute] = word
    elif kind == "typed":
        values.setdefault(attribute, {})[_decoded(word)] = Publication(next(words), next(words))
    elif kind == "several":
        folders = values.setdefault(attribute, {})
        folders[_decoded(word)] = (*folders.get(_decoded(word), ()), next(words))
    else:
        second = next(words)
        value = _decoded(second) if kind == "versions" else second
        values.setdefault(attribute, {})[_decoded(word)] = value


def write_words(kind: Kind, value: Any) -> Iterator[list[tuple[str, str]]]:
    """Yield the words behind each occurrence of the option in the command; see `_words`."""
    if not value:
        return
    if kind == "text":
        yield [_encoded(value)]
    elif kind == "json":
        yield [_encoded_json(value)]
    elif kind == "folder":
        yield [(value, f'"{value}"')]
    elif kind == "texts":
        yield from ([_encoded(text)] for text in value)
    elif kind == "versions":
        yield from ([_encoded(name), _encoded(text)] for name, text in sorted(value.items()))
    elif kind == "several":
        for name, folders in value.items():
            yield from ([_encoded(name), (folder, f'"{folder}"')] for folder in folders)
    else:
        yield from ([_encoded(name), *_write_of(kind, name, each)] for name, each in value.items())


def _write_of(kind: Kind, name: str, each: Any) -> list[tuple[str, str]]:
    """Return the words that stand behind a name."""
    if kind == "inputs":
        return [(each.type, each.type), (each.value, f"'{each.value}'")]
    if kind == "typed":
        return [_encoded(each.type), (each.place, f'"{each.place}"')]
    # The path of a file ends with the file's own name, the path of a folder does not.
    is_single = kind == "literals" or (kind == "files" and needs_single_quotes(name))
    quote = "'" if is_single else '"'
    return [(each, f"{quote}{each}{quote}")]


def needs_single_quotes(path: str) -> bool:
    """Tell whether a shell would expand the last part of a path, even between double quotes."""
    return not EXPANDED_BY_SHELLS.isdisjoint(path.rpartition("/")[2])


def fits_into_command(file_name: str) -> bool:
    """Tell whether a command can name a file: not one with ``'`` and what shells expand."""
    return "'" not in file_name or not needs_single_quotes(file_name)


def _encoded(text: str) -> tuple[str, str]:
    """Write a text as one word: as it is when plain, else as JSON in quotes."""
    return (text, text) if _PLAIN.fullmatch(text) else _encoded_json(text)


def _encoded_json(value: Any) -> tuple[str, str]:
    word = shell_json(value)
    return word, f"'{word}'"


def _decoded(word: str) -> str:
    return str(json.loads(word)) if word.startswith('"') else word


def quoted_for_shell(text: str) -> str:
    """Quote a text for what knows no JSON; no quote ends early, no ``${{`` stays."""
    return "'" + text.replace("'", r"'\''").replace("$", "$''") + "'"


def is_variable(name: str) -> bool:
    """Tell whether a command can set a variable of this name."""
    return _VARIABLE.fullmatch(name) is not None


def read_environment(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the variables that a command sets, and the words that follow.

    Raises:
        ValueError: It exports something else.
    """
    if words[:1] != [_EXPORT]:
        return {}, words
    end = words.index(_THEN)
    pairs = [word.partition("=") for word in words[1:end]]
    if not pairs or not all(sign and is_variable(name) for name, sign, _ in pairs):
        raise ValueError(words[1])
    return {name: value for name, _, value in pairs}, words[end + 1 :]


def with_environment(command: str, variables: Mapping[str, str]) -> str:
    """Return a command that sets variables first, as `read_environment` reads them."""
    if not variables:
        return command
    pairs = (f"{name}={quoted_for_shell(value)}" for name, value in variables.items())
    return " ".join([_EXPORT, *pairs, _THEN, command])
