"""A sweep, as a job's document and its results tell it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# What the step that ends a sweep writes.
ROWS, TABLE, PAGE = "rows.json", "summary.csv", "summary.html"
# What each copy of a step writes.
OUTCOME = "outcome.json"
STEP = "sweep_summary"
# In the command of the step that summarises all combinations.
WHOLE = "whole"


class SweepError(ValueError):
    """Something is not what a sweep's steps write; the message says what."""


_UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def labelled(name: str, label: str | None) -> str:
    """Return what people call a step or a dataset of one combination: ``model[alpha=0.1]``."""
    return name if label is None else f"{name}[{label}]"


@dataclass(frozen=True)
class Outcome:
    """How one step went.

    Attributes:
        seconds: How long its nodes ran.
        metrics: What it measured, by name.
    """

    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / OUTCOME).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Outcome:
        """Read it from a folder.

        Raises:
            SweepError: There is none.
        """
        try:
            data = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
            metrics = {str(name): float(value) for name, value in data["metrics"].items()}
            return cls(_finite(data["seconds"]), metrics)
        except _UNREADABLE as error:
            raise SweepError(f"{folder / OUTCOME} cannot be read: {error}") from error


@dataclass(frozen=True)
class SweepRow:
    """One combination.

    Attributes:
        label: What people call it.
        values: The values of the parameters, in their order.
        status: ``Completed`` or ``Failed``; of a rehearsal that was ended before its summary also
            ``Canceled`` or ``NotStarted``.
        seconds: How long its steps ran, one after the other; those that it shares count too.
        metrics: What its steps measured.
        missing: The steps that did not complete.
    """

    label: str
    values: Sequence[Any]
    status: str
    seconds: float
    metrics: Mapping[str, float]
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Combination:
    """One combination, before it has run.

    Attributes:
        label: What people call it.
        values: The values of the parameters, in their order.
        steps: The steps that run with them.
    """

    label: str
    values: Sequence[Any]
    steps: Sequence[str]


@dataclass(frozen=True)
class SummaryPlan:
    """The combinations that a summary is of, as its command says.

    Attributes:
        parameters: The dotted names of the swept parameters.
        combinations: Those of which it reads the steps' outcomes.
        is_whole: Whether it summarises all combinations, and not a part for another summary.
    """

    parameters: Sequence[str]
    combinations: Sequence[Combination]
    is_whole: bool = True

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        rows = [[each.label, list(each.values), list(each.steps)] for each in self.combinations]
        whole = {"parameters": list(self.parameters), "combinations": rows}
        return {**whole, WHOLE: True} if self.is_whole else whole

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> SummaryPlan:
        """Return what `as_data` made.

        Raises:
            SweepError: It made something else.
        """
        try:
            rows = [Combination(*row) for row in data["combinations"]]
            return cls(data["parameters"], rows, bool(data.get(WHOLE)))
        except (TypeError, KeyError) as error:
            raise SweepError(f"its command does not say the combinations: {error!r}") from error

    def table(self, outcomes: Mapping[str, Outcome]) -> Table:
        """Return the results, of the steps that say how they went: the others did not complete."""
        return Table(self.parameters, [_row(each, outcomes) for each in self.combinations])


def _row(combination: Combination, outcomes: Mapping[str, Outcome]) -> SweepRow:
    completed = [outcomes[step] for step in combination.steps if step in outcomes]
    missing = [step for step in combination.steps if step not in outcomes]
    return SweepRow(
        combination.label,
        combination.values,
        "Failed" if missing else "Completed",
        sum(each.seconds for each in completed),
        {name: value for each in completed for name, value in each.metrics.items()},
        missing,
    )


@dataclass(frozen=True)
class Table:
    """The results of a sweep.

    Attributes:
        parameters: The dotted names of the swept parameters.
        rows: A row for each combination.
    """

    parameters: Sequence[str]
    rows: Sequence[SweepRow]

    @property
    def metrics(self) -> list[str]:
        """The names of all metrics, in the order in which they come up."""
        return list(dict.fromkeys(name for row in self.rows for name in row.metrics))

    @property
    def failed(self) -> list[str]:
        """The labels of the combinations that did not complete."""
        return [row.label for row in self.rows if row.status != "Completed"]

    def save(self, folder: Path) -> None:
        """Write it into a folder, to be loaded again."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ROWS).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Table:
        """Read it from a folder.

        Raises:
            SweepError: It is not there, or is another file.
        """
        try:
            data = json.loads((folder / ROWS).read_text(encoding="utf-8"))
            rows = [
                SweepRow(
                    str(row["label"]),
                    tuple(row["values"]),
                    str(row["status"]),
                    _finite(row["seconds"]),
                    {str(name): float(value) for name, value in row["metrics"].items()},
                    tuple(map(str, row["missing"])),
                )
                for row in data["rows"]
            ]
            parameters = tuple(map(str, data["parameters"]))
            if any(len(row.values) != len(parameters) for row in rows):
                raise ValueError("a combination has other values than there are parameters")
            return cls(parameters, tuple(rows))
        except _UNREADABLE as error:
            raise SweepError(f"{folder / ROWS} cannot be read: {error}") from error


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no duration")
    return number


def joined(parameters: Sequence[str], parts: Iterable[Table]) -> Table:
    """Return the table of all rows of several."""
    return Table(parameters, [row for part in parts for row in part.rows])
