"""Documents that cannot be rehearsed: everything is said at once, and before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.job_documents import command, output_of
from tests.process.rehearsal.conftest import Stage

PIPELINE_DATA = {"raw": {"type": "uri_folder", "path": "code"}, "n": 3}


def bound(**inputs: Any) -> dict[str, Any]:
    types = {"n": "integer", "s": "string", "f": "uri_file"}
    return command("true", inputs=inputs, types={k: v for k, v in types.items() if k in inputs})


CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # name: jobs, code, where, part of the message
    "no steps": ({}, "KAZ601", "jobs", "no steps"),
    "cycle": (
        {
            "a": command('touch "${{outputs.o}}/x"', inputs={"i": output_of("b", "o")}),
            "b": command('touch "${{outputs.o}}/x"', inputs={"i": output_of("a", "o")}),
        },
        "KAZ601",
        "jobs",
        "wait for one another, or for such a step: 'a', 'b'",
    ),
    "itself": (
        {"a": command("touch ${{outputs.o}}/x", inputs={"i": output_of("a", "o")})},
        "KAZ601",
        "jobs",
        "'a'",
    ),
    "unknown step": (
        {"a": bound(i=output_of("typo", "o"))},
        "KAZ601",
        "jobs.a.inputs.i",
        "no step 'typo'",
    ),
    "unknown output": (
        {"make": command("touch ${{outputs.out}}/x"), "a": bound(i=output_of("make", "ou"))},
        "KAZ601",
        "jobs.a.inputs.i",
        "no output 'ou'",
    ),
    "unknown pipeline input": (
        {"a": bound(i="${{parent.inputs.ra}}")},
        "KAZ601",
        "jobs.a.inputs.i",
        "no input 'ra'",
    ),
    "unknown pipeline output": (
        {"a": command("true ${{outputs.o}}") | {"outputs": {"o": "${{parent.outputs.x}}"}}},
        "KAZ601",
        "jobs.a.outputs.o",
        "no output 'x'",
    ),
    "undeclared input": (
        {"a": command("true") | {"inputs": {"x": 1}}},
        "KAZ601",
        "jobs.a.inputs.x",
        "declares no 'x'",
    ),
    "undeclared output": (
        {"a": command("true") | {"outputs": {"x": {"path": "azureml://x"}}}},
        "KAZ601",
        "jobs.a.outputs.x",
        "declares no 'x'",
    ),
    "missing input": (
        {"a": command("true", types={"n": "integer"})},
        "KAZ601",
        "jobs.a.inputs.n",
        "'n' has no value",
    ),
    "empty input": ({"a": bound(s="")}, "KAZ601", "jobs.a.inputs.s", "has no value"),
    "a literal for a folder": (
        {"a": bound(i="hello")},
        "KAZ601",
        "jobs.a.inputs.i",
        "is a literal",
    ),
    "a pipeline literal for a folder": (
        {"a": bound(i="${{parent.inputs.n}}")},
        "KAZ601",
        "jobs.a.inputs.i",
        "is a literal",
    ),
    "data for a literal": (
        {"a": bound(s="${{parent.inputs.raw}}")},
        "KAZ601",
        "jobs.a.inputs.s",
        "cannot be bound to the data",
    ),
    "an output for a literal": (
        {"make": command("true ${{outputs.o}}"), "a": bound(s=output_of("make", "o"))},
        "KAZ601",
        "jobs.a.inputs.s",
        "cannot be bound to data",
    ),
    "a folder for a file": (
        {"a": bound(f="${{parent.inputs.raw}}")},
        "KAZ601",
        "jobs.a.inputs.f",
        "uri_file cannot be bound to a uri_folder",
    ),
    "a step's folder for a file": (
        {"make": command("true ${{outputs.o}}"), "a": bound(f=output_of("make", "o"))},
        "KAZ601",
        "jobs.a.inputs.f",
        "uri_file cannot be bound to a uri_folder",
    ),
    "a strange expression": (
        {"a": bound(s="${{creation_context.trigger_time}}")},
        "KAZ601",
        "jobs.a.inputs.s",
        "is no binding",
    ),
    "an unknown name in the command": (
        {"a": command("echo ${{inputs.x}}")},
        "KAZ601",
        "jobs.a.component.command",
        "names none of the step's inputs",
    ),
    "a binding in the command": (
        {"a": command("echo ${{parent.inputs.n}}")},
        "KAZ601",
        "jobs.a.component.command",
        "no expression of a command",
    ),
    "a required input in an optional block": (
        {"a": command("echo $[[${{inputs.n}}]]", inputs={"n": 1}, types={"n": "integer"})},
        "KAZ601",
        "jobs.a.component.command",
        "only hold optional inputs",
    ),
    "an optional input outside a block": (
        {"a": command("echo ${{inputs.n}}", types={"n": {"type": "integer", "optional": True}})},
        "KAZ601",
        "jobs.a.component.command",
        "optional input 'n' has no value",
    ),
    "names that differ in case": (
        {"a": command("true ${{outputs.Data}} ${{outputs.data}}")},
        "KAZ601",
        "jobs.a.outputs",
        "differ in case only",
    ),
    "a step's name": ({"../a": command("true")}, "KAZ401", "jobs.../a", "name of a step"),
    "an output's name": (
        {"a": command("true", outputs={"../../o": "uri_folder"})},
        "KAZ601",
        "jobs.a.outputs",
        "cannot be a name",
    ),
    "a variable's name": (
        {"a": command("true", environment_variables={"A=B": "1"})},
        "KAZ601",
        "jobs.a.environment_variables",
        "cannot be set",
    ),
    "no code": (
        {"a": command("true", code="nowhere")},
        "KAZ505",
        "jobs.a.component.code",
        "does not exist",
    ),
    "code elsewhere": (
        {"a": command("true", code="azureml:code:1")},
        "KAZ602",
        "jobs.a.component.code",
        "not on this machine",
    ),
    "code in git": (
        {"a": command("true", code="git+https://example.com/x.git")},
        "KAZ602",
        "jobs.a.component.code",
        "not on this machine",
    ),
    "data elsewhere": (
        {"a": bound(i={"path": "azureml://datastores/d/paths/x", "type": "uri_folder"})},
        "KAZ602",
        "jobs.a.inputs.i",
        "not on this machine",
    ),
    "data that is not there": (
        {"a": bound(i={"path": "gone", "type": "uri_folder"})},
        "KAZ302",
        "jobs.a.inputs.i",
        "does not exist",
    ),
    "a file where a folder should be": (
        {"a": bound(i={"path": "code/main.py", "type": "uri_folder"})},
        "KAZ601",
        "jobs.a.inputs.i",
        "is a file",
    ),
    "mode direct": (
        {"a": bound(i={"path": "code", "type": "uri_folder", "mode": "direct"})},
        "KAZ602",
        "jobs.a.inputs.i",
        "'direct'",
    ),
    "distribution": (
        {"a": command("true", component={"distribution": {"type": "ray"}})},
        "KAZ602",
        "jobs.a.component.distribution",
        "distributed step (ray)",
    ),
    "several machines": (
        {"a": command("true", component={"resources": {"instance_count": 2}})},
        "KAZ602",
        "jobs.a.resources",
        "several machines",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused_before_anything_runs(name: str, stage: Stage) -> None:
    jobs, code, where, message = CASES[name]
    with pytest.raises(DiagnosticError) as caught:
        stage.run(jobs, PIPELINE_DATA)
    found = caught.value.diagnostics
    assert (code, f"probe.yml {where}") in {(d.code, d.where) for d in found}
    assert any(message in d.message for d in found)
    assert all(d.remedy for d in found)
    assert not (stage.root / ".kedro_azureml").exists()


def test_everything_is_said_at_once_and_once(stage: Stage) -> None:
    inputs = {"gone": {"type": "uri_folder", "path": "gone"}}
    jobs = {
        "a": bound(i="${{parent.inputs.gone}}"),
        "b": bound(i="${{parent.inputs.gone}}"),
        "c": bound(i=output_of("x", "o")),
    }
    with pytest.raises(DiagnosticError) as caught:
        stage.run(jobs, inputs)
    assert [d.code for d in caught.value.diagnostics] == ["KAZ302", "KAZ601"]


def test_a_misspelt_name_is_answered_with_the_nearest(stage: Stage) -> None:
    with pytest.raises(DiagnosticError, match=r"Did you mean 'raw'\?"):
        stage.run({"a": bound(i="${{parent.inputs.rwa}}")}, PIPELINE_DATA)


@pytest.mark.parametrize(
    ("tree", "fragment"),
    [
        ({"code/.amlignore": "*\n"}, "no file to upload"),
        ({"code/.amlignore": "foo\\\n"}, "line 1"),
    ],
)
def test_a_snapshot_that_azure_would_refuse(
    tree: Mapping[str, str], fragment: str, stage: Stage
) -> None:
    for name, text in tree.items():
        stage.write(name, text)
    with pytest.raises(DiagnosticError, match=rf"KAZ505 .*{fragment}"):
        stage.run_one("true")
    assert list((stage.root / ".kedro_azureml/runs").iterdir()) == []


def test_a_broken_link_in_the_code(stage: Stage) -> None:
    (stage.root / "code/gone.csv").symlink_to("nowhere")
    with pytest.raises(DiagnosticError, match=r"KAZ505 .*'gone.csv' is a link to nothing"):
        stage.run_one("true")


def test_an_empty_input_folder(stage: Stage) -> None:
    (stage.root / "void").mkdir()
    with pytest.raises(DiagnosticError, match=r"KAZ505 .*'void' has no file to upload"):
        stage.run({"a": bound(i="${{parent.inputs.void}}")}, {"void": folder("void")})


def test_an_unreadable_file(stage: Stage, tmp_path: Path) -> None:
    # A folder in the place of a file is unreadable for root too.
    (stage.root / "code/x.py").symlink_to("/proc/self/mem")
    with pytest.raises(DiagnosticError, match=r"KAZ505 .*'x.py'"):
        stage.run_one("true")


def folder(path: str) -> dict[str, str]:
    return {"type": "uri_folder", "path": path}
