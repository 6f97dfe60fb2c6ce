"""The steps of a job together: order, failures, distributed steps.

The promises: docs/architecture/azureml-contracts.md#what-azure-ml-promises-a-command-step
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.kit.executors import Bench, StepOutcome
from tests.kit.job_documents import command, distributed, output_of


class TestOrder:
    def test_data_decides_it(self, bench: Bench) -> None:
        note = 'cat "${{inputs.i}}/x"; (cat "${{inputs.i}}/x"; echo %s) > "${{outputs.o}}/x"'
        job = bench.run(
            {
                "c": command(note % "c", inputs={"i": output_of("b", "o")}),
                "b": command(note % "b", inputs={"i": output_of("a", "o")}),
                "a": command('echo a > "${{outputs.o}}/x"'),
            }
        )
        assert job.status == "Completed"
        assert job.steps["c"].log == "a\nb\n"

    def test_independent_steps_run_at_the_same_time(self, bench: Bench) -> None:
        # Each waits for the other.
        marks = {name: bench.root / f"began-{name}" for name in ("one", "two")}
        text = "touch '{}'; until test -e '{}'; do sleep 0.1; done"
        jobs = {
            "one": command(text.format(marks["one"], marks["two"]), limits={"timeout": 300}),
            "two": command(text.format(marks["two"], marks["one"]), limits={"timeout": 300}),
        }
        assert bench.run(jobs).status == "Completed"


class TestFailure:
    @pytest.mark.parametrize("settings", [{}, {"continue_on_step_failure": True}])
    def test_independent_steps_go_on_by_default(
        self, settings: dict[str, bool], bench: Bench
    ) -> None:
        job = bench.run(_one_fails("sleep 0.5"), settings=settings)
        assert job.status == "Failed"
        assert _statuses(job.steps) == {
            "bad": "Failed",
            "long": "Completed",
            "after_bad": "NotStarted",
            "after_that": "NotStarted",
            "after_long": "Completed",
        }

    def test_running_steps_are_canceled_when_the_job_says_so(self, bench: Bench) -> None:
        job = bench.run(_one_fails("sleep 600"), settings={"continue_on_step_failure": False})
        assert job.status == "Failed"
        assert _statuses(job.steps) == {
            "bad": "Failed",
            "long": "Canceled",
            "after_bad": "NotStarted",
            "after_that": "NotStarted",
            "after_long": "NotStarted",
        }

    def test_an_optional_input_of_a_failed_step_has_no_value(self, bench: Bench) -> None:
        job = bench.run(
            {
                "bad": command('touch "${{outputs.o}}/x"; exit 1'),
                "next": command(
                    'echo "got:$[[ ${{inputs.i}}]]"',
                    inputs={"i": output_of("bad", "o")},
                    types={"i": {"type": "uri_folder", "optional": True}},
                ),
            }
        )
        assert job.steps["next"].status == "Completed"
        assert job.steps["next"].log == "got:\n"

    def test_a_timeout_is_a_failure_of_the_job(self, bench: Bench) -> None:
        job = bench.run(
            {
                "slow": command('sleep 600; : "${{outputs.o}}"', limits={"timeout": 1}),
                "next": command("true", inputs={"i": output_of("slow", "o")}),
            }
        )
        assert job.status == "Failed"
        assert _statuses(job.steps) == {"slow": "Canceled", "next": "NotStarted"}


def _one_fails(long: str) -> dict[str, dict[str, Any]]:
    """A step fails once another one runs."""
    mark = '$(dirname "$AZUREML_CR_HT_CAP_user_logs_PATH")/../long-runs'
    after = 'touch "${{outputs.o}}/x"'
    return {
        "bad": command(
            f'touch "${{{{outputs.o}}}}/x"; until test -e "{mark}"; do sleep 0.1; done; exit 1'
        ),
        "long": command(f'touch "{mark}" "${{{{outputs.o}}}}/x"; {long}'),
        "after_bad": command(after, inputs={"i": output_of("bad", "o")}),
        "after_that": command("echo never", inputs={"i": output_of("after_bad", "o")}),
        "after_long": command("echo ran", inputs={"i": output_of("long", "o")}),
    }


def _statuses(steps: Mapping[str, StepOutcome]) -> dict[str, str]:
    return {name: step.status for name, step in steps.items()}


PROBE = """\
import json, os, pathlib, sys, time
name = os.environ.get("RANK") or json.loads(os.environ["TF_CONFIG"])["task"]
name = name if isinstance(name, str) else "{type}-{index}".format(**name)
said = {"environment": dict(os.environ), "cwd": os.getcwd()}
partial = pathlib.Path(sys.argv[1]) / f"{name}.partial"
partial.write_text(json.dumps(said))
partial.rename(partial.with_suffix(".json"))
print("I am", name, flush=True)
# Parameter servers are ended when the workers have ended: these wait until all are there.
while len(list(pathlib.Path(sys.argv[1]).glob("*.json"))) < int(sys.argv[2]):
    time.sleep(0.05)
