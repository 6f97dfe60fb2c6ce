"""The steps of a run as a table, the same for a rehearsal and for Azure ML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from kedro_azureml.console.run.words import seconds_of
from kedro_azureml.formatting import count, listed, one_line
from kedro_azureml.job.run.model import ENDED, RUNNING, Run, RunStatus, RunStep

STYLES: Mapping[RunStatus, str] = {
    "Completed": "green",
    "Failed": "bold red",
    "Canceled": "yellow",
    "CancelRequested": "yellow",
    "NotResponding": "bold red",
    "Paused": "yellow",
    "Running": "cyan",
    "Finalizing": "cyan",
    "Preparing": "blue",
    "Queued": "blue",
    "Starting": "blue",
    "Provisioning": "blue",
    "NotStarted": "dim",
    "Unknown": "dim",
}
_STATUS_WIDTH = 13


def plain_table(run: Run, *, addresses: bool = False) -> Iterator[Text]:
    """Yield a line for each step, however long its name: nothing is folded or cut.

    Args:
        run: The run.
        addresses: Whether to show where the Studio shows each step.
    """
    names = {step.name: one_line(step.name) for step in run.steps.values()}
    width = max(map(len, names.values()), default=0)
    for step in run.steps.values():
        status = Text(f"{step.status:<{_STATUS_WIDTH}}", STYLES[step.status])
        line = Text.assemble(f"  {names[step.name]:<{width}}  ", status, f" {seconds_of(step):>8}")
        if addresses and step.run and step.address:
            line.append(f"  {one_line(step.address)}")
        line.rstrip()
        yield line
        if step.reason and not step.at_fault and step.status != "NotStarted":
            yield Text(f"    {one_line(step.reason)}")
    yield from map(Text, _not_started(run))


def _not_started(run: Run) -> Iterator[str]:
    """Yield one line for all steps that did not start for want of a step that failed."""
    steps = [step for step in run.steps.values() if step.status == "NotStarted" and step.reason]
    if not steps:
        return
    failed = [step.name for step in run.steps.values() if step.at_fault]
    because = f": {listed(failed)} did not complete" if failed else f": {steps[0].reason}"
    yield f"  {one_line(f'{listed([s.name for s in steps])} did not start{because}')}."


def live_table(run: Run, room: int) -> Table:
    """Return the table that is drawn while the run goes on.

    Args:
        run: The run.
        room: How many steps can be shown; those that tell the most are.
    """
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="ellipsis", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    steps = list(run.steps.values())
    for step in steps if len(steps) <= room else _most_telling(steps, room):
        status = Text(step.status, STYLES[step.status])
        table.add_row(Text(one_line(step.name)), status, seconds_of(step))
    completed = f"{run.count('Completed')} of {count(len(steps), 'step')} completed"
    table.add_row(Text(completed, "dim"), "", "")
    return table


def _most_telling(steps: Sequence[RunStep], room: int) -> list[RunStep]:
    """Return the steps for which there is room: what failed, what runs, then what ended last."""
    ended = sorted((s for s in steps if s.ended), key=lambda s: str(s.ended), reverse=True)
    recency = {step.name: number for number, step in enumerate(ended)}
    best = sorted(steps, key=lambda s: (_rank(s), recency.get(s.name, 0)))[:room]
    chosen = {step.name for step in best}
    return [step for step in steps if step.name in chosen]


def _rank(step: RunStep) -> int:
    if step.at_fault:
        return 0
    if step.status in RUNNING or step.status == "CancelRequested":
        return 1
    if step.status not in ENDED and step.status != "NotStarted":
        return 2
    return 3 if step.status == "Canceled" else 4
