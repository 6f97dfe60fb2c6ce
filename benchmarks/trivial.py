"""Trivial steps, a rehearsal against a bare loop of processes; the compilation is included.

Each step imports pandas, reads a table of a hundred rows and writes it. ``STEPS="9 1000"`` chooses
how many.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from kit.measuring import KEDRO, Command, Subject, compare
from kit.projects import Shape, trivial_project

SHAPES: tuple[Shape, ...] = ("chain", "wide")
# What each may take of the loop's processor time, by the number of steps.
AIMS = {9: (1.3, 0.6), 100: (1.15, 0.3)}


def main() -> None:
    for shape, steps, project in projects():
        compare(
            "bare loop of processes",
            loop(project),
            *ours(shape, steps, project),
            runs=runs_of(steps),
            warm_up=int(steps < 100),
        )


def projects() -> Iterator[tuple[Shape, int, Path]]:
    """Make the projects, one after the other."""
    for steps in map(int, os.environ.get("STEPS", "9 100").split()):
        for shape in SHAPES:
            yield shape, steps, trivial_project(shape, steps)


def runs_of(steps: int) -> int:
    return 5 if steps < 100 else 3 if steps < 1000 else 1


def loop(project: Path) -> Command:
    return Command(["sh", "loop.sh", sys.executable], project)


def ours(shape: Shape, steps: int, project: Path) -> list[Subject]:
    rehearse: list[str | Path] = [KEDRO, "azureml", "run", "--local"]
    aim, aim_warm = AIMS.get(steps, (None, None))
    title = f"{steps} trivial steps, {shape}"
    return [
        Subject(title, Command(rehearse, project), cpu=aim),
        Subject(f"{title}, --warm", Command([*rehearse, "--warm"], project), cpu=aim_warm),
    ]


if __name__ == "__main__":
    main()
