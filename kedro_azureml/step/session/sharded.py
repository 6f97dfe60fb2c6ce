"""A sharded node in a step: on a share of its partitions, or the end of it, which combines.

Both are Kedro runners around another one, so that the session, and every hook, sees a run like any
other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import AbstractRunner

from kedro_azureml.datasets.partitions import PartitionShare
from kedro_azureml.datasets.pickled import FILE_NAME, PickledDataset
from kedro_azureml.distributed.ranks import ProcessRank
from kedro_azureml.distributed.sharding import ShardingConfig, sharding_of
from kedro_azureml.distributed.shares import Shard
from kedro_azureml.formatting import count
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.step.data.folders import write_manifest
from kedro_azureml.step.data.merged import read_parts
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.log_lines import write_line


def sharded_runner(
    runner: AbstractRunner, record: StepRecord, pipeline: Pipeline
) -> AbstractRunner:
    """Return the runner of a step: the one that is given, unless the step is of a sharded node.

    Args:
        runner: What runs the nodes.
        record: What the step is.
        pipeline: The step's nodes.

    Raises:
        StepError: The node is not what it was when the job was compiled.
    """
    if not record.shards and not record.combined:
        return runner
    node = pipeline.nodes[0]
    config = sharding_of(node.func)
    if config is None or (record.combined and config.combine is None):
        raise StepError(
            f"the node '{node.name}' is not sharded as it was when the job was compiled: the code "
            "that runs here differs. Compile the job again."
        )
    if record.combined:
        return CombiningRunner(runner, record, config)
    try:
        shards = {name: Shard.parse(text) for name, text in record.shards.items()}
    except ValueError as error:
        raise StepError(f"the step cannot tell which share is its own: {error}.") from error
    return ShardRunner(runner, shards, config)


class _RunnerAround(AbstractRunner):
    """A runner that leaves the work to another one."""

    def __init__(self, inner: AbstractRunner) -> None:
        super().__init__()
        self._inner = inner

    def _get_executor(self, max_workers: int) -> Any:
        return self._inner._get_executor(max_workers)  # noqa: SLF001 - Kedro's for its runners

    def _run(self, *args: Any, **kwargs: Any) -> None:
        self._inner._run(*args, **kwargs)  # noqa: SLF001 - likewise


class ShardRunner(_RunnerAround):
    """Runs a node on its share of the partitions, or not at all if there are none.

    Args:
        inner: What runs the node.
        shards: The input whose partitions are shared, to the share.
        config: What the node's decorator says.
    """

    def __init__(
        self, inner: AbstractRunner, shards: Mapping[str, Shard], config: ShardingConfig
    ) -> None:
        super().__init__(inner)
        self._shards = shards
        self._config = config

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run the node with a catalog that loads the share alone."""
        for name, shard in self._shards.items():
            whole = catalog.get(name)
            share = PartitionShare(whole, name, shard, self._config.balance)
            held = count(len(share.load()), "partition")
            write_line(f"shard {shard} has {held} of '{name}'.")
            if not share.load():
                return {}
            catalog[name] = share
        result: dict[str, Any] = self._inner.run(pipeline, catalog, *args, **kwargs)
        return result


class CombiningRunner(_RunnerAround):
    """Makes a node's output of what its shards have returned, without calling its function.

    Args:
        inner: What runs the combining.
        record: What the step is.
        config: What the node's decorator says.
    """

    def __init__(self, inner: AbstractRunner, record: StepRecord, config: ShardingConfig) -> None:
        super().__init__(inner)
        self._record = record
        self._config = config

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a node of the same name and output that reads no dataset."""
        node = pipeline.nodes[0]
        combining = Node(self._combine, None, node.outputs[0], name=node.name, tags=node.tags)
        result: dict[str, Any] = self._inner.run(Pipeline([combining]), catalog, *args, **kwargs)
        return result

    def _combine(self) -> Any:
        results = []
        for name, folders in self._record.combined.items():
            for part in read_parts(name, folders):
                # A shard without partitions has no result.
                if part.manifest.files:
                    file = part.folder / FILE_NAME
                    results.append(PickledDataset(str(file), f"{name} ({part.shard})").load())
        write_line(f"combining the results of {count(len(results), 'shard')}.")
        assert self._config.combine is not None  # noqa: S101 - `sharded_runner` has looked
        return self._config.combine(results)


def on_machine(record: StepRecord, process: ProcessRank) -> StepRecord:
    """Return what one of several machines does: its share, in a folder of its own."""
    shard = Shard(process.rank + 1, process.world_size)
    return replace(
        record,
        shards=dict.fromkeys(record.shards, str(shard)),
        outputs={name: f"{folder}/{shard.name}" for name, folder in record.outputs.items()},
        partials={name: f"{folder}/{shard.name}" for name, folder in record.partials.items()},
    )


def describe_parts(record: StepRecord, machines: int) -> None:
    """Say in a step's outputs that each of its machines has a folder in them."""
    for name, folder in record.outputs.items():
        write_manifest(Path(folder), name, "local", files={}, parts=machines)
    for folder in record.partials.values():
        write_manifest(Path(folder), "", "object", files={}, parts=machines)
