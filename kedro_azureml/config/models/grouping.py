"""``azure.grouping`` of azureml.yml: which nodes share a step."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from kedro_azureml import extensions
from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.diagnostics import nearest
from kedro_azureml.formatting import listed

DEFAULT_RUNNER = "SequentialRunner"
# Kedro's own, which need no path.
RUNNERS = (DEFAULT_RUNNER, "ThreadRunner", "ParallelRunner")


def name_of_runner(value: str) -> str:
    """Check the name of a runner of Kedro's, or the form of a path to a class."""
    if value in RUNNERS or ("." in value and all(map(str.isidentifier, value.split(".")))):
        return value
    raise values.BadValueError(
        f"{values.shown(value)} is no runner of Kedro's.",
        f"{nearest(value, RUNNERS)} Name another class by its path, as 'package.module.Class'.",
    )


def way_of_grouping(value: str) -> str:
    """Check the name of a way of grouping."""
    known = extensions.BUILT_IN_GROUPINGS
    if value in known or value in (others := extensions.names(extensions.GROUPINGS)):
        return value
    raise values.BadValueError(
        f"{values.shown(value)} is not a value for 'by'.",
        f"Expected {listed([*known, *others], 12)}.",
    )


class GroupingConfig(Section):
    """Which nodes share a step."""

    by: Annotated[str, AfterValidator(way_of_grouping)] = Field(
        default="none",
        description="How nodes share steps. `none`: one node, one step. `namespace`: the nodes of "
        "a namespace. `tag`: the nodes with one tag that begins with `tag_prefix`. `memory`: nodes "
        "joined by data that is only in memory. `pipeline`: all nodes, in one step. Other packages "
        "add more. `--group-by` overrides it.",
    )
    depth: Annotated[int, Field(ge=1)] = Field(
        default=1,
        description="For `namespace`: how many of its parts count. `a.b.c` is `a` at 1, `a.b` at "
        "2.",
    )
    tag_prefix: Text = Field(
        default="step-",
        description="For `tag`: the nodes tagged `step-x` share the step `x`; nodes without such a "
        "tag have a step of their own.",
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="What a way of grouping of another package reads.",
    )
    runner: Annotated[str, AfterValidator(name_of_runner)] = Field(
        default=DEFAULT_RUNNER,
        description="What runs the nodes of a step that has several: Kedro's `SequentialRunner`, "
        "`ThreadRunner` or `ParallelRunner`. Or a runner of your own, as "
        "`package.module.Class`, for every step.",
    )
    keep_files: bool = Field(
        default=True,
        description="Whether a file that the catalog declares and only its own step reads is an "
        "output of the job. `false`: it stays at its path on the step's machine and is gone with "
        "it.",
    )

    @field_validator("by", mode="before")
    @classmethod
    def _none_is_a_word(cls, value: Any) -> Any:
        return "none" if value is None else value

    @field_validator("options", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value
