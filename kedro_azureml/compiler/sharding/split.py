"""A document with sharded nodes: each of their steps becomes several, and their readers read all.

Everything that a consumer of the document has to know stands in it: which share a step has is a
literal input, and where the parts of a dataset lie is in the bindings and in the command of what
reads them. The steps of one node have one component, which the SDK registers once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kedro_azureml.compiler.naming import name_beside
from kedro_azureml.compiler.sharding.model import Sharding
from kedro_azureml.config.models.grouping import RUNNERS
from kedro_azureml.distributed.shares import BY_RANK, Shard
from kedro_azureml.job.expressions import input_expression, output_expression, parse_binding
from kedro_azureml.job.model import (
    Component,
    Distribution,
    Input,
    Output,
    PipelineJob,
    Resources,
    Step,
)
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.tags import step_tags

_SHARD = "shard"


def with_shards(job: PipelineJob, shardings: Iterable[Sharding]) -> PipelineJob:
    """Return the document with each sharded node as several steps.

    Args:
        job: The document, in which each of them is one step.
        shardings: What each becomes.
    """
    for sharding in shardings:
        steps = dict(job.jobs)
        split = _split(sharding, job.jobs[sharding.step], steps)
        if sharding.on_machines and not sharding.combines:
            steps = {name: _reading_folders(step, sharding) for name, step in steps.items()}
        elif not sharding.combines:
            # The readers are told first: what takes the step's place is no reader of it.
            steps = {name: _reading(step, sharding, split) for name, step in steps.items()}
        placed = [split if name == sharding.step else {name: step} for name, step in steps.items()]
        steps = {name: step for each in placed for name, step in each.items()}
        job = job.model_copy(update={"jobs": steps})
    return job


def _split(sharding: Sharding, step: Step, taken: Collection[str]) -> dict[str, Step]:
    """Return the steps that take the place of one; the last one combines, if any does."""
    record = _for_one_node(_record(step))
    component = step.component
    name = name_beside("", _SHARD, component.inputs)
    share = BY_RANK if sharding.on_machines else input_expression(name)
    of_shard = replace(record, shards={sharding.by: share})
    changes: dict[str, Any] = {}
    output = ""
    if sharding.combines:
        output = _output_of(step, record, sharding)
        partials = {sharding.output: output_expression(output)}
        of_shard = replace(of_shard.without_outputs(), partials=partials)
        changes["outputs"] = {output: Output()}
    if sharding.on_machines:
        resources = component.resources or Resources()
        changes["resources"] = resources.model_copy(update={"instance_count": sharding.shards})
        # Of all distributions, this one tells each machine which it is.
        changes["distribution"] = Distribution(type="pytorch", process_count_per_instance=1)
    else:
        changes["inputs"] = {**component.inputs, name: Input(type="string")}
    changes["command"] = of_shard.command()
    component = component.model_copy(update=changes)
    steps = {
        key: step.model_copy(
            update={
                "display_name": key,
                "component": component,
                "inputs": {**step.inputs, **literal},
                "outputs": {} if sharding.combines else step.outputs,
                "tags": {**step.tags, **step_tags(key, record.nodes)},
            }
        )
        for key, literal in _literals(sharding, name, taken).items()
    }
    if sharding.combines:
        steps[sharding.step] = _combining(sharding, step, record, output, steps)
    return steps


def _literals(sharding: Sharding, name: str, taken: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the step of each shard, with the literal input that it has alone."""
    literals: dict[str, dict[str, str]] = {}
    if sharding.on_machines:
        return {_name_on_machines(sharding, taken): {}}
    for shard in Shard.all_of(sharding.shards):
        key = name_beside("", f"{sharding.step}_{shard.name}", {*taken, *literals})
        literals[key] = {name: str(shard)}
    return literals


def _name_on_machines(sharding: Sharding, taken: Collection[str]) -> str:
    """Return the name of the step on several machines: the node's own, unless another combines."""
    if not sharding.combines:
        return sharding.step
    return name_beside("", f"{sharding.step}_on_{sharding.shards}_machines", taken)


