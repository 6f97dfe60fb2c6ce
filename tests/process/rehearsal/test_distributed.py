"""Distributed steps on this machine: what each process is told, and how the step ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.run.failures import failures
from kedro_azureml.console.run.summary import print_summary
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.rehearsal import RunReport
from kedro_azureml.rehearsal.launch.distributed.layout import processes_of
from kedro_azureml.rehearsal.launch.distributed.ports import Ports
from kedro_azureml.rehearsal.plan.model import PlannedDistribution
from tests.kit.job_documents import command, distributed, output_of
from tests.process.rehearsal.conftest import Stage, log_of, log_path

PROBE = """\
import json, os, pathlib, sys, time
name = os.environ.get("RANK") or json.loads(os.environ["TF_CONFIG"])["task"]
name = name if isinstance(name, str) else "{type}-{index}".format(**name)
told = {"environment": dict(os.environ), "cwd": os.getcwd()}
(pathlib.Path(sys.argv[1]) / f"{name}.json").write_text(json.dumps(told))
pathlib.Path(f"left-by-{name}.txt").touch()
print("I am", name, flush=True)
# Parameter servers are ended when the workers have ended: these wait until all are there.
while len(list(pathlib.Path(sys.argv[1]).glob("*.json"))) < int(sys.argv[2]):
    time.sleep(0.05)
"""
#: What a shell sets by itself.
SHELLS = {"PWD", "OLDPWD", "SHLVL", "_"}


def run_one(stage: Stage, text: str, *args: Any, **options: Any) -> RunStep:
    return stage.run({"probe": distributed(text, *args, **options)}).steps["probe"]


def probe(stage: Stage, count: int, *args: Any, **numbers: int) -> tuple[RunStep, dict[str, Any]]:
    """What each process was told."""
    stage.write("code/probe.py", PROBE)
    step = run_one(stage, f'python probe.py "${{{{outputs.told}}}}" {count}', *args, **numbers)
    assert step.status == "Completed", log_of(step)
    told = step.outputs[0].path
    return step, {file.stem: json.loads(file.read_text()) for file in told.glob("*.json")}


def summary(report: RunReport) -> str:
    stream = StringIO()
    print_summary(report, stream)
    with redirect_stderr(stream):
        print_diagnostics(failures(report))
    return stream.getvalue()


def common(told: dict[str, Any], *own: str) -> dict[str, Any]:
    """The variables without the framework's own, the node's and the shell's."""
    node = ("AZUREML_CR_NODE_RANK", "AZUREML_CR_EXECUTION_WORKING_DIR_PATH")
    leave_out = {*own, *node, *SHELLS}
    return {name: v for name, v in told["environment"].items() if name not in leave_out}


