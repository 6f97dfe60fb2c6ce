"""What a deployment has to do: stages, which are shown and carried out from the same list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kedro_azureml.azure.deploy.facts import compare_facts, facts_hash
from kedro_azureml.azure.deploy.model import Existing, Kind, Owner, Wanted, is_broken
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError


@dataclass(frozen=True)
class Add:
    """It does not exist."""

    wanted: Wanted


@dataclass(frozen=True)
class Change:
    """It exists, and is made of something else."""

    wanted: Wanted
    existing: Existing
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Switch:
    """It exists as it shall, and is to be paused or resumed."""

    wanted: Wanted
    existing: Existing


@dataclass(frozen=True)
class Remove:
    """It is this project's, and azureml.yml has it no more."""

    existing: Existing


@dataclass(frozen=True)
class Leave:
    """Likewise, and nobody asked for its removal, or others have deployed to it."""

    existing: Existing


@dataclass(frozen=True)
class Keep:
    """It exists as it shall."""

    wanted: Wanted
    existing: Existing


Stage: TypeAlias = Add | Change | Switch | Remove | Leave | Keep
_NOTHING_TO_DO = (Keep, Leave)


def is_change(stage: Stage) -> bool:
    """Tell whether a stage changes anything."""
    return not isinstance(stage, _NOTHING_TO_DO)


def subject(stage: Stage) -> tuple[Kind, str]:
    """Return what a stage is about."""
    thing = stage.wanted if isinstance(stage, Add) else stage.existing
    return thing.kind, thing.name


def stages_of(
    wanted: Sequence[Wanted], existing: Iterable[Existing], owner: Owner, *, prune: bool
) -> list[Stage]:
    """Compare what shall be with what is.

    Args:
        wanted: What azureml.yml says.
        existing: What the workspace has, of every owner.
        owner: Whose deployments these are.
        prune: Whether to remove what azureml.yml has no more.

    Raises:
        DiagnosticError: KAZ731, something of a wanted name is another's.
    """
    there = {_key(thing): thing for thing in existing}
    foreign = [
        _foreign(item, other)
        for item in wanted
        if (other := there.get(_key(item))) and not owner.owns(other.tags)
    ]
    if foreign:
        raise DiagnosticError(foreign)
    stages = [_stage(item, there.get(_key(item))) for item in wanted]
    return [*stages, *_leftovers(wanted, there, owner, prune=prune)]


def _key(thing: Wanted | Existing) -> tuple[Kind, str]:
    # Azure takes no notice of case: what is called otherwise now is not to be removed.
    return thing.kind, thing.name.lower()


def _stage(wanted: Wanted, existing: Existing | None) -> Stage:
    if existing is None:
        return Add(wanted)
    broken = is_broken(existing.state)
    lines = list(compare_facts(existing.facts, wanted.facts))
    edited = existing.content == wanted.content and _is_edited(existing, lines)
    if existing.content != wanted.content or broken or edited:
        if existing.enabled != wanted.enabled:
            lines.append(_switched(wanted))
        if broken:
            lines.append(f"its last deployment ended as {existing.state}")
        if edited:
            lines.append("edited since it was deployed, by somebody or something else")
        return Change(wanted, existing, tuple(lines) or ("settings of its job",))
    if existing.enabled != wanted.enabled:
        return Switch(wanted, existing)
    return Keep(wanted, existing)


def _is_edited(existing: Existing, differences: Sequence[str]) -> bool:
    # Of an endpoint that is as it shall be not all is looked up.
    return (
        existing.kind == "schedule"
        and bool(differences)
        and existing.shown != facts_hash(existing.facts)
    )


def _switched(wanted: Wanted) -> str:
    return f"enabled: {_yes(not wanted.enabled)} -> {_yes(wanted.enabled)}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _leftovers(
    wanted: Sequence[Wanted],
    there: Mapping[tuple[Kind, str], Existing],
    owner: Owner,
    *,
    prune: bool,
) -> Iterator[Stage]:
    names = set(map(_key, wanted))
    for key, thing in there.items():
        if key not in names and owner.owns(thing.tags):
            yield Remove(thing) if prune and not thing.others else Leave(thing)


def _foreign(wanted: Wanted, other: Existing) -> Diagnostic:
    project = Owner.of(other.tags)
    whose = f"was deployed from {project}" if project else "was not deployed by this tool"
    return Diagnostic(
        "KAZ731",
        f"The workspace has the {wanted.kind} '{wanted.name}' already, and it {whose}. Nothing was "
        "sent.",
        f"Give the {wanted.kind} another name, or remove the other one first.",
        where=wanted.where,
    )
