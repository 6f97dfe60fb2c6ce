"""The trials of a tuned step as a table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from kedro_azureml.console.run.table import STYLES
from kedro_azureml.formatting import and_more, duration, one_line
from kedro_azureml.job.run.model import RunStep, RunTrial

_TRIALS_SHOWN = 40
_BEST = "best"
# A value may be a long text, or a whole mapping; report.json has all of it.
_WIDEST = 30


def trial_lines(step: RunStep) -> Iterator[Text]:
    """Yield an empty line, a heading and a line for each trial: the first ones and the best."""
    tuning = step.tuning
    if tuning is None:
        return
    begun = [trial for trial in tuning.trials if trial.status != "NotStarted"]
    if not begun:
        return
    yield Text("")
    yield Text(one_line(f"Trials of '{step.name}', to {tuning.goal} {tuning.metric}:"))
    # What a trial on Azure ML has logged is shown by the Studio.
    here = any(trial.run is None for trial in begun)
    shown = begun[:_TRIALS_SHOWN]
    shown += [trial for trial in begun[_TRIALS_SHOWN:] if trial.best]
    names = list(dict.fromkeys(name for trial in shown for name in trial.parameters))
    rows = [["trial", *names, *([tuning.metric] if here else []), "status", "time", ""]]
    rows += [_row(trial, names, here=here) for trial in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield Text(f"  {line}".rstrip(), _style(shown[number - 1]) if number else "dim")
        reason = shown[number - 1].reason if number else None
        if reason:
            yield Text(f"    {one_line(reason)}")
    if len(begun) > len(shown):
        yield Text(f"  {and_more(len(begun) - len(shown))}: see report.json")


def _row(trial: RunTrial, names: list[str], *, here: bool) -> list[str]:
    metric = "-" if trial.metric is None else f"{trial.metric:g}"
    return [
        one_line(trial.name),
        *(_cut(trial.parameters.get(name, "-")) for name in names),
        *([metric] if here else []),
        trial.status,
        "" if trial.seconds is None else duration(trial.seconds, digits=1),
        _BEST if trial.best else "",
    ]


def _cut(value: str) -> str:
    line = one_line(value)
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."


def _style(trial: RunTrial) -> str:
    return f"bold {STYLES[trial.status]}" if trial.best else STYLES[trial.status]
