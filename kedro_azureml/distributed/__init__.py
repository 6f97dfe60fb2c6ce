"""Nodes that run as several processes or several steps: mark them here.

Example:
    ```python
    from kedro_azureml.distributed import Framework, distributed_job, rank, sharded

    @distributed_job(Framework.PyTorch, num_nodes=2, processes_per_node=4)
    def train(table): ...

    @sharded(by="partitions", shards=8)
    def clean(partitions): ...
    ```

Nothing here imports a framework, and plain ``kedro run`` calls the function as if it had no mark.
"""

from kedro_azureml.distributed.config import Framework
from kedro_azureml.distributed.decorators import distributed_job
from kedro_azureml.distributed.ranks import is_main, rank, world_size
from kedro_azureml.distributed.sharding import sharded

__all__ = ["Framework", "distributed_job", "is_main", "rank", "sharded", "world_size"]
