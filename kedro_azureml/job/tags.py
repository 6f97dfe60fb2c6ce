"""The tags by which a job and its steps are known again on Azure ML.

Nobody changes a tag by the way, as a display name is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
_NODES_TAG = "kedro_nodes"
LONGEST_TAG = 1_000
_SEPARATOR = ", "


def step_tags(name: str, nodes: Iterable[str] = ()) -> dict[str, str]:
    """Return the tags of a step: its name, and as many of its nodes as a tag holds."""
    text = ""
    for node in nodes:
        longer = f"{text}{_SEPARATOR}{node}" if text else node
        if len(longer) > LONGEST_TAG:
            break
        text = longer
    return {_STEP_TAG: name, **({_NODES_TAG: text} if text else {})}


def step_in(tags: Mapping[str, str]) -> str | None:
    """Return the step that has these tags; None when no step of this package has them."""
    return tags.get(_STEP_TAG)


def nodes_in(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the Kedro nodes of the step that has these tags, as far as they are known."""
    return tuple(tags[_NODES_TAG].split(_SEPARATOR)) if tags.get(_NODES_TAG) else ()


def source_tags(
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
