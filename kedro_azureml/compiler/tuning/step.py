"""A step of the document becomes a sweep step: a pure function of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.tuning.parameters import TunedParameter
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.datasets.recalled import is_kept_by_mlflow
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed
from kedro_azureml.job.command_words import is_variable
from kedro_azureml.job.expressions import input_expression
from kedro_azureml.job.model import Component, Input, PipelineJob, Step, SweepLimits, SweepStep
from kedro_azureml.job.parameter_inputs import ParameterInput
from kedro_azureml.job.search import (
    EarlyTermination,
    Objective,
    RandomSampling,
    Sampling,
)
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.nested import without

_SHOWN = 4
# Which trial's value the run of the job would show is chance: the sweep step shows them all.
_NO_METRICS_FOR_PARENT: dict[str, list[str]] = {"parent_metrics": []}


def with_tuning(
    job: PipelineJob, name: str, tune: TuneConfig, parameters: Iterable[TunedParameter]
) -> PipelineJob:
    """Return the document with a sweep step in the place of a step.

    Args:
        job: The document.
        name: The step, which `check_tuned_step` has no errors for.
        tune: What azureml.yml says.
        parameters: The tuned parameters.
    """
    parameters = list(parameters)
    step = job.jobs[name]
    record = step.component.record()
    if record is None:
        raise ValueError(f"'{name}' is no step of this package")
    limits = SweepLimits(
        max_total_trials=tune.max_total_trials,
        max_concurrent_trials=tune.limits.max_concurrent_trials,
        timeout=tune.limits.timeout,
        trial_timeout=tune.limits.trial_timeout or (step.limits.timeout if step.limits else None),
    )
    policy = tune.early_termination
    sweep = SweepStep(
        display_name=step.display_name,
        comment=step.comment,
        trial=_trial(step.component, tuned_record(record, step, parameters), parameters),
        compute=step.compute,
        inputs=step.inputs,
        outputs=step.outputs,
        queue_settings=step.queue_settings,
        resources=step.resources or step.component.resources,
        tags=step.tags,
        properties=step.properties,
        sampling_algorithm=_sampling(tune),
        search_space={each.name: each.space for each in parameters},
        objective=Objective(goal=tune.objective.goal, primary_metric=tune.objective.metric),
        limits=limits,
        early_termination=(
            EarlyTermination(**policy.model_dump(exclude_none=True)) if policy else None
        ),
    )
    return job.model_copy(update={"jobs": {**job.jobs, name: sweep}})


def tuned_record(
    record: StepRecord, step: Step, parameters: Iterable[TunedParameter]
) -> StepRecord:
    """Return what a trial runs: its parameters are inputs, its variables part of its command."""
    values = dict(record.parameters)
    inputs = dict(record.parameter_inputs)
    for each in parameters:
        # Runtime parameters come before inputs, and so would hide the drawn value.
        values = without(values, each.parameter)
        inputs[each.parameter] = ParameterInput(each.type, input_expression(each.name))
    return replace(
        record,
        parameters=values,
        parameter_inputs=inputs,
        environment=dict(step.environment_variables),
        mlflow={**record.mlflow, **_NO_METRICS_FOR_PARENT},
    )


def _trial(
    component: Component, record: StepRecord, parameters: Iterable[TunedParameter]
) -> Component:
    drawn = {each.name: Input(type=each.input_type) for each in parameters}
    return component.model_copy(
        update={
            "command": record.command(),
            "inputs": {**component.inputs, **drawn},
            # They belong to the node: docs/architecture/azureml-capabilities.md, section 2.
            "resources": None,
        }
    )


def _sampling(tune: TuneConfig) -> Sampling | RandomSampling:
    return tune.algorithm if tune.seed is None else RandomSampling(type="random", seed=tune.seed)


@dataclass(frozen=True)
class TunedStep:
    """The step that is tuned, and where it is said so.

    Attributes:
        name: Its name.
        step: What the document has of it so far.
        record: What it runs.
        outputs: The datasets that leave it.
        where: The place of ``tune``.
        identity_at: The place of its compute's identity.
        is_sharded: Whether one of its nodes is.
        is_given: Whether a hand-written component takes the place of its node.
    """

    name: str
    step: Step
    record: StepRecord
    outputs: Sequence[Dataset]
    where: str
    identity_at: str
    is_sharded: bool = False
    is_given: bool = False


def check_tuned_step(tuned: TunedStep, tune: TuneConfig) -> Iterator[Diagnostic]:
    """Report KAZ274 for what no sweep step can be, KAZ275 for a grid that is cut short."""
    for problem, remedy, where in _obstacles(tuned):
        message = f"The step '{tuned.name}' cannot be tuned: {problem}."
        yield Diagnostic("KAZ274", message, remedy, where=where)
    limit, combinations = tune.limits.max_total_trials, tune.combinations
    if limit is not None and combinations is not None and limit < combinations:
        yield Diagnostic(
            "KAZ275",
            f"The grid of '{tuned.name}' has {combinations} combinations, and "
            f"max_total_trials allows {limit}: the others are not tried.",
            f"Allow {combinations}, choose from fewer values, or write 'sampling: random'.",
            severity="warning",
            where=tuned.where,
        )


def _obstacles(tuned: TunedStep) -> Iterator[tuple[str, str, str]]:
    """Yield what keeps a step from being tuned, what to do, and where."""
    step, record = tuned.step, tuned.record
    if step.identity is not None:
        yield (
            "Azure ML drops the identity of a sweep step",
            "Let its nodes run on an alias of azure.compute without 'identity', by their tags.",
            tuned.identity_at,
        )
    if step.component.distribution is not None:
        yield (
            "its node is distributed, and nothing says that a trial has several processes",
            "Tune a node without the decorator, on one machine.",
            tuned.where,
        )
    if tuned.is_sharded:
        yield (
            "its node is sharded, and each share would have a best trial of its own",
            "Tune a node without the decorator, such as one behind the shards.",
            tuned.where,
        )
    if tuned.is_given:
        yield (
            "a component of azure.steps takes the place of its node",
            "Tune another node, or leave the component out.",
            tuned.where,
        )
    if record.storage or record.stored:
        yield (
            "its trials would write over one another's data in azure.temporary_storage",
            "Leave azure.temporary_storage out: data then passes through outputs of the job.",
            tuned.where,
        )
    # Each trial has a run of its own, which keeps what MLflow's datasets save.
    shared = [
        d.name
        for d in tuned.outputs
        if d.location.kind == "remote" and not is_kept_by_mlflow(d.configs[d.own_variant])
    ]
    if shared:
        yield (
            f"each trial would write {listed(shared, _SHOWN)} to the same place",
            "Give it a local path, and let a later node write the best trial's there.",
            tuned.where,
        )
    if record.publish:
        yield (
            f"each trial would register or publish {listed(list(record.publish), _SHOWN)}",
            "Let a later node register it: it gets the best trial's.",
            tuned.where,
        )
    wrong = [name for name in step.environment_variables if not is_variable(name)]
    if wrong:
        yield (
            f"its command would set {listed(wrong, _SHOWN)}, and a shell has no such variables",
            "Use letters, digits and '_' in the names of environment variables.",
            tuned.where,
        )
