"""The same trivial steps by snakemake, luigi and dvc, and by a rehearsal, against a bare loop.

Each peer has an environment of its own and starts the same program with the same Python for a step;
snakemake and luigi run two steps at a time. One that cannot be installed is left out.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from kit.measuring import SCRATCH, Command, Subject, compare, new_environment
from kit.projects import Shape, edges, file_of
from trivial import loop, ours, projects, runs_of

SNAKEFILE = """\
EDGES = {edges!r}

rule all:
    input: [target for _, target in EDGES]

for source, target in EDGES:
    rule:
        input: source
        output: target
        shell: "{python} step.py {{input}} {{output}}"
"""

LUIGI = """\
import subprocess

import luigi

SOURCES = {{target: source for source, target in {edges!r}}}


class Step(luigi.Task):
    target = luigi.Parameter()

    def requires(self):
        source = SOURCES[self.target]
        return [Step(target=source)] if source in SOURCES else []

    def output(self):
        return luigi.LocalTarget(self.target)

    def run(self):
        subprocess.run(["{python}", "step.py", SOURCES[self.target], self.target], check=True)


class All(luigi.WrapperTask):
    def requires(self):
        return [Step(target=target) for target in SOURCES]
"""

DVC_STAGE = """\
  {name}:
    cmd: {python} step.py {source} {target}
    deps: [step.py, {source}]
    outs: [{target}]
"""

# What is deleted before a run, so that every step is due.
MADE = "out .snakemake dvc.lock .dvc"
COMMANDS = {
    "snakemake": "snakemake --quiet all --jobs 2 --snakefile Snakefile",
    "luigi": "luigi --module flow All --local-scheduler --workers 2 --log-level WARNING",
    "dvc": "dvc init --no-scm --quiet && dvc repro --quiet",
}


def main() -> None:
    peers = dict(installed())
    for shape, steps, project in projects():
        write_flows(project, shape, steps)
        subjects = [
            Subject(f"{steps} trivial steps, {shape}, {name}", run_by(name, folder, project))
            for name, folder in peers.items()
        ]
        compare(
            "bare loop of processes",
            loop(project),
            *ours(shape, steps, project),
            *subjects,
            runs=runs_of(steps),
            warm_up=int(steps < 100),
        )


def installed() -> Iterator[tuple[str, Path]]:
    """Install the peers, each into an environment of its own."""
    for name in COMMANDS:
        folder = SCRATCH / "peers" / name
        if not (folder / "bin" / name).exists():
            try:
                new_environment(folder, name)
            except subprocess.CalledProcessError:
                shutil.rmtree(folder, ignore_errors=True)
                print(f"{name} cannot be installed here: left out", file=sys.stderr)
                continue
        yield name, folder


def run_by(name: str, folder: Path, project: Path) -> Command:
    path = f"{folder / 'bin'}:/usr/bin:/bin"
    script = f"rm -rf {MADE} && mkdir out && {COMMANDS[name]}"
    variables = {"PATH": path, "PYTHONPATH": str(project), "DVC_NO_ANALYTICS": "1"}
    return Command(["sh", "-c", script], project, variables)


def write_flows(project: Path, shape: Shape, steps: int) -> None:
    """Describe the steps in each peer's own way."""
    pairs = [(file_of(source), file_of(target)) for source, target in edges(shape, steps)]
    python = sys.executable
    (project / "Snakefile").write_text(SNAKEFILE.format(edges=pairs, python=python))
    (project / "flow.py").write_text(LUIGI.format(edges=pairs, python=python))
    stages = [
        DVC_STAGE.format(name=Path(target).stem, source=source, target=target, python=python)
        for source, target in pairs
    ]
    (project / "dvc.yaml").write_text("stages:\n" + "".join(stages))


if __name__ == "__main__":
    main()
