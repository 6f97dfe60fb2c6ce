"""TensorFlow with a real MultiWorkerMirroredStrategy."""

from __future__ import annotations

import json

from tests.frameworks.conftest import SOON, Ranks


def test_two_workers_learn_the_same(ranks: Ranks) -> None:
    found = ranks.rehearse("--pipeline=tensorflow")
    saved = found.saved("tensorflow")
    assert (saved["told"], saved["replicas"], saved["saved_by"]) == ([0, 2], 2, 0)
    learned = []
    for worker in range(2):
        log = found.log("train_tensorflow", worker)
        what = "leaves saving to the main one" if worker else "saves what the node returns"
        assert f"worker {worker} of 2: this process {what}." in log
        (line,) = [line for line in log.splitlines() if line.startswith("learned ")]
        learned.append(json.loads(line.removeprefix("learned ")))
    assert learned[0] == learned[1] == saved["weights"] != [0.0, 0.0]


def test_a_worker_that_is_killed_ends_the_step(ranks: Ranks) -> None:
    found = ranks.rehearse_trouble("tensorflow", "kill")
    assert found.seconds < SOON
    reason = found.step("train_tensorflow")["reason"]
    assert reason.startswith("ended with its worker 1, which was killed by signal 9")
    assert "  in trouble: kill" in found.output