def test_a_distributed_step_is_told_nothing_else(stage: Stage) -> None:
    _, told = probe(stage, 1, "pytorch", 1)
    ordinary = stage.run_one('python -c "import os; print(*os.environ)" > "${{outputs.told}}/n"')
    names = set((ordinary.outputs[0].path / "n").read_text().split())
    framework = {"MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "NODE_RANK", "RANK", "LOCAL_RANK"}
    assert set(told["0"]["environment"]) - SHELLS == (names | framework) - SHELLS


def test_each_machine_has_a_working_copy_and_all_share_the_outputs(stage: Stage) -> None:
    step, told = probe(stage, 4, "pytorch", 2, process_count_per_instance=2)
    copies = [told[str(rank)]["cwd"] for rank in range(4)]
    assert copies[0] == copies[1] != copies[2] == copies[3]
    for rank, copy in enumerate(copies):
        assert told[str(rank)]["environment"]["AZUREML_CR_EXECUTION_WORKING_DIR_PATH"] == copy
        assert not Path(copy).exists()
    (warning,) = [w for w in step.warnings if "working directory" in w]
    assert all(f"left-by-{rank}.txt" in warning for rank in range(3))
    root = log_path(step).parents[1]
    assert sorted(p.name for p in root.iterdir() if p.name.startswith("wd")) == ["wd", "wd-1"]


FAIL = """\
if [ "$RANK" = 1 ]; then echo "rank 1 gives up"; exit 3; fi
echo "rank $RANK waits"; sleep 3000
"""


def test_one_that_fails_ends_the_others_and_its_log_is_shown(stage: Stage) -> None:
    report = stage.run({"probe": distributed(FAIL, process_count_per_instance=3)})
    step = report.steps["probe"]
    assert (step.status, step.exit_code) == ("Failed", 3)
    assert step.reason == "ended with its rank 1, which exited with code 3"
    assert step.log is not None
    assert step.log.name == "std_log_process_1.txt"
    shown = summary(report)
    assert "The step 'probe' ended with its rank 1, which exited with code 3." in shown
    assert "  rank 1 gives up" in shown
    assert "waits" not in shown
    assert "The logs of all 3 processes: " in shown


def test_one_that_is_killed_ends_the_others(stage: Stage) -> None:
    text = 'if [ "$RANK" = 0 ]; then kill -9 $$; fi; trap "" TERM; while :; do sleep 1; done'
    step = run_one(stage, text, process_count_per_instance=2)
    assert step.status == "Failed"
    assert "ended with its rank 0, which was killed by signal 9 (SIGKILL" in str(step.reason)


def test_a_parameter_server_that_fails_fails_the_step(stage: Stage) -> None:
    text = 'case $TF_CONFIG in *\'"type": "ps"\'*) echo "no room"; exit 1;; esac; sleep 3000'
    report = stage.run({"probe": distributed(text, "tensorflow", 1, parameter_server_count=1)})
    assert report.steps["probe"].reason == "ended with its ps 0, which exited with code 1"
    assert "  no room" in summary(report)


def test_ranks_that_wait_for_ever_end_at_the_timeout_with_their_last_lines(stage: Stage) -> None:
    text = 'echo "rank $RANK waits for another"; test "$RANK" = 2 || exec sleep 3000'
    report = stage.run({"probe": distributed(text, process_count_per_instance=3, timeout=2)})
    step = report.steps["probe"]
    assert (step.status, step.timed_out) == ("Canceled", True)
    shown = summary(report)
    reason = "ran longer than its limit of 2 s; still running then: rank 0, rank 1"
    assert f"'probe' {reason}." in shown
    for rank in range(3):
        assert f"std_log_process_{rank}.txt:\n    rank {rank} waits for another\n" in shown


def test_nothing_is_left_of_any_rank(stage: Stage) -> None:
    # One leaves by a session of its own, as a daemon does.
    text = 'setsid sleep 3000 & echo $! > "${{outputs.pids}}/$RANK"; test "$RANK" = 0'
    step = run_one(stage, text, process_count_per_instance=2)
    assert step.status == "Failed"
    pids = [int(file.read_text()) for file in step.outputs[0].path.iterdir()]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            _wait_until_gone(pid)


def _wait_until_gone(pid: int) -> None:
    for _ in range(100):
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            raise ProcessLookupError
        time.sleep(0.05)


def test_too_many_processes_are_refused_and_never_reduced(stage: Stage) -> None:
    """KAZ606."""
    jobs = {"big": distributed("true", "mpi", 4, process_count_per_instance=3)}
    with pytest.raises(DiagnosticError) as caught:
        stage.run(jobs, max_processes=8)
    (found,) = [d for d in caught.value.diagnostics if d.code == "KAZ606"]
    assert found.where == "probe.yml jobs.big"
    assert "has 12 processes (mpi: 12 workers on 4 nodes)" in found.message
    assert "--max-processes=12" in found.remedy
    assert not (stage.root / ".kedro_azureml").exists()


def test_more_processes_are_allowed_when_asked_for(stage: Stage) -> None:
    jobs = {"big": distributed("true", process_count_per_instance=9)}
    assert stage.run(jobs, max_processes=9).status == "Completed"


def test_distributed_steps_together_stay_below_the_limit(stage: Stage) -> None:
    text = 'date +%s.%N > "${{outputs.times}}/$RANK"; sleep 0.5'
    text += '; date +%s.%N >> "${{outputs.times}}/$RANK"'
    jobs = {name: distributed(text, process_count_per_instance=2) for name in ("one", "two")}
    report = stage.run(jobs, max_processes=3)
    times = [
        sorted(
            float(t) for file in step.outputs[0].path.iterdir() for t in file.read_text().split()
        )
        for step in report.steps.values()
    ]
    first, second = sorted(times)
    assert first[-1] < second[0]


def test_steps_at_the_same_time_have_ports_of_their_own(stage: Stage) -> None:
    text = 'echo $MASTER_PORT > "${{outputs.port}}/$RANK"; sleep 1'
    jobs = {name: distributed(text, process_count_per_instance=2) for name in ("one", "two")}
    report = stage.run(jobs)
    ports = [(s.outputs[0].path / "0").read_text() for s in report.steps.values()]
    assert len(set(ports)) == 2


def test_a_step_after_a_distributed_one(stage: Stage) -> None:
    jobs = {
        "many": distributed(
            'if [ "$RANK" = 0 ]; then echo all > "${{outputs.model}}/m"; fi',
            process_count_per_instance=2,
        ),
        "one": command(
            'cat "${{inputs.model}}/m" && test -z "$RANK$MASTER_ADDR"',
            inputs={"model": output_of("many", "model")},
        ),
    }
    report = stage.run(jobs)
    assert report.status == "Completed"
    assert log_of(report.steps["one"]) == "all\n"
    data = json.loads((report.folder / "report.json").read_text())
    assert data["steps"]["many"]["logs"] == [
        f"steps/many/user_logs/std_log_process_{rank}.txt" for rank in range(2)
    ]
    assert not data["steps"]["one"]["logs"]
    assert "(of a distributed step, in std_log_process_RANK.txt)" in summary(report)


def test_ctrl_c_ends_all_ranks(stage: Stage) -> None:
    mark = stage.root / "began"
    text = f'echo "rank $RANK sleeps"; touch "{mark}-$RANK"; exec sleep 3000'

    def interrupt() -> None:
        while not all(Path(f"{mark}-{rank}").exists() for rank in range(2)):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    report = stage.run({"probe": distributed(text, process_count_per_instance=2)})
    assert report.status == "Canceled"
    assert report.steps["probe"].status == "Canceled"
    shown = summary(report)
    assert "Where the processes of 'probe' were:" in shown
    assert all(f"_{rank}.txt:\n  rank {rank} sleeps\n" in shown for rank in range(2))


def test_a_canceled_step_s_ranks_have_the_whole_grace(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kedro_azureml.rehearsal.launch.distributed.ranks.RANK_GRACE_SECONDS", 0.1)
    text = (
        'trap \'test "$RANK" = 0 || sleep 1; touch "${{outputs.saved}}/$RANK"; exit 1\' TERM; '
        "while :; do sleep 0.1; done"
    )
    step = distributed(text, process_count_per_instance=2, timeout=1)
    (probed,) = stage.run({"probe": step}, kill_grace=20).steps.values()
    assert probed.status == "Canceled"
    assert sorted(file.name for file in probed.outputs[0].path.iterdir()) == ["0", "1"]


def test_warm_steps_beside_a_distributed_one(stage: Stage) -> None:
    jobs = {"many": distributed('test -n "$RANK"', process_count_per_instance=2)}
    report = stage.run({**jobs, "one": command('test -z "$RANK"')}, warm=True)
    assert report.status == "Completed"


@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 6))
def test_every_layout_fills_its_nodes(nodes: int, workers: int, servers: int) -> None:
    found = processes_of(PlannedDistribution("tensorflow", nodes, workers, servers))
    assert len(found) == workers + servers
    assert len({p.log_name for p in found}) == len(found)
    assert len({(p.node, p.local_rank) for p in found}) == len(found)
    assert all(0 <= p.node < nodes for p in found)
    ranks = [p for p in found if not p.serves]
    assert [p.rank for p in ranks] == list(range(workers))
    assert [p.node for p in ranks] == sorted(p.node for p in ranks)


def test_a_port_that_is_taken_is_given_to_nobody() -> None:
    ports = Ports()
    with socket.socket() as listener:
        listener.bind(("", 0))
        listener.listen()
        busy = listener.getsockname()[1]
        assert busy not in ports.take(3, preferred=busy)
    (free,) = ports.take(1, preferred=busy)
    assert free == busy
    assert busy not in ports.take(2, preferred=busy)
    # Another rehearsal, whose processes do not listen yet either.
    other = Ports()
    assert busy not in other.take(2, preferred=busy)
    ports.release([busy])
    assert other.take(1, preferred=busy) == [busy]
    other.release([busy])
