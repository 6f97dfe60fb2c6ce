"""PyTorch with real process groups (gloo)."""

from __future__ import annotations

from tests.frameworks.conftest import SOON, Ranks


def test_ddp_trains_on_two_nodes_with_two_processes_each(ranks: Ranks) -> None:
    found = ranks.rehearse("--pipeline=pytorch", "--params=processes=2")
    saved = found.saved("pytorch")
    assert saved["saved_by"] == 0
    assert [r["rank"] for r in saved["ranks"]] == [0, 1, 2, 3]
    assert [r["told"] for r in saved["ranks"]] == [[n, 4, n % 2] for n in range(4)]
    assert {r["world_size"] for r in saved["ranks"]} == {4}
    weights = [r["weights"] for r in saved["ranks"]]
    assert all(each == weights[0] for each in weights)
    assert weights[0] != [[0.0, 0.0, 0.0], [0.0]]
    for rank in range(4):
        what = "leaves saving to the main one" if rank else "saves what the node returns"
        assert f"rank {rank} of 4: this process {what}." in found.log("train_pytorch", rank)
    assert found.step("check_pytorch")["status"] == "Completed"


def test_a_rank_that_is_killed_ends_the_step(ranks: Ranks) -> None:
    found = ranks.rehearse_trouble("pytorch", "kill")
    assert found.seconds < SOON
    reason = found.step("train_pytorch")["reason"]
    assert reason.startswith("ended with its rank 1, which was killed by signal 9")
    assert "train_pytorch/user_logs/std_log_process_1.txt:" in found.output
    assert "  in trouble: kill" in found.output
    assert found.step("check_pytorch")["status"] == "NotStarted"


def test_a_rank_that_raises_ends_the_step(ranks: Ranks) -> None:
    found = ranks.rehearse_trouble("pytorch", "raise")
    assert found.seconds < SOON
    assert found.step("train_pytorch")["reason"] == (
        "ended with its rank 1, which exited with code 1"
    )
    message = "kedro-azureml: node 'train_pytorch' failed: ValueError: rank 1 cannot go on"
    assert message in found.output
