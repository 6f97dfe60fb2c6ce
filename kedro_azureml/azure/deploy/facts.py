"""What is compared of something deployed: what it is, and in which way another differs from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kedro_azureml.formatting import listed
from kedro_azureml.job.model import Component, Input, PipelineJob
from kedro_azureml.job.references import without_prefix
from kedro_azureml.job.tags import DEFINITION_TAG, ENVIRONMENT_TAG, comparison_tags, sources_in

_HASH_LENGTH = 16
# What a change of which is told by itself.
_TOLD_OTHERWISE = frozenset({"code", "environment"})


@dataclass(frozen=True)
class StepFacts:
    """A step.

    Attributes:
        compute: Where it runs.
        environment: What it runs in.
        sources: A hash of the source of each of its nodes' functions, by node.
        definition: A hash of its command, inputs, outputs and machines.
    """

    compute: str | None
    environment: str | None
    sources: Mapping[str, str]
    definition: str | None


@dataclass(frozen=True)
class Facts:
    """A schedule, or the deployment of an endpoint.

    Attributes:
        details: Whatever else there is, by what people call it.
        inputs: The values of the job's inputs.
        steps: The job's steps.
        code: A hash of all the code.
        data: A hash of the raw inputs that are uploaded.
    """

    details: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, StepFacts] = field(default_factory=dict)
    code: str = ""
    data: str = ""


def compare_facts(before: Facts, after: Facts) -> Iterator[str]:
    """Yield a line for each thing that differs, the most telling first."""
    yield from _changed("", before.details, after.details)
    yield from _changed("input ", before.inputs, after.inputs)
    for name in sorted(after.steps.keys() - before.steps.keys()):
        yield f"the step '{name}' is new"
    for name in sorted(before.steps.keys() - after.steps.keys()):
        yield f"the step '{name}' is gone"
    both = [name for name in after.steps if name in before.steps]
    sources = [
        node
        for name in both
        for node, source in after.steps[name].sources.items()
        if before.steps[name].sources.get(node, source) != source
    ]
    for name in both:
        was, now = before.steps[name], after.steps[name]
        yield from _changed(
            f"'{name}': ",
            {"compute": was.compute or "", "environment": was.environment or ""},
            {"compute": now.compute or "", "environment": now.environment or ""},
        )
        if was.definition != now.definition:
            yield f"'{name}': its command, inputs, outputs or machines"
    if sources:
        yield f"code of the {'node' if len(sources) == 1 else 'nodes'} {listed(sources)}"
    elif before.code != after.code:
        yield "code or configuration, but no node's own function"
    if before.data != after.data:
        yield "data that is uploaded"


def facts_hash(facts: Facts) -> str:
    """Return a hash of everything that is compared."""
    return _hash(asdict(facts))


def facts_of_job(
    job: PipelineJob, details: Mapping[str, str | None], code: str, data: str
) -> Facts:
    """Return the facts of a document whose steps have the tags of `with_sources`."""
    return Facts(
        {key: value for key, value in details.items() if value},
        {
            name: value_text(value)
            for name, value in job.inputs.items()
            if not isinstance(value, Input)
        },
        {
            name: step_facts(step.compute or job.settings.default_compute, step.tags)
            for name, step in job.jobs.items()
        },
        code,
        data,
    )


def step_facts(compute: str | None, tags: Mapping[str, str]) -> StepFacts:
    """Return the facts of a step that has these tags.

    Args:
        compute: Its compute, by name or by the id that Azure ML has for it.
        tags: Its tags.
    """
    name = without_prefix(compute).rpartition("/")[2] if compute else None
    return StepFacts(name, tags.get(ENVIRONMENT_TAG), sources_in(tags), tags.get(DEFINITION_TAG))


def value_text(value: Any) -> str:
    """Return the value of an input as both a document and Azure ML have it."""
    return (
        str(value).lower() if isinstance(value, bool) or value in ("True", "False") else str(value)
    )


def with_sources(job: PipelineJob, sources: Mapping[str, Mapping[str, str]]) -> PipelineJob:
    """Return a document whose steps carry what a later deployment compares them by.

    Args:
        job: The document, with fixed versions.
        sources: A hash of the source of each step's functions, by step and node.
    """
    steps = {}
    for name, step in job.jobs.items():
        component = step.component
        definition = _hash(component.model_dump(exclude_none=True, exclude=set(_TOLD_OTHERWISE)))
        tags = comparison_tags(sources.get(name, {}), _environment(component), definition)
        steps[name] = step.model_copy(update={"tags": {**step.tags, **tags}})
    return job.model_copy(update={"jobs": steps})


def _environment(component: Component) -> str | None:
    environment = component.environment
    if environment is None or isinstance(environment, str):
        return without_prefix(environment) if environment else None
    name = environment.get("name") or environment.get("image") or "described"
    return f"{without_prefix(str(name))} ({_hash(environment)})"


def _hash(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _changed(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key, ""), after.get(key, "")
        if was != now:
            yield f"{prefix}{key}: {was or '-'} -> {now or '-'}"
