"""The combinations of a sweep: which values go together, and what each is called."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.parameter_inputs import ParameterType, type_of, written

# What file systems, storage and people take in a name, as it is.
_WORD = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,23}", re.ASCII)
# A folder's name may have 255 bytes, and a dataset's name, or a hash, stands beside it.
_LONGEST_LABEL = 160
# Steps of a pipeline: docs/architecture/azureml-contracts.md#limits
MAX_COMBINATIONS = 1_000

Positions = tuple[int, ...]


@dataclass(frozen=True)
class Swept:
    """A parameter that has several values.

    Attributes:
        parameter: Its dotted name.
        values: Its values, each once.
        type: What all of them are.
        word: What it is called in labels.
        words: What each value is called there.
    """

    parameter: str
    values: tuple[Any, ...]
    type: ParameterType
    word: str
    words: tuple[str, ...]

    @property
    def longest(self) -> int:
        """How long a parameter and a value are in labels, at most."""
        return len(self.word) + 1 + max(map(len, self.words))

    def literal(self, position: int) -> str | bool | int | float:
        """Return what a document has for one of the values."""
        return written(self.values[position], self.type)


@dataclass(frozen=True)
class Combinations:
    """All combinations of a sweep.

    Attributes:
        swept: The parameters.
        rows: Each combination: the position of each parameter's value.
    """

    swept: tuple[Swept, ...]
    rows: tuple[Positions, ...]

    def label(self, row: Positions, parameters: Collection[str]) -> str:
        """Return what a combination is called by the values of some parameters.

        Where the values would make too long a name, it is called by their numbers.
        """
        named = [
            (each, position)
            for each, position in zip(self.swept, row, strict=True)
            if each.parameter in parameters
        ]
        if sum(each.longest + 1 for each, _ in named) > _LONGEST_LABEL:
            return f"numbers={','.join(str(position + 1) for _, position in named)}"
        return ",".join(f"{each.word}={each.words[position]}" for each, position in named)

    def values(self, row: Positions) -> dict[str, Any]:
        """Return a combination's values, by the dotted names of the parameters."""
        return {
            each.parameter: each.values[position]
            for each, position in zip(self.swept, row, strict=True)
        }


def combine(sweep: SweepConfig, where: str) -> Combinations:
    """Return the combinations of a sweep.

    Args:
        sweep: The values.
        where: Where they stand, for findings.

    Raises:
        DiagnosticError: KAZ261, a combination is there twice; KAZ262, there are too many.
    """
    distinct = {name: _distinct(values) for name, values in sweep.parameters.items()}
    columns = [
        [list(distinct[name]).index(_text(value)) for value in values]
        for name, values in sweep.parameters.items()
    ]
    number = len(columns[0]) if sweep.zip else math.prod(map(len, columns))
    if number > MAX_COMBINATIONS:
        raise DiagnosticError(
            Diagnostic(
                "KAZ262",
                f"The sweep has {number:,} combinations, and one job takes {MAX_COMBINATIONS:,}.",
                "Give fewer values, or sweep in several jobs.",
                where=where,
            )
        )
    rows = list(zip(*columns, strict=True) if sweep.zip else itertools.product(*columns))
    known: set[Positions] = set()
    for row in rows:
        if row in known:
            same = ", ".join(
                f"{name}={list(texts)[position]}"
                for (name, texts), position in zip(distinct.items(), row, strict=True)
            )
            message = f"The combination {same} is there twice."
            raise DiagnosticError(
                Diagnostic("KAZ261", message, "Give each value once.", where=where)
            )
        known.add(row)
    words = _words(list(distinct))
    swept = (_swept(name, words[name], list(each.values())) for name, each in distinct.items())
    return Combinations(tuple(swept), tuple(rows))


def _swept(name: str, word: str, values: Sequence[Any]) -> Swept:
    kinds = {type_of(value) for value in values}
    kind: ParameterType = kinds.pop() if len(kinds) == 1 else "json"
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return Swept(name, tuple(values), kind, word, tuple(_usable(texts, "number")))


def _distinct(values: Iterable[Any]) -> dict[str, Any]:
    """Return each value once, by its JSON: 1, 1.0, "1" and true are four."""
    distinct: dict[str, Any] = {}
    for value in values:
        distinct.setdefault(_text(value), value)
    return distinct


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _words(names: Sequence[str]) -> dict[str, str]:
    """Return a short word for each parameter: its last part where that says enough."""
    last = [name.rpartition(".")[2] for name in names]
    short = [
        word if last.count(word) == 1 else name for name, word in zip(names, last, strict=True)
    ]
    return dict(zip(names, _usable(short, "parameter"), strict=True))


def _usable(texts: Sequence[str], fallback: str) -> Iterator[str]:
    """Yield a word for each text; one that no name can hold is called by its number."""
    taken = {text.lower() for text in texts}
    yielded: set[str] = set()
    for position, text in enumerate(texts, 1):
        word = text
        # Some file systems take `A` and `a` for one name.
        if not _WORD.fullmatch(text) or text.lower() in yielded:
            word = f"{fallback}{position}"
            while word in taken:
                word += "_"
        yielded.add(word.lower())
        yield word
