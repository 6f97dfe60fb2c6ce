"""The steps of a job, copied for each combination of the values that they depend on.

Works on the document: what binds a swept parameter, and whatever reads what such a step writes, is
there once for each combination of the values that reach it. The copies of a step have one component
and differ in literals, so that Azure ML registers it once. What no value reaches is there once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_azureml.compiler.checks.limits import MAX_INPUTS
from kedro_azureml.compiler.naming import MAX_LENGTH, azure_names, name_beside, shortened
from kedro_azureml.compiler.sweep.combinations import Combinations, Positions
from kedro_azureml.compiler.sweep.rebinding import (
    bindings_of,
    needs_of,
    output_beside,
    rebound,
    told,
)
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.expressions import input_expression, output_expression, step_output_binding
from kedro_azureml.job.model import (
    Component,
    Input,
    Output,
    PipelineJob,
    Step,
)
from kedro_azureml.job.order import in_order
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import labelled
from kedro_azureml.job.tags import combination_tags, step_tags

# As much of a step's name says still which one it is.
_SHORTEST = 20


@dataclass(frozen=True)
class StepCopy:
    """A step for some values of the swept parameters.

    Attributes:
        name: Its name in the document.
        origin: The step that it is a copy of.
        label: The values, by which people call it.
        says: The input that says the label, if it runs a step of this package.
        outcome: The output in which it says how it went, likewise.
        owner: The first combination that it belongs to, by its number.
    """

    name: str
    origin: str
    label: str
    says: str | None
    outcome: str | None
    owner: int


@dataclass
class Copies:
    """A job in which steps are copied.

    Attributes:
        job: The document.
        records: What each step runs.
        of: The copies of each step that has some.
        of_row: The copies that belong to each combination, in the order of the combinations.
    """

    job: PipelineJob
    records: dict[str, StepRecord]
    of: dict[str, list[StepCopy]]
    of_row: list[list[StepCopy]]


def copy_steps(
    job: PipelineJob,
    records: Mapping[str, StepRecord],
    inputs: Mapping[str, str],
    combinations: Combinations,
    max_concurrent: int | None,
    where: str,
) -> Copies:
    """Copy the steps that a sweep reaches.

    Args:
        job: The document; each swept parameter is an input of it.
        records: What each step runs.
        inputs: The name of that input, to the parameter.
        combinations: The values.
        max_concurrent: How many combinations may run at once.
        where: Where the sweep stands, for findings.

    Raises:
        DiagnosticError: KAZ261, a step that cannot wait for its turn; KAZ262, a bound that needs
            more edges than a step may have.
    """
    needs = {name: set(needs_of(step)) for name, step in job.jobs.items()}
    order, _ = in_order(needs)
    reached: dict[str, set[str]] = {}
    for name in order:
        bound_to = [b.name for b in bindings_of(job.jobs[name]) if b.kind == "input"]
        own = {inputs[each] for each in bound_to if each in inputs}
        reached[name] = own.union(*(reached[need] for need in needs[name] if need in reached))
    copies = _make_copies(job, records, order, reached, combinations)
    waits = _waits(copies, needs, max_concurrent, where) if max_concurrent else {}
    entries = {copy.origin for copy in waits}
    most = max(map(len, waits.values()), default=0)
    literals = [
        {e.parameter: e.literal(n) for e, n in zip(combinations.swept, row, strict=True)}
        for row in combinations.rows
    ]
    steps: dict[str, Step] = {}
    new_records: dict[str, StepRecord] = {}
    for name in order:
        step = job.jobs[name]
        if not reached[name]:
            steps[name] = step
            if name in records:
                new_records[name] = records[name]
            continue
        after = [_after(n, step.component) for n in range(most if name in entries else 0)]
        component, record = _component(step.component, records.get(name), copies.of[name][0], after)
        for copy in copies.of[name]:
            names = copies.names[copy.owner]
            bound = {
                key: rebound(value, inputs, literals[copy.owner], names)
                for key, value in step.inputs.items()
            }
            if copy.says:
                bound[copy.says] = copy.label
            for key, other in zip(after, waits.get(copy, ()), strict=False):
                bound[key] = step_output_binding(other.name, str(other.outcome))
            outputs = {k: output_beside(value, copy.label) for k, value in step.outputs.items()}
            changes = {
                "display_name": labelled(step.display_name or name, copy.label),
                "component": component,
                "inputs": bound,
                "outputs": outputs,
                "environment_variables": told(step.environment_variables, copy.label),
                "tags": {**step.tags, **step_tags(copy.name), **combination_tags(copy.label)},
            }
            steps[copy.name] = step.model_copy(update=changes)
            if record is not None:
                new_records[copy.name] = record
    # What waits for its turn comes after what it waits for.
    sorted_names, _ = in_order({name: needs_of(step) for name, step in steps.items()})
    steps = {name: steps[name] for name in sorted_names}
    left = {name: value for name, value in job.inputs.items() if name not in inputs}
    settings = job.settings.model_copy(update={"continue_on_step_failure": True})
    swept = job.model_copy(update={"inputs": left, "jobs": steps, "settings": settings})
    return Copies(swept, new_records, copies.of, copies.of_row)


@dataclass
class _Made:
    """The copies, before they are steps; `names` maps an origin to its copy's name, by row."""

    of: dict[str, list[StepCopy]]
    of_row: list[list[StepCopy]]
    names: list[dict[str, str]]


