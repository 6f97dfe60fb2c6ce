"""The tags by which a job and its steps are known again on Azure ML.

Nobody changes a tag by the way, as a display name is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

PIPELINE_TAG = "kedro_pipeline"
# Of a job that a schedule started.
SCHEDULE_TAG = "kedro_schedule"
# Of an endpoint's deployment, and of the component that it runs.
ENDPOINT_TAG = "kedro_endpoint"
# Whose a schedule or an endpoint is: the project's package, and the conf environment.
PROJECT_TAG = "kedro_project"
ENV_TAG = "kedro_env"
_SOURCE_TAG = "kedro_source"
ENVIRONMENT_TAG = "kedro_environment"
DEFINITION_TAG = "kedro_definition"
_STEP_TAG = "kedro_step"
_COMBINATION_TAG = "kedro_combination"
_NODES_TAG = "kedro_nodes"
_COMMIT_TAG, _DIRTY_TAG = "git_commit", "git_dirty"
LONGEST_TAG = 1_000
_SEPARATOR = ", "


class Commit(NamedTuple):
    """A commit of Git, and whether the code differed from it."""

    name: str
    dirty: bool


def step_tags(name: str, nodes: Iterable[str] = ()) -> dict[str, str]:
    """Return the tags of a step: its name, and as many of its nodes as a tag holds."""
    text = _joined(nodes)
    return {_STEP_TAG: name, **({_NODES_TAG: text} if text else {})}


def _joined(nodes: Iterable[str]) -> str:
    text = ""
    for node in nodes:
        longer = f"{text}{_SEPARATOR}{node}" if text else node
        if len(longer) > LONGEST_TAG:
            break
        text = longer
    return text


def step_in(tags: Mapping[str, str]) -> str | None:
    """Return the step that has these tags; None when no step of this package has them."""
    return tags.get(_STEP_TAG)


def combination_tags(label: str) -> dict[str, str]:
    """Return the tag of a step that a sweep has copied: what values it is for."""
    return {_COMBINATION_TAG: label}


def combination_in(tags: Mapping[str, str]) -> str | None:
    """Return the values that the step with these tags is for; None when a sweep made no copy."""
    return tags.get(_COMBINATION_TAG)


def nodes_in(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Kedro nodes of the step that has these tags, as far as they are known."""
    return tuple(tags[_NODES_TAG].split(_SEPARATOR)) if tags.get(_NODES_TAG) else ()


def comparison_tags(
    sources: Mapping[str, str], environment: str | None, definition: str
) -> dict[str, str]:
    """Return more tags of a step, by which a deployment says later what has changed.

    Args:
        sources: A hash of the source of each of its nodes' functions, in the nodes' order.
        environment: What it runs in.
        definition: A hash of its command, inputs, outputs and machines.
    """
    tags = {
        _SOURCE_TAG: _SEPARATOR.join(sources.values()),
        ENVIRONMENT_TAG: environment,
        DEFINITION_TAG: definition,
    }
    return {key: value[:LONGEST_TAG] for key, value in tags.items() if value}


def sources_in(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the hashes of a step's nodes' functions, as far as its tags hold them."""
    hashes = tags.get(_SOURCE_TAG, "").split(_SEPARATOR)
    return dict(zip(nodes_in(tags), hashes, strict=False))


def source_tags(commit: str, *, dirty: bool) -> dict[str, str]:
    """Return the tags of a job, and of its steps, that say what code it was made from."""
    return {_COMMIT_TAG: commit, _DIRTY_TAG: str(dirty).lower()}


def commit_in(tags: Mapping[str, str]) -> Commit | None:
    """Return the commit that `source_tags` named."""
    commit = tags.get(_COMMIT_TAG)
    return Commit(commit, tags.get(_DIRTY_TAG) == "true") if commit else None


def run_tags(
    pipeline: str,
    nodes: Iterable[str],
    tags: Mapping[str, str],
    name: str,
    combination: str | None = None,
) -> dict[str, str]:
    """Return the tags of a step's MLflow run.

    Args:
        pipeline: The Kedro pipeline.
        nodes: The step's nodes.
        tags: The tags that the run has already: on Azure ML, those of the step.
        name: The run's name, which is the step's if no tag says it.
        combination: The values of a sweep's parameters that the step is for, if it is a copy.
    """
    commit, dirty = tags.get(_COMMIT_TAG), tags.get(_DIRTY_TAG)
    return {
        "kedro.pipeline": pipeline[:LONGEST_TAG],
        "kedro.node": _joined(nodes),
        "kedro.step": step_in(tags) or name,
        **({"kedro.combination": combination} if combination else {}),
        **({"mlflow.source.git.commit": commit} if commit else {}),
        **({"mlflow.source.git.dirty": dirty} if dirty else {}),
    }
