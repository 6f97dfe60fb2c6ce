"""DistributedDataParallel on the CPU: every rank ends with the same weights."""

import os

from kedro_azureml.distributed import Framework, distributed_job, rank, world_size
from ranks import trouble as rank_trouble

STEPS = 20


@distributed_job(Framework.PyTorch, "params:num_nodes", "params:processes")
def train(trouble: str) -> dict:
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    torch.manual_seed(rank())  # different at the start, and on different data
    model = DistributedDataParallel(torch.nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs = torch.randn(64, 3)
    targets = inputs @ torch.tensor([[1.0], [2.0], [3.0]])
    for step in range(STEPS):
        if step == STEPS // 2 and rank() == 1 and trouble != "nothing":
            rank_trouble.make(trouble)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
    mine = {
        "rank": dist.get_rank(),
        "world_size": dist.get_world_size(),
        "told": [rank(), world_size(), int(os.environ["LOCAL_RANK"])],
        "weights": [p.detach().flatten().tolist() for p in model.parameters()],
    }
    everyone = [None] * world_size()
    dist.all_gather_object(everyone, mine)
    dist.destroy_process_group()
    return {"ranks": everyone, "saved_by": rank()}
