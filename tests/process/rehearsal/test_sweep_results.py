"""What a person sees of a sweep: the plan, the table, the catalog, and the same in Python."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.sweep_project import SWEEP, compiled, project_with, results
from tests.kit.waiting import PATIENCE, wait_until


def test_what_a_failed_combination_did_not_touch_goes_into_the_catalog(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    sweep = ("--sweep", "model.alpha=13,2", "--max-concurrent", "1")
    done = run_kedro(project, "azureml", "run", "--local", *sweep, "--into-catalog", check=False)
    assert done.returncode == 1
    assert "1 combination completed, 1 did not." in done.stdout
    assert set(results(project, "metrics")) == {"alpha=2"}
    # The step before it completed.
    assert set(results(project)) == {"alpha=2", "alpha=13"}
    # A metric that is no number hides none of the others.
    (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith("2  ")]
    assert row[1:6] == ["2", "10", "0", "20", "nan"]


def test_no_result_is_put_into_the_folder_of_another_dataset(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    with (project / "conf/base/catalog.yml").open("a") as catalog:
        catalog.write("many: {type: partitions.PartitionedDataset, path: data/08/metrics}\n")
        catalog.write("more: {type: partitions.PartitionedDataset, path: data/08/metrics_sweep}\n")
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert set(results(project)) == {"alpha=0.5", "alpha=2"}
    assert {
        path.parent.relative_to(project).as_posix()
        for path in project.rglob("metrics.json")
        if "data" in path.relative_to(project).parts[:1]
    } == {
        "data/08/metrics_sweep_sweep/alpha=0.5",
        "data/08/metrics_sweep_sweep/alpha=2",
    }


def test_the_name_of_a_step_tells_its_values(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    registry = project / "src/minimal/pipeline_registry.py"
    long = "train_the_model_of_which_everybody_speaks_by_a_method_that_is_new"
    registry.write_text(registry.read_text().replace('name="train"', f'name="{long}"'))
    job = compiled(project, *SWEEP)
    steps = [name for name in job.jobs if name.startswith("train_the_model")]
    assert [name.partition("_alpha_")[2] for name in steps] == ["0_5", "2"]
    assert all(len(name) <= 63 for name in steps)


def test_an_interrupted_sweep_shows_what_completed(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    sweep = ("--sweep", "model.alpha=2,forever,3", "--max-concurrent", "1")
    command = [sys.executable, "-m", "kedro", "azureml", "run", "--local", *sweep]
    with subprocess.Popen(
        command, cwd=project, env=environment(), stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        begun = "steps/train_alpha_forever/user_logs/std_log.txt"
        wait_until(lambda: any(project.glob(f".kedro_azureml/runs/*/{begun}")))
        running.send_signal(signal.SIGINT)
        stdout, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    lines = [line.split() for line in stdout.splitlines()]
    start = next(n for n, line in enumerate(lines) if line[:1] == ["model.alpha"])
    assert [(line[0], line[4], line[-1]) for line in lines[start + 1 : start + 4]] == [
        ("2", "20", "Completed"),
        ("forever", "-", "Canceled"),
        ("3", "-", "NotStarted"),
    ]
    assert "1 combination completed, 2 did not." in stdout


def test_a_bounded_sweep_can_be_planned(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    page = tmp_path / "plan.html"
    bound = ("--sweep", "model.alpha=1,2,3,4", "--max-concurrent", "2")
    done = run_kedro(project, "azureml", "plan", *bound, "--html", str(page))
    assert all(f"train_alpha_{value}" in done.stdout for value in (1, 2, 3, 4))
    assert page.is_file()


PROGRAM = """\
import numpy as np
from kedro_azureml import DiagnosticError, compile_project, rehearse

rates = compile_project(local=True, sweep={"noise": np.linspace(0, 1, 3), "n": [np.int64(2)]})
print([row.values for row in rehearse(rates).combinations])
for wrong in ("abc", 1, {"a": 1}):
    try:
        compile_project(local=True, sweep={"noise": wrong})
    except DiagnosticError as error:
        print(error.diagnostics[0].code, error.diagnostics[0].message)
"""


def test_python_takes_values_of_numpy_and_refuses_what_is_no_list(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    rows, *refused = done.stdout.splitlines()[-4:]
    assert rows == "[(0.0, 2), (0.5, 2), (1.0, 2)]"
    assert refused == ["KAZ261 'noise': Input should be a valid list."] * 3


def test_a_thousand_combinations_fit_into_the_commands_that_summarise_them(
    tmp_path: Path,
) -> None:
    nodes = "".join(
        f"""node(one, "params:the_parameter_{n}", "made_{n}", name="the_node_{n}"),"""
        for n in range(3)
    )
    project = make_project(
        tmp_path / "p", nodes, parameters=json.dumps({f"the_parameter_{n}": 0 for n in range(3)})
    )
    ten = ",".join(map(str, range(10)))
    sweep = [word for n in range(3) for word in ("--sweep", f"the_parameter_{n}={ten}")]
    done = run_kedro(project, "azureml", "run", "--local", "--warm", *sweep)
    assert "1000 combinations completed." in done.stdout
    job = compiled(project, *sweep)
    assert sum(name.startswith("sweep_summary_") for name in job.jobs) > 1
    assert max(len(step.component.command.encode()) for step in job.jobs.values()) < 100_000
    done = run_kedro(
        project, "azureml", "compile", "--sweep", f"the_parameter_0={'x' * 60_000}", check=False
    )
    assert "error KAZ262  --sweep" in done.stderr
