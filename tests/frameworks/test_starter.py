"""The starter's distributed node, with PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.projects import new_starter_project
from tests.kit.shell import run_kedro


def test_the_starter_s_network_learns_on_two_nodes_what_it_learns_on_one(tmp_path: Path) -> None:
    project = new_starter_project(tmp_path)
    rehearse = ("azureml", "run", "--local", "--into-catalog", "--pipeline=distributed_training")
    done = run_kedro(project, *rehearse)
    assert "network_train_network  Completed" in done.stdout
    metrics = project / "data/08_reporting/network_metrics.json"
    together = json.loads(metrics.read_text())["r2"]
    run_kedro(project, "run", "--nodes=network.train_network", "--pipeline=distributed_training")
    alone = json.loads(metrics.read_text())["r2"]
    assert 0.9 < together < 1
    assert abs(together - alone) < 0.02
