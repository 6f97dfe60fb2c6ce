"""Measuring one command against another in the same minutes on the same machine.

A benchmark prints a ratio, because seconds say more about the machine than about the code. The two
commands take turns, so that a busy moment hits both; the first turns are thrown away, because they
fill caches; the figure is the median.
"""

import importlib.metadata
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build" / "bench"
BIN = Path(sys.executable).parent
# Seconds that one run may take.
LONGEST = 300


@dataclass(frozen=True)
class Command:
    """A process to measure: what to run, and where."""

    arguments: Sequence[str | Path]
    cwd: Path = ROOT
    variables: dict[str, str] = field(default_factory=dict)

    def run(self) -> "Sample":
        """Run it once and time it; a command that fails ends the benchmark."""
        sample, failure = self.attempt()
        if failure is not None:
            sys.exit(f"{' '.join(map(str, self.arguments))} failed:\n{failure[-4000:]}")
        return sample

    def attempt(self) -> "tuple[Sample, str | None]":
        """Run it once, and show what it printed if it failed."""
        before = os.times()
        start = time.perf_counter()
        done = subprocess.run(
            [str(a) for a in self.arguments],
            cwd=self.cwd,
            env=environment(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=LONGEST,
        )
        seconds = time.perf_counter() - start
        after = os.times()
        cpu = sum(after[2:4]) - sum(before[2:4])
        return Sample(seconds, cpu), done.stdout if done.returncode != 0 else None


@dataclass(frozen=True)
class Sample:
    """What one run took, by the clock and on the processors."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Measured:
    """The median of several runs."""

    seconds: float
    cpu: float

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Measured":
        """Take the medians."""
        seconds, cpu = zip(*((s.seconds, s.cpu) for s in samples), strict=True)
        return cls(statistics.median(seconds), statistics.median(cpu))


def environment(variables: dict[str, str]) -> dict[str, str]:
    """Return this shell's variables without those that would distort a measurement."""
    kept = {k: v for k, v in os.environ.items() if k not in _DISTORTING}
    return {**kept, "DO_NOT_TRACK": "1", "MPLBACKEND": "Agg", "NO_COLOR": "1", **variables}


# Without bytecode files, every run would compile Kedro again, and the ratios would flatter us.
_DISTORTING = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "KEDRO_ENV"}


def measure(commands: Sequence[Command], *, runs: int, warm_up: int = 1) -> list[Measured]:
    """Run the commands in turn, and return each one's median."""
    for _ in range(warm_up):
        for command in commands:
            command.run()
    rounds = [[command.run() for command in commands] for _ in range(runs)]
    return [Measured.of(samples) for samples in zip(*rounds, strict=True)]


def compare(
    title: str, subject: Command, baseline: Command, *, target: float, runs: int, warm_up: int = 1
) -> float:
    """Print and return how many times as long as the baseline the subject takes."""
    ours, theirs = measure([subject, baseline], runs=runs, warm_up=warm_up)
    ratio = ours.seconds / theirs.seconds
    verdict = "within" if ratio <= target else "ABOVE"
    print(
        f"{title:<52} {ours.seconds:6.2f} s against {theirs.seconds:6.2f} s: "
        f"{ratio:5.3f}x, {verdict} {target} (processor time {ours.cpu / theirs.cpu:.3f}x)",
        flush=True,
    )
    return ratio


def uv(*arguments: str | Path) -> None:
    """Run the uv of this environment."""
    subprocess.run([str(BIN / "uv"), *map(str, arguments)], cwd=ROOT, check=True)


def kedro_version() -> str:
    """Return the Kedro of this environment, for the projects that are generated here."""
    return importlib.metadata.version("kedro")


def starter_project(name: str) -> Path:
    """Make a project from the starter, with an azureml.yml, and run it once for its data."""
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    kedro = BIN / "kedro"
    Command([kedro, "new", "--starter=azureml-spaceflights", f"--name={name}"], SCRATCH).run()
    Command(
        [
            *(kedro, "azureml", "init", "--use-pipeline-data-passing"),
            *("--resource-group=group", "--workspace-name=workspace", f"--experiment-name={name}"),
            *("--cluster-name=cpu-cluster", "--environment-name=environment"),
        ],
        folder,
    ).run()
    Command([kedro, "run"], folder).run()
    return folder
