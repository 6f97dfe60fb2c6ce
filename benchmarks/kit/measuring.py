"""Measuring one command against another in the same minutes on the same machine.

A benchmark prints a ratio, because seconds say more about the machine than about the code. The
commands take turns, so that a busy moment hits all of them; the first turns are thrown away,
because they fill caches; the figure is the median. Processor time and memory are those of every
process that a command started, also of one that it left behind.
"""

import contextlib
import ctypes
import importlib.metadata
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "bench"
BIN = Path(sys.executable).parent
KEDRO = BIN / "kedro"
# Seconds that one run may take.
LONGEST = 1200
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux
_KILOBYTE = 1024 if sys.platform == "linux" else 1


@dataclass(frozen=True)
class Sample:
    """What one run took.

    Attributes:
        seconds: By the clock.
        cpu: On the processors, in user and system mode, by all of its processes.
        memory: Bytes of the largest of its processes.
    """

    seconds: float
    cpu: float
    memory: float

    @classmethod
    def median(cls, samples: "Sequence[Sample]") -> "Sample":
        """Take the median of each figure."""
        rows = [(s.seconds, s.cpu, s.memory) for s in samples]
        return cls(*map(statistics.median, zip(*rows, strict=True)))


@dataclass(frozen=True)
class Command:
    """A process to measure: what to run, and where."""

    arguments: Sequence[str | Path]
    cwd: Path = ROOT
    variables: dict[str, str] = field(default_factory=dict)

    def run(self) -> Sample:
        """Run it once and time it; a command that fails ends the benchmark."""
        sample, failure = self.attempt()
        if failure is not None:
            sys.exit(f"{' '.join(map(str, self.arguments))} failed:\n{failure[-4000:]}")
        return sample

    def attempt(self) -> tuple[Sample, str | None]:
        """Run it once, and return what it printed if it failed."""
        with contextlib.suppress(OSError, AttributeError):
            # What outlives the command becomes a child of this process, and is counted with it.
            ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
        before = _cpu_of_children()
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            start = time.perf_counter()
            process = subprocess.Popen(
                [str(a) for a in self.arguments],
                cwd=self.cwd,
                env=environment(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            limit = threading.Timer(LONGEST, process.kill)
            limit.start()
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            memory = max(usage.ru_maxrss, _wait_for_orphans())
            limit.cancel()
            sample = Sample(seconds, _cpu_of_children() - before, memory * _KILOBYTE)
            output.seek(0)
            return sample, output.read() if process.returncode != 0 else None


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _wait_for_orphans() -> int:
    """Wait for what the command left behind; the memory of the largest of them."""
    largest = 0
    while True:
        try:
            largest = max(largest, os.wait4(-1, 0)[2].ru_maxrss)
        except ChildProcessError:
            return largest


@dataclass(frozen=True)
class Subject:
    """A command that is measured against another one.

    Attributes:
        title: What it is.
        command: The command.
        wall: How many times as long as the baseline it may take by the clock, if that is an aim.
        cpu: The same of the processors.
    """

    title: str
    command: Command
    wall: float | None = None
    cpu: float | None = None


def environment(variables: dict[str, str]) -> dict[str, str]:
    """Return this shell's variables without those that would distort a measurement."""
    kept = {k: v for k, v in os.environ.items() if k not in _DISTORTING}
    return {**kept, "DO_NOT_TRACK": "1", "MPLBACKEND": "Agg", "NO_COLOR": "1", **variables}


# Without bytecode files, every run would compile Kedro again, and the ratios would flatter us.
_DISTORTING = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "KEDRO_ENV"}


def compile_bytecode(*folders: Path) -> None:
    """Make the byte code that no side is to make while it is measured."""
    python = [sys.executable, "-m", "compileall", "-q", *map(str, folders)]
    subprocess.run(python, env=environment({}), stdout=subprocess.DEVNULL, check=False)


def measure(commands: Sequence[Command], *, runs: int, warm_up: int = 1) -> list[Sample]:
    """Run the commands in turn, and return each one's medians."""
    for _ in range(warm_up):
        for command in commands:
            command.run()
    rounds = [[command.run() for command in commands] for _ in range(runs)]
    return [Sample.median(samples) for samples in zip(*rounds, strict=True)]


def compare(
    name: str, baseline: Command, *subjects: Subject, runs: int, warm_up: int = 1
) -> list[float]:
    """Print a row for each subject, and return how many times as long as the baseline each takes.

    Args:
        name: What the baseline is.
        baseline: What all are compared with.
        subjects: What to measure.
        runs: How often each is run.
        warm_up: How often before that.
    """
    commands = [baseline, *(subject.command for subject in subjects)]
    base, *others = measure(commands, runs=runs, warm_up=warm_up)
    for subject, taken in zip(subjects, others, strict=True):
        wall, cpu = taken.seconds / base.seconds, taken.cpu / base.cpu
        aims = [
            f"{'within' if ratio <= aim else '**above**'} {aim:g} ({kind})"
            for ratio, aim, kind in (
                (wall, subject.wall, "wall"),
                (cpu, subject.cpu, "processor"),
            )
            if aim is not None
        ]
        row(
            subject.title,
            name,
            f"{wall:.2f} ({taken.seconds:.2f} s / {base.seconds:.2f} s)",
            f"{cpu:.2f} ({taken.cpu:.2f} s / {base.cpu:.2f} s)",
            f"{taken.memory / 1e6:.0f} / {base.memory / 1e6:.0f} MB",
            ", ".join(aims),
        )
    return [taken.seconds / base.seconds for taken in others]


COLUMNS = {
    "what": 44,
    "against": 30,
    "wall": 26,
    "processor": 26,
    "largest process": 16,
    "aim": 26,
}


def row(*cells: str) -> None:
    """Print a row of the table, a cell a column; the last ones may be missing."""
    padded = [*cells, *[""] * (len(COLUMNS) - len(cells))]
    widths = zip(padded, COLUMNS.values(), strict=True)
    print("| " + " | ".join(f"{cell:<{width}}" for cell, width in widths) + " |", flush=True)


def verdict(value: float, limit: float) -> str:
    """Say in a word whether a figure is what it should be at most."""
    return f"{'within' if value <= limit else '**above**'} {limit:g}"


def uv(*arguments: str | Path) -> None:
    """Run the uv of this environment."""
    subprocess.run([str(BIN / "uv"), *map(str, arguments)], cwd=ROOT, check=True)


def new_environment(folder: Path, *packages: str | Path) -> None:
    """Make an environment with some packages and their byte code."""
    uv("venv", "--quiet", "--clear", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python, *packages)


def kedro_version() -> str:
    """Return the Kedro of this environment, for the projects that are generated here."""
    return importlib.metadata.version("kedro")
