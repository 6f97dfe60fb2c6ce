"""MPI with a real mpirun and mpi4py."""

from __future__ import annotations

from pathlib import Path

from tests.frameworks.conftest import SOON, Ranks


def test_four_ranks_on_two_nodes_are_told_what_azure_ml_tells_them(ranks: Ranks) -> None:
    """MPI, in docs/architecture/azureml-contracts.md#distributed."""
    found = ranks.rehearse("--pipeline=mpi", "--params=processes=2")
    saved = found.saved("mpi")
    assert saved["saved_by"] == 0
    assert [r["rank"] for r in saved["ranks"]] == [0, 1, 2, 3]
    assert {(r["world_size"], r["total"]) for r in saved["ranks"]} == {(4, 10)}
    assert [r["told"] for r in saved["ranks"]] == [[n, 4] for n in range(4)]
    for number, rank in enumerate(saved["ranks"]):
        node, local = str(number // 2), str(number % 2)
        variables = rank["variables"]
        master = variables.pop("AZ_BATCH_MASTER_NODE")
        assert master.startswith("127.0.0.1:")
        assert int(master.partition(":")[2]) > 0
        assert variables.pop("AZUREML_CR_EXECUTION_WORKING_DIR_PATH") == rank["cwd"]
        assert variables == {
            "OMPI_COMM_WORLD_RANK": str(number),
            "OMPI_COMM_WORLD_SIZE": "4",
            "OMPI_COMM_WORLD_LOCAL_RANK": local,
            "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
            "OMPI_COMM_WORLD_NODE_RANK": local,
            "AZUREML_CR_NODE_RANK": node,
            "AZUREML_NODE_COUNT": "2",
            "AZ_BATCHAI_MPI_MASTER_NODE": "127.0.0.1",
            "AZ_BATCHAI_JOB_MASTER_NODE_IP": "127.0.0.1",
            "AZ_BATCH_HOST_LIST": "127.0.0.1,127.0.0.1",
            "AZ_BATCHAI_TASK_INDEX": node,
        }
        what = "leaves saving to the main one" if number else "saves what the node returns"
        assert f"rank {number} of 4: this process {what}." in found.log("train_mpi", number)
    copies = [rank["cwd"] for rank in saved["ranks"]]
    assert copies[0] == copies[1] != copies[2] == copies[3]
    assert not Path(copies[0]).exists()
    logs = found.folder / "steps/train_mpi/user_logs"
    assert sorted(log.name for log in logs.iterdir()) == [
        "mpi_log.txt",
        *(f"std_log_process_{n}.txt" for n in range(4)),
    ]


def test_a_rank_that_is_killed_ends_the_step(ranks: Ranks) -> None:
    found = ranks.rehearse_trouble("mpi", "kill")
    assert found.seconds < SOON
    reason = found.step("train_mpi")["reason"]
    assert reason.startswith("ended with its rank 1, which was killed by signal 9")
    assert "  in trouble: kill" in found.output
    assert found.step("check_mpi")["status"] == "NotStarted"


def test_a_rank_that_raises_does_not_wait_for_the_others(ranks: Ranks) -> None:
    # mpi4py's MPI_Finalize, at the exit of Python, waits for all ranks.
    found = ranks.rehearse_trouble("mpi", "raise")
    assert found.seconds < SOON
    assert found.step("train_mpi")["reason"] == "ended with its rank 1, which exited with code 1"
    assert "node 'train_mpi' failed: ValueError: rank 1 cannot go on" in found.output


def test_ranks_that_wait_for_ever_end_at_the_timeout(ranks: Ranks) -> None:
    document = ranks.compile_with_timeout("mpi", "hang", 10)
    found = ranks.rehearse(f"--file={document}", check=False)
    assert found.seconds < SOON
    step = found.step("train_mpi")
    reason = "ran longer than its limit of 10 s; still running then: rank 0, rank 1"
    assert (step["status"], step["reason"]) == ("Canceled", reason)
    assert "std_log_process_0.txt:" in found.output
    assert "std_log_process_1.txt:" in found.output
    assert "  in trouble: hang" in found.output
