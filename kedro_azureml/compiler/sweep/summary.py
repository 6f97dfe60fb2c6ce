"""The last step of a sweep: it puts what each combination measured into one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kedro_azureml.compiler.checks.limits import MAX_INPUTS
from kedro_azureml.compiler.placement.computes import Placement, settings_of
from kedro_azureml.compiler.sweep.combinations import Combinations
from kedro_azureml.compiler.sweep.copies import Copies, StepCopy
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import count
from kedro_azureml.job.expressions import (
    input_expression,
    output_expression,
    step_output_binding,
)
from kedro_azureml.job.model import Component, Input, Output, PipelineJob, Step
from kedro_azureml.job.shell_json import shell_json
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import STEP, Combination, SummaryPlan
from kedro_azureml.job.tags import PIPELINE_TAG, step_tags

_OUTPUT = "summary"
# As much of the command's bytes (checks/limits.py) as the paths of all inputs leave.
_MOST_BYTES = 50_000
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
        DiagnosticError: KAZ262, no step can take that many inputs or that long values.
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
    if len(parts) > MAX_INPUTS:
        message = f"The sweep needs {len(parts)} steps that summarise it, and {MAX_INPUTS} at most"
        raise _too_large(f"{message} can be put together.", where)
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
    """Divide the combinations so that one step can take each part.

    The steps of a part are no more than a step has inputs, and its values fit into a command.
    """
    part: list[_Row] = []
    inputs: set[str] = set()
    size = 0
    for combination, its in rows:
        own = {copy.name for copy in its}
        length = len(shell_json(SummaryPlan((), [combination]).as_data()).encode())
        if len(own) > MAX_INPUTS:
            message = (
                f"Each combination has {count(len(own), 'step')}, and the step that summarises"
            )
            raise _too_large(f"{message} them takes {MAX_INPUTS} at most.", where)
        if length > _MOST_BYTES:
            message = f"The combination {combination.label} takes {length:,} bytes in a command"
            raise _too_large(f"{message}, and {_MOST_BYTES:,} is the most.", where)
        if part and (len(inputs | own) > MAX_INPUTS or size + length > _MOST_BYTES):
            yield part
            part, inputs, size = [], set(), 0
        part.append((combination, its))
        inputs |= own
        size += length
    yield part


def _too_large(message: str, where: str) -> DiagnosticError:
    remedy = "Group nodes into fewer steps, give fewer or shorter values, or sweep in several jobs."
    return DiagnosticError(Diagnostic("KAZ262", message, remedy, where=where))


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
