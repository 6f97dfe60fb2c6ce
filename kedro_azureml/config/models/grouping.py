"""``azure.grouping`` of azureml.yml: which nodes share a step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from kedro_azureml.config.models.section import Section, Text

GroupBy = Literal["none", "namespace", "tag", "memory", "pipeline"]


class GroupingConfig(Section):
    """Which nodes share a step."""

    by: GroupBy = Field(
        default="none",
        description="How nodes share steps. `none`: one node, one step. `namespace`: the nodes of "
        "a namespace. `tag`: the nodes with one tag that begins with `tag_prefix`. `memory`: nodes "
        "joined by data that is only in memory. `pipeline`: all nodes, in one step. `--group-by` "
        "overrides it.",
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
    runner: Literal["SequentialRunner", "ThreadRunner", "ParallelRunner"] = Field(
        default="SequentialRunner",
        description="Kedro's runner for the nodes of a step that has several.",
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
