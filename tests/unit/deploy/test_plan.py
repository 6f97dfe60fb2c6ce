"""What a deployment does, by what shall be and what is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.azure.deploy.facts import Facts, StepFacts, compare_facts
from kedro_azureml.azure.deploy.model import Existing, Owner, Wanted
from kedro_azureml.azure.deploy.plan import (
    Add,
    Change,
    Keep,
    Leave,
    Remove,
    Stage,
    Switch,
    is_change,
    stages_of,
    subject,
)
from kedro_azureml.azure.deploy.plan_json import deployment_json
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import PipelineJob
from tests.kit.schemas import check_schema

OWNER = Owner("shop", "prod")
FACTS = Facts(
    {"trigger": "15 3 * * *"},
    {"depth": "3"},
    {"train": StepFacts("cpu", "env:1", {"fit": "aa", "score": "bb"}, "dd")},
    "code",
    "data",
)


def wanted(name: str = "nightly", content: str = "1", *, enabled: bool = True) -> Wanted:
    document = PipelineJob(jobs={})
    return Wanted(
        "schedule", name, 0, document, None, content, FACTS, enabled, {}, f"azureml.yml {name}"
    )


def existing(name: str = "nightly", content: str = "1", *, enabled: bool = True) -> Existing:
    properties = wanted(name, content).properties
    return Existing("schedule", name, OWNER.tags, properties, FACTS, enabled)


def planned(*stages: Stage) -> list[tuple[str, str]]:
    return [(type(stage).__name__, subject(stage)[1]) for stage in stages]


def test_each_stage() -> None:
    shall = [wanted("new"), wanted("same"), wanted("other"), wanted("paused", enabled=False)]
    there = [existing("same"), existing("other", "2"), existing("paused"), existing("gone")]
    kept = stages_of(shall, there, OWNER, prune=False)
    assert planned(*kept) == [
        ("Add", "new"),
        ("Keep", "same"),
        ("Change", "other"),
        ("Switch", "paused"),
        ("Leave", "gone"),
    ]
    pruned = stages_of(shall, there, OWNER, prune=True)
    assert planned(pruned[-1]) == [("Remove", "gone")]
    shown = deployment_json(kept, "a-workspace", "a-group", applied=False)
    check_schema("deployment", [shown.model_dump(mode="json")])
    assert [stage.action for stage in shown.stages] == ["add", "none", "change", "pause", "leave"]
    assert not shown.in_step


def test_a_name_in_other_letters_is_the_same_name() -> None:
    """Azure changes the one that there is: removed as another one, it would be gone."""
    stages = stages_of([wanted("Nightly", "2")], [existing("nightly")], OWNER, prune=True)
    assert planned(*stages) == [("Change", "nightly")]
    other = replace(existing("nightly"), tags={})
    with pytest.raises(DiagnosticError, match="already"):
        stages_of([wanted("Nightly")], [other], OWNER, prune=True)


def test_what_is_anothers_is_neither_changed_nor_removed() -> None:
    for tags in ({}, Owner("shop", "").tags, Owner("other", "prod").tags):
        other = replace(existing(), tags=tags)
        assert stages_of([], [other], OWNER, prune=True) == []
        with pytest.raises(DiagnosticError) as raised:
            stages_of([wanted(), wanted("new")], [other], OWNER, prune=False)
        (finding,) = raised.value.diagnostics
        assert finding.code == "KAZ731"
        assert "azureml.yml nightly" in str(finding)
        assert "Nothing was sent" in finding.message


def test_a_deployment_that_failed_is_made_again() -> None:
    (stage,) = stages_of([wanted()], [replace(existing(), state="Failed")], OWNER, prune=False)
    assert isinstance(stage, Change)
    assert stage.differences == ("its last deployment ended as Failed",)


_NAMES = st.sampled_from(["a", "b", "c"])
_WANTED = st.dictionaries(_NAMES, st.tuples(st.sampled_from("12"), st.booleans()))


@given(shall=_WANTED, there=_WANTED)
def test_it_converges(
    shall: dict[str, tuple[str, bool]], there: dict[str, tuple[str, bool]]
) -> None:
    """Carried out, also as far as any stage, the next plan does what is left and no more."""
    target = [wanted(name, content, enabled=on) for name, (content, on) in shall.items()]
    state = {name: existing(name, c, enabled=on) for name, (c, on) in there.items()}
    todo = [s for s in stages_of(target, state.values(), OWNER, prune=True) if is_change(s)]
    for left in range(len(todo), 0, -1):
        stages = [s for s in stages_of(target, state.values(), OWNER, prune=True) if is_change(s)]
        assert len(stages) == left
        stage, (_, name) = stages[0], subject(stages[0])
        if isinstance(stage, Remove):
            del state[name]
        else:
            assert isinstance(stage, Add | Change | Switch)
            content, on = shall[name]
            state[name] = existing(name, content, enabled=on)
    final = stages_of(target, state.values(), OWNER, prune=True)
    assert all(isinstance(stage, Keep) for stage in final)
    assert not any(isinstance(s, Leave) for s in final)


def lines(after: Facts) -> list[str]:
    return list(compare_facts(FACTS, after))


def step(**changes: object) -> dict[str, StepFacts]:
    return {"train": replace(FACTS.steps["train"], **changes)}  # type: ignore[arg-type]


def test_differences() -> None:
    assert lines(FACTS) == []
    assert lines(replace(FACTS, details={"trigger": "1 3 * * *", "end": "2030"})) == [
        "trigger: 15 3 * * * -> 1 3 * * *",
        "end: - -> 2030",
    ]
    assert lines(replace(FACTS, inputs={"depth": "7"})) == ["input depth: 3 -> 7"]
    assert lines(replace(FACTS, steps={})) == ["the step 'train' is gone"]
    assert lines(replace(FACTS, steps={**FACTS.steps, "new": FACTS.steps["train"]})) == [
        "the step 'new' is new"
    ]
    moved = step(compute="gpu", environment="env:2")
    assert lines(replace(FACTS, steps=moved)) == [
        "'train': compute: cpu -> gpu",
        "'train': environment: env:1 -> env:2",
    ]
    coded = replace(FACTS, steps=step(sources={"fit": "aa", "score": "cc"}), code="other")
    assert lines(coded) == ["code of the node 'score'"]
    assert lines(replace(FACTS, code="other")) == [
        "code or configuration, but no node's own function"
    ]
    assert lines(replace(FACTS, data="other")) == ["data that is uploaded"]
    assert lines(replace(FACTS, steps=step(definition="ee"))) == [
        "'train': its command, inputs, outputs or machines"
    ]