def _make_copies(
    job: PipelineJob,
    records: Mapping[str, StepRecord],
    order: list[str],
    reached: Mapping[str, set[str]],
    combinations: Combinations,
) -> _Made:
    by_values: dict[str, dict[Positions, tuple[int, str]]] = {}
    of_row: list[list[tuple[str, Positions]]] = [[] for _ in combinations.rows]
    for name in order:
        if not reached[name]:
            continue
        kept = [n for n, each in enumerate(combinations.swept) if each.parameter in reached[name]]
        found = by_values[name] = {}
        for number, row in enumerate(combinations.rows):
            key = tuple(row[n] for n in kept)
            if key not in found:
                found[key] = (number, combinations.label(row, reached[name]))
            of_row[number].append((name, key))
    shared = [name for name in order if not reached[name]]
    asked = {
        # Where both are too long for a name, the values tell the copies apart.
        (name, key): f"{shortened(name, max(_SHORTEST, MAX_LENGTH - 1 - len(label)))} {label}"
        for name, found in by_values.items()
        for key, (_, label) in found.items()
    }
    names = azure_names([*shared, *asked.values()], "step")
    made: dict[tuple[str, Positions], StepCopy] = {}
    for name, found in by_values.items():
        component = job.jobs[name].component
        says = _free("combination", component) if name in records else None
        outcome = _free("outcome", component) if name in records else None
        for key, (number, label) in found.items():
            legal = names[asked[name, key]]
            made[name, key] = StepCopy(legal, name, label, says, outcome, number)
    return _Made(
        {name: [made[name, key] for key in found] for name, found in by_values.items()},
        [[made[each] for each in row] for row in of_row],
        [{each[0]: made[each].name for each in row} for row in of_row],
    )


def _waits(
    copies: _Made, needs: Mapping[str, set[str]], max_concurrent: int, where: str
) -> dict[StepCopy, list[StepCopy]]:
    """Say after which copies others begin, so that no more combinations run at once.

    Combinations are spread over lanes, in which one follows the other: the copies with which a
    combination begins wait for all of the one before it, however these end.
    """
    foreign = next((name for name, each in copies.of.items() if each[0].outcome is None), None)
    if foreign is not None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ261",
                f"The component of '{foreign}' is not this package's, so that it cannot wait for "
                "another combination.",
                "Leave the bound on how many run at once out.",
                where=where,
            )
        )
    owned: dict[int, dict[str, StepCopy]] = {}
    for each in copies.of.values():
        for copy in each:
            owned.setdefault(copy.owner, {})[copy.origin] = copy
    lanes = sorted(owned)
    waits: dict[StepCopy, list[StepCopy]] = {}
    for before, after in zip(lanes, lanes[max_concurrent:], strict=False):
        for copy in owned[after].values():
            if needs[copy.origin].isdisjoint(owned[after]):
                waits[copy] = list(owned[before].values())
    most = max(map(len, waits.values()), default=0)
    if most > MAX_INPUTS:
        raise DiagnosticError(
            Diagnostic(
                "KAZ262",
                f"Each combination has {most} steps, and a step can wait for {MAX_INPUTS} at most.",
                "Group nodes into fewer steps, or leave the bound on how many run at once out.",
                where=where,
            )
        )
    return waits


def _component(
    component: Component, record: StepRecord | None, copy: StepCopy, after: Sequence[str]
) -> tuple[Component, StepRecord | None]:
    """Return the component of all copies of a step: it says how it went, and may wait.

    An optional input whose step failed keeps nothing back (docs/architecture/azureml-contracts.md,
    orchestration).
    """
    if record is None or copy.says is None or copy.outcome is None:
        # Somebody's component stays what it is.
        return component, None
    new = replace(
        record,
        combination=input_expression(copy.says),
        outcome=output_expression(copy.outcome),
    )
    order = {name: Input(type="uri_folder", optional=True) for name in after}
    changes = {
        "command": new.command(),
        "inputs": {**component.inputs, copy.says: Input(type="string"), **order},
        "outputs": {**component.outputs, copy.outcome: Output()},
    }
    return component.model_copy(update=changes), new


def _after(number: int, component: Component) -> str:
    return _free(f"after_{number + 1}", component)


def _free(name: str, component: Component) -> str:
    """Return the name, or one beside it where the component has it already."""
    taken = {*component.inputs, *component.outputs}
    return name if name not in taken else name_beside("sweep_", name, taken)