def _combining(
    sharding: Sharding, step: Step, record: StepRecord, output: str, shards: Collection[str]
) -> Step:
    """Return the step that makes the node's output of what the shards have returned.

    It has the node's name and its output, so that nothing changes for who reads that.
    """
    component = step.component
    # Values may stand in the catalog's configuration.
    literals = [name for name, declared in component.inputs.items() if not declared.is_data]
    names = (
        [name_beside("", output, literals)]
        if sharding.on_machines
        else _input_names(output, len(shards), literals)
    )
    combining = replace(
        record,
        raw_inputs={},
        inputs={},
        merged={},
        published={},
        load_versions={},
        combined={sharding.output: _folders(sharding, names)},
    )
    return step.model_copy(
        update={
            "component": component.model_copy(
                update={
                    "command": combining.command(),
                    "inputs": {
                        **{name: component.inputs[name] for name in literals},
                        **{name: Input(type="uri_folder") for name in names},
                    },
                }
            ),
            "inputs": {
                **{name: step.inputs[name] for name in literals if name in step.inputs},
                **_bound(names, shards, output),
            },
        }
    )


def _reading(step: Step, sharding: Sharding, shards: Collection[str]) -> Step:
    """Return a step that reads what all shards wrote, if it reads what the one step wrote."""
    key = next((key for key in step.inputs if _reads(step, key, sharding.step)), None)
    if key is None:
        return step
    record, component = _record(step), step.component
    output = parse_binding(str(step.inputs[key]))
    assert output is not None  # noqa: S101 - `_reads` has looked
    names = _input_names(key, len(shards), component.inputs)
    merged = {sharding.output: tuple(map(input_expression, names))}
    inputs = {name: folder for name, folder in record.inputs.items() if name != sharding.output}
    reading = replace(record, inputs=inputs, merged={**record.merged, **merged})
    return step.model_copy(
        update={
            "component": _with_inputs(component, key, names, reading.command()),
            "inputs": dict(
                _in_place(step.inputs.items(), key, _bound(names, shards, output.name).items())
            ),
        }
    )


def _reading_folders(step: Step, sharding: Sharding) -> Step:
    """Return a step that reads what all machines of the one step wrote, if it reads that."""
    key = next((key for key in step.inputs if _reads(step, key, sharding.step)), None)
    if key is None:
        return step
    record = _record(step)
    inputs = {name: folder for name, folder in record.inputs.items() if name != sharding.output}
    merged = {**record.merged, sharding.output: _folders(sharding, [key])}
    command = replace(record, inputs=inputs, merged=merged).command()
    component = step.component.model_copy(update={"command": command})
    return step.model_copy(update={"component": component})


def _folders(sharding: Sharding, names: list[str]) -> tuple[str, ...]:
    """Return where each shard has written: in an output, or a folder of the one that they have."""
    if not sharding.on_machines:
        return tuple(map(input_expression, names))
    whole = input_expression(names[0])
    return tuple(f"{whole}/{shard.name}" for shard in Shard.all_of(sharding.shards))


def _with_inputs(component: Component, key: str, names: Collection[str], command: str) -> Component:
    declared = component.inputs[key]
    inputs = dict(_in_place(component.inputs.items(), key, ((name, declared) for name in names)))
    return component.model_copy(update={"command": command, "inputs": inputs})


def _in_place(
    items: Iterable[tuple[str, object]], key: str, others: Iterable[tuple[str, object]]
) -> Iterator[tuple[str, object]]:
    """Yield items, but others where one was."""
    for name, value in items:
        if name == key:
            yield from others
        else:
            yield name, value


def _reads(step: Step, key: str, producer: str) -> bool:
    bound = step.inputs[key]
    if not isinstance(bound, str) or (binding := parse_binding(bound)) is None:
        return False
    return (binding.kind, binding.step) == ("step_output", producer)


def _bound(names: Iterable[str], shards: Iterable[str], output: str) -> dict[str, str]:
    return {
        name: f"${{{{parent.jobs.{shard}.outputs.{output}}}}}"
        for name, shard in zip(names, shards, strict=True)
    }


def _input_names(name: str, count: int, taken: Collection[str]) -> list[str]:
    names: list[str] = []
    for shard in Shard.all_of(count):
        names.append(name_beside("", f"{name}_{shard.name}", {*taken, *names}))
    return names


def _output_of(step: Step, record: StepRecord, sharding: Sharding) -> str:
    """Return the name of the output that holds the node's dataset, or its manifest."""
    names: Mapping[str, str] = record.output_names
    # What nobody reads and lies elsewhere has no output.
    return names.get(sharding.output) or name_beside("", "result", step.component.inputs)


def _for_one_node(record: StepRecord) -> StepRecord:
    """Return the record without one of Kedro's own runners: all run one node in the same way."""
    is_own = record.runner is None or record.runner in RUNNERS
    return replace(record, runner=None, runner_params={}) if is_own else record


def _record(step: Step) -> StepRecord:
    record = step.component.record()
    assert record is not None  # noqa: S101 - the compiler writes no other step
    return record
