"""What is to be deployed and what is: the words that plan and apply share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kedro_azureml.azure.deploy.facts import Facts
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.tags import ENV_TAG, PROJECT_TAG, Commit, commit_in

# A deployment is one that an endpoint has had; what shall be is an endpoint.
Kind = Literal["schedule", "endpoint", "deployment"]
CONTENT = "kedro_azureml.content"
SHOWN = "kedro_azureml.shown"
_CODE = "kedro_azureml.code"
_DATA = "kedro_azureml.data"


@dataclass(frozen=True)
class Owner:
    """Whose deployments are: a project's, in one conf environment.

    Attributes:
        project: The project's package.
        env: The conf environment; empty for the default one.
    """

    project: str
    env: str

    @property
    def tags(self) -> dict[str, str]:
        """The tags by which its deployments are known again."""
        return {PROJECT_TAG: self.project, **({ENV_TAG: self.env} if self.env else {})}

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Owner | None:
        """Return whose something with these tags is; None for what no project deployed."""
        return cls(tags[PROJECT_TAG], tags.get(ENV_TAG, "")) if PROJECT_TAG in tags else None

    def __str__(self) -> str:
        env = f" in the environment '{self.env}'" if self.env else ""
        return f"the project '{self.project}'{env}"

    def owns(self, tags: Mapping[str, str]) -> bool:
        """Tell whether something with these tags is this owner's."""
        return self.of(tags) == self


@dataclass(frozen=True)
class Wanted:
    """Something that azureml.yml says shall be.

    Attributes:
        kind: What it is.
        name: Its name.
        number: Which of the checked jobs it runs.
        document: The job that it runs, with its values and tags.
        what: Its own description: a schedule's document, or an endpoint's section.
        content: A hash of all that it is made of.
        facts: What a difference is told by.
        enabled: Whether it starts jobs.
        source: Tags that name the project's commit.
        where: Its place in azureml.yml.
    """

    kind: Kind
    name: str
    number: int
    document: PipelineJob
    what: Any
    content: str
    facts: Facts
    enabled: bool
    source: Mapping[str, str]
    where: str

    @property
    def properties(self) -> dict[str, str]:
        """The properties by which it is known again."""
        return {
            CONTENT: self.content,
            _CODE: self.facts.code,
            _DATA: self.facts.data,
            **self.source,
        }


@dataclass(frozen=True)
class Existing:
    """Something that the workspace has.

    Attributes:
        kind: What it is.
        name: Its name.
        tags: Its tags.
        properties: Its properties.
        facts: What a difference is told by.
        enabled: Whether it starts jobs.
        state: How its creation stands, in Azure ML's words.
        others: Deployments of an endpoint that this tool has not made.
    """

    kind: Kind
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    enabled: bool = True
    state: str = "Succeeded"
    others: tuple[str, ...] = ()

    @property
    def content(self) -> str | None:
        """A hash of all that it was made of; None where this package did not deploy it."""
        return self.properties.get(CONTENT)

    @property
    def shown(self) -> str | None:
        """A hash of its facts as Azure ML showed them then, where they were not those sent."""
        return self.properties.get(SHOWN)

    @property
    def commit(self) -> Commit | None:
        """The commit that it was deployed from, if that is known."""
        return commit_in(self.properties)


def state_of(thing: Any) -> str:
    """Return how the creation of something that the SDK has stands, in Azure ML's words."""
    state = thing.provisioning_state
    # Now an enumeration, now a text.
    return str(getattr(state, "value", state) or "Succeeded")


def is_broken(state: str) -> bool:
    """Tell whether a creation that ended so has left nothing that works."""
    return state.lower() in ("failed", "canceled")


def code_in(properties: Mapping[str, str]) -> tuple[str, str]:
    """Return the hashes of code and data that `Wanted.properties` said."""
    return properties.get(_CODE, ""), properties.get(_DATA, "")
