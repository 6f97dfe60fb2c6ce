"""What is said of a job beside its picture: steps, longest path, bytes to upload."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.compiler import Compilation
from kedro_azureml.formatting import count, listed, size
from kedro_azureml.job.export import Export
from kedro_azureml.job.registered import registered_outputs
from kedro_azureml.plan_view.graph import Graph, steps_and_nodes

_MOST = 12


def facts(compilation: Compilation, graph: Graph) -> Iterator[str]:
    """Return one line for each fact."""
    yield f"{steps_and_nodes(graph)}."
    path = graph.longest_path()
    shown = path if len(path) <= _MOST else [*path[: _MOST - 2], "...", path[-1]]
    yield f"Longest path, {count(len(path), 'step')}: {' > '.join(shown)}."
    raw = sum(compilation.raw_inputs.values())
    code = compilation.snapshot_bytes
    yield (
        f"To upload: {size(raw + code)}, "
        f"{count(len(compilation.raw_inputs), 'raw input')} ({size(raw)}) and "
        f"{count(compilation.snapshot_files, 'file')} of code ({size(code)})."
    )
    if compilation.azure_inputs:
        yield f"Read from Azure: {listed(compilation.from_azure, 8, quoted=False)}."
    export = Export.in_tags(compilation.job.tags)
    names = [output.name for output in registered_outputs(compilation.job)]
    if names:
        yield f"Registered: {listed(list(dict.fromkeys(names)), _MOST)}."
    if export is not None:
        yield f"Exported to {export.path}."
