"""MPI by mpi4py: sums, gathers, and the exit that waits for everybody."""

import os
from pathlib import Path

from kedro_azureml.distributed import Framework, distributed_job, rank, world_size
from ranks import trouble as rank_trouble


@distributed_job(Framework.MPI, "params:num_nodes", "params:processes")
def train(trouble: str) -> dict:
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    total = world.allreduce(world.rank + 1)
    if world.rank == 1 and trouble != "nothing":
        rank_trouble.make(trouble)
    names = [
        *(f"OMPI_COMM_WORLD_{name}" for name in ("RANK", "SIZE", "LOCAL_RANK", "LOCAL_SIZE")),
        "OMPI_COMM_WORLD_NODE_RANK",
        "AZUREML_CR_NODE_RANK",
        "AZUREML_NODE_COUNT",
        "AZ_BATCH_MASTER_NODE",
        "AZ_BATCHAI_MPI_MASTER_NODE",
        "AZ_BATCHAI_JOB_MASTER_NODE_IP",
        "AZ_BATCH_HOST_LIST",
        "AZ_BATCHAI_TASK_INDEX",
        "AZUREML_CR_EXECUTION_WORKING_DIR_PATH",
    ]
    mine = {
        "rank": world.rank,
        "world_size": world.size,
        "told": [rank(), world_size()],
        "total": total,
        "variables": {name: os.environ.get(name) for name in names},
        "cwd": str(Path.cwd()),
    }
    everyone = world.allgather(mine)
    return {"ranks": everyone, "saved_by": rank()}
