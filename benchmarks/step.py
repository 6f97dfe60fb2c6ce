"""One step, as its compiled command, against `kedro run --nodes` of the same node."""

import re
import statistics
from pathlib import Path

from kedro_azureml.job.model import Input, PipelineJob, Step
from kedro_azureml.job.order import in_order
from kedro_azureml.job.yaml import load_job
from kit.measuring import BIN, KEDRO, Command, Subject, compare, row
from kit.projects import starter_project

AIM = 0.45
RUNS = 9


def main() -> None:
    project = starter_project("bench-step")
    Command([KEDRO, "azureml", "compile", "-o", "pipeline.yml"], project).run()
    job = load_job(project / "pipeline.yml")
    folders = project / ".kedro_azureml" / "bench"
    ratios: list[float] = []
    order, _ = in_order({name: sources(step) for name, step in job.jobs.items()})
    for name in order:
        step = job.jobs[name]
        written = folders / name
        command = shell_command(project, job, step, folders, written)
        # The steps behind this one read what it writes here.
        Command(command, project, VARIABLES).run()
        record = step.component.record()
        assert record is not None, step.component.command
        alone = Command([KEDRO, "run", f"--nodes={','.join(record.nodes)}"], project)
        if alone.attempt()[1] is not None:
            # Its inputs are in memory only.
            row(f"step {name}", "kedro run --nodes", "cannot be run alone")
            continue
        # Outputs go into a fresh folder each time, as on Azure ML.
        cold = Command(["bash", "-c", f"rm -rf {written}; {command[2]}"], project, VARIABLES)
        ratios += compare(
            "kedro run --nodes", alone, Subject(f"step {name}", cold, wall=AIM), runs=RUNS
        )
    row("a step, median of these nodes", "kedro run --nodes", f"{statistics.median(ratios):.2f}")


VARIABLES = {"PATH": f"{BIN}:/usr/bin:/bin"}


def sources(step: Step) -> set[str]:
    bound = " ".join(str(binding) for binding in step.inputs.values())
    return set(re.findall(r"parent\.jobs\.(\w+)\.", bound))


def shell_command(
    project: Path, job: PipelineJob, step: Step, folders: Path, written: Path
) -> list[str]:
    """Return the step's command with this machine's paths in place of its expressions."""

    def path(expression: re.Match[str]) -> str:
        kind, name = expression.groups()
        if kind == "outputs":
            return str(written / name)
        bound = str(step.inputs[name])
        if upstream := re.search(r"parent\.jobs\.(\w+)\.outputs\.(\w+)", bound):
            return str(folders / upstream[1] / upstream[2])
        raw = re.search(r"parent\.inputs\.(\w+)", bound)
        assert raw is not None, bound
        uploaded = job.inputs[raw[1]]
        assert isinstance(uploaded, Input), bound
        return str(project / str(uploaded.path))

    text = re.sub(r"\$\{\{(inputs|outputs)\.(\w+)\}\}", path, step.component.command)
    return ["bash", "-c", text]


if __name__ == "__main__":
    main()
