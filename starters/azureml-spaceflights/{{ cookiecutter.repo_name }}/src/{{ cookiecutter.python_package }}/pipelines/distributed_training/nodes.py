"""Train a small network on several processes, each with its share of the rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kedro_azureml.distributed import Framework, distributed_job, rank, world_size

TARGET = "seat_price"


@distributed_job(
    Framework.PyTorch,
    num_nodes="params:num_nodes",
    processes_per_node="params:processes_per_node",
)
def train_network(
    model_input: pd.DataFrame, options: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, float]]:
    """The weights, and how well they fit: all processes end with the same, the main one saves."""
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    features = torch.tensor(model_input[options["features"]].to_numpy("float32"))
    prices = torch.tensor(model_input[[TARGET]].to_numpy("float32"))
    features = (features - features.mean(0)) / (features.std(0) + 1e-6)
    center, spread = prices.mean(), prices.std()
    targets = (prices - center) / spread
    own = slice(rank(), None, world_size())

    torch.manual_seed(options["seed"])
    network = torch.nn.Sequential(
        torch.nn.Linear(features.shape[1], 16), torch.nn.ReLU(), torch.nn.Linear(16, 1)
    )
    trained: torch.nn.Module = network
    # `kedro run` calls this function in one process, with nobody to talk to.
    if world_size() > 1:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        trained = DistributedDataParallel(network)
    optimizer = torch.optim.Adam(trained.parameters(), lr=options["learning_rate"])
    for _ in range(options["epochs"]):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(trained(features[own]), targets[own])
        loss.backward()
        optimizer.step()
    if world_size() > 1:
        dist.destroy_process_group()

    with torch.no_grad():
        errors = (network(features) - targets) ** 2
    metrics = {"r2": round(1 - float(errors.sum() / (targets**2).sum()), 4)}
    weights = {name: values.numpy() for name, values in network.state_dict().items()}
    return weights, metrics
