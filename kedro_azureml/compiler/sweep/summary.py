"""The last step of a sweep: it puts what each combination measured into one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kedro_azureml.compiler.placement.computes import Placement, settings_of
from kedro_azureml.compiler.sweep.combinations import Combinations
from kedro_azureml.compiler.sweep.copies import MAX_INPUTS, Copies, StepCopy
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import count
from kedro_azureml.job.expressions import (
    input_expression,
    output_expression,
    step_output_binding,
)
from kedro_azureml.job.model import Component, Input, Output, PipelineJob, Step
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import STEP, Combination, SummaryPlan
from kedro_azureml.job.tags import PIPELINE_TAG, step_tags

_OUTPUT = "summary"
_Row = tuple[Combination, Sequence[StepCopy]]


def with_summary(
    copies: Copies, combinations: Combinations, placement: Placement, where: str
) -> PipelineJob:
    """Return the document with a step that summarises, or several where the inputs are too many.

    Args:
        copies: The job.
        combinations: What its combinations are.
        placement: Where the steps run.
        where: Where the sweep stands, for findings.

    Raises:
        DiagnosticError: KAZ262, one combination has more steps than a step has inputs.
    """
    job = copies.job
    parameters = [each.parameter for each in combinations.swept]
    rows: list[_Row] = [
        (
            Combination(
                combinations.label(row, parameters),
                list(combinations.values(row).values()),
                [copy.name for copy in its if copy.outcome],
            ),
            its,
        )
        for row, its in zip(combinations.rows, copies.of_row, strict=True)
    ]
    parts = list(_parts(rows, where))
    steps: dict[str, Step] = {}
    is_one = len(parts) == 1
    for number, part in enumerate(parts, 1):
        name = _free(STEP if is_one else f"{STEP}_{number}", job)
        plan = SummaryPlan(parameters, [combination for combination, _ in part], is_one)
        outcomes = {copy.name: copy.outcome for _, its in part for copy in its if copy.outcome}
        steps[name] = _summary(job, placement, name, plan, outcomes)
    if not is_one:
        last = _free(STEP, job)
        steps[last] = _summary(job, placement, last, SummaryPlan(parameters, []), {}, list(steps))
    return job.model_copy(update={"jobs": {**job.jobs, **steps}})


def _parts(rows: Sequence[_Row], where: str) -> Iterator[list[_Row]]:
    """Divide the combinations so that the steps of each part are no more than the inputs."""
    part: list[_Row] = []
    inputs: set[str] = set()
    for combination, its in rows:
        own = {copy.name for copy in its}
        if len(own) > MAX_INPUTS:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ262",
                    f"Each combination has {count(len(own), 'step')}, and the step that summarises "
                    f"them takes {MAX_INPUTS} at most.",
                    "Group nodes into fewer steps.",
                    where=where,
                )
            )
        if len(inputs | own) > MAX_INPUTS:
            yield part
            part, inputs = [], set()
        part.append((combination, its))
        inputs |= own
    yield part


def _summary(
    job: PipelineJob,
    placement: Placement,
    name: str,
    plan: SummaryPlan,
    outcomes: Mapping[str, str],
    parts: Sequence[str] = (),
) -> Step:
    """Make a step of the outcomes of some combinations, or of the summaries of all parts."""
    sources = outcomes or dict.fromkeys(parts, _OUTPUT)
    inputs = {source: f"from_{number}" for number, source in enumerate(sources, 1)}
    expressions = {source: input_expression(input_) for source, input_ in inputs.items()}
    record = StepRecord(
        pipeline=job.tags[PIPELINE_TAG],
        nodes=(),
        sweep=plan.as_data(),
        outcomes=expressions if outcomes else {},
        parts={} if outcomes else expressions,
        summary=output_expression(_OUTPUT),
    )
    # A combination that failed keeps no summary back.
    is_optional = True if outcomes else None
    return Step(
        display_name=name,
        component=Component(
            display_name=name,
            is_deterministic=False,
            command=record.command(),
            environment=placement.environment,
            inputs={i: Input(type="uri_folder", optional=is_optional) for i in inputs.values()},
            outputs={_OUTPUT: Output()},
            resources=placement.resources,
        ),
        compute=placement.compute if placement.compute != job.settings.default_compute else None,
        inputs={
            inputs[source]: step_output_binding(source, output)
            for source, output in sources.items()
        },
        tags=step_tags(name),
        **settings_of(placement),
    )


def _free(name: str, job: PipelineJob) -> str:
    while name in job.jobs:
        name = f"{name}_"
    return name