"""


def _probe(
    bench: Bench, count: int, kind: str, nodes: int, **numbers: int
) -> tuple[StepOutcome, dict[str, Any]]:
    """What each process is told."""
    bench.write("code/probe.py", PROBE)
    text = f'python probe.py "${{{{outputs.said}}}}" {count}'
    step = bench.run({"probe": distributed(text, kind, nodes, **numbers)}).steps["probe"]
    assert step.status == "Completed", step
    files = step.outputs["said"].glob("*.json")
    return step, {file.stem: json.loads(file.read_text()) for file in files}


class TestDistributed:
    def test_pytorch(self, bench: Bench) -> None:
        step, said = _probe(bench, 4, "pytorch", 2, process_count_per_instance=2)
        assert sorted(said) == ["0", "1", "2", "3"]
        ports = set()
        for rank, (node, local) in enumerate([("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]):
            variables = said[str(rank)]["environment"]
            assert variables["MASTER_ADDR"] == "127.0.0.1"
            ports.add(variables["MASTER_PORT"])
            assert variables["WORLD_SIZE"] == "4"
            assert variables["NODE_RANK"] == variables["AZUREML_CR_NODE_RANK"] == node
            assert variables["LOCAL_RANK"] == local
            assert variables["AZUREML_NODE_COUNT"] == "2"
        assert len(ports) == 1
        assert {name: log.read_text() for name, log in step.logs.items()} == {
            f"std_log_process_{rank}.txt": f"I am {rank}\n" for rank in range(4)
        }
        folders = [said[str(rank)]["cwd"] for rank in range(4)]
        assert folders[0] == folders[1] != folders[2] == folders[3]

    def test_tensorflow(self, bench: Bench) -> None:
        step, said = _probe(bench, 4, "tensorflow", 2, worker_count=3, parameter_server_count=1)
        assert sorted(said) == ["ps-0", "worker-0", "worker-1", "worker-2"]
        configs = {n: json.loads(each["environment"]["TF_CONFIG"]) for n, each in said.items()}
        cluster = configs["worker-0"]["cluster"]
        assert {kind: len(hosts) for kind, hosts in cluster.items()} == {"worker": 3, "ps": 1}
        for name, config in configs.items():
            kind, index = name.split("-")
            task = {"type": kind, "index": int(index)}
            assert config == {"cluster": cluster, "task": task, "environment": "cloud"}
        nodes = {n: each["environment"]["AZUREML_CR_NODE_RANK"] for n, each in said.items()}
        assert nodes == {"worker-0": "0", "worker-1": "0", "worker-2": "1", "ps-0": "0"}
        names = [*(f"std_log_process_{n}.txt" for n in range(3)), "std_log_process_0_ps.txt"]
        assert list(step.logs) == names

    def test_workers_are_as_many_as_machines_unless_said(self, bench: Bench) -> None:
        _, said = _probe(bench, 2, "tensorflow", 2)
        cluster = json.loads(said["worker-0"]["environment"]["TF_CONFIG"])["cluster"]
        assert {kind: len(hosts) for kind, hosts in cluster.items()} == {"worker": 2}

    def test_the_document_s_variables_do_not_change_a_rank(self, bench: Bench) -> None:
        step = distributed('test "$RANK $COLOUR" = "0 red"')
        step["environment_variables"] = {"RANK": "7", "COLOUR": "red"}
        assert bench.run({"probe": step}).steps["probe"].status == "Completed"

    def test_a_rank_that_fails_ends_the_others(self, bench: Bench) -> None:
        text = 'if [ "$RANK" = 1 ]; then exit 3; fi; sleep 600'
        step = bench.run({"probe": distributed(text, process_count_per_instance=3)}).steps["probe"]
        assert (step.status, step.exit_code) == ("Failed", 3)

    def test_a_parameter_server_ends_with_the_workers(self, bench: Bench) -> None:
        text = 'case $TF_CONFIG in *\'"type": "ps"\'*) exec sleep 600;; esac; echo done'
        job = bench.run({"probe": distributed(text, "tensorflow", 1, parameter_server_count=1)})
        assert job.status == "Completed"
