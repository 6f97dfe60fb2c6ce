"""The document as text: canonical, readable, strict."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import Component, Input, Output, PipelineJob, Settings, Step
from kedro_azureml.job.yaml import dump_carefully, dump_job, dump_mapping, load_job, load_text
from tests.kit.bombs import ALIASES, BOMBS

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co"]), max_size=120
) | st.sampled_from(
    ["on", "12:30:00", "2024-01-01", "0o17", "1e3", "null", "~", "y", "", "a: b # c", " x ", "a\nb"]
)


def make_job(command: str = "echo", name: str = "exp", variable: str = "v") -> PipelineJob:
    return PipelineJob(
        experiment_name=name,
        settings=Settings(default_compute="azureml:cpu", continue_on_step_failure=False),
        inputs={"raw": Input(type="uri_file", path="data/raw.csv")},
        jobs={
            "first": Step(
                component=Component(
                    command=command,
                    code=".",
                    environment="azureml:env@latest",
                    inputs={"raw": Input(type="uri_file")},
                    outputs={"table": Output()},
                ),
                inputs={"raw": "${{parent.inputs.raw}}"},
                environment_variables={"V": variable},
            )
        },
    )


@given(TEXT, TEXT, TEXT)
def test_round_trip(command: str, name: str, variable: str) -> None:
    job = make_job(command, name, variable)
    text = dump_job(job)
    loaded = load_text(text)
    assert loaded.jobs == job.jobs
    assert loaded.experiment_name == name
    assert dump_job(loaded) == text


def test_long_commands_are_folded_an_option_a_line() -> None:
    command = "python -m kedro_azureml.step --pipeline __default__ --node a --output b 'x -- y'"
    text = dump_job(make_job(command))
    assert "command: >-\n" in text
    assert "\n        --node a\n" in text
    assert load_text(text).jobs["first"].component.command == command


def test_strings_stay_strings_for_any_yaml_reader() -> None:
    text = dump_job(make_job(name="12:30:00", variable="2024-01-01"))
    data = yaml.safe_load(text)
    assert data["experiment_name"] == "12:30:00"
    assert data["jobs"]["first"]["environment_variables"]["V"] == "2024-01-01"
    assert "&id" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type: pipeline\njobs: {a: [}", "not valid YAML"),
        *((f"type: pipeline\n{bomb}", "not valid YAML") for bomb in BOMBS),
        ("type: pipeline\ntags: {a: 2024-13-45}", "not valid YAML: month must be"),
        ("type: command\ncommand: echo", "no pipeline job, but 'command'"),
        ("just text", "no pipeline job"),
        ("type: pipeline\njobs: {}\nunknwon: 1", "Unknown key 'unknwon'"),
        ("type: pipeline\njobs: {a: {component: {command: x, comand: y}}}", "component.comand"),
        ("type: pipeline\njobs: {a: {type: parallel, component: {command: x}}}", "jobs.a.type"),
    ],
)
def test_what_is_not_a_document(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "job.yml"
    file.write_text(text)
    with pytest.raises(DiagnosticError) as caught:
        load_job(file)
    assert message in str(caught.value)
    assert "KAZ601" in str(caught.value)
    assert "job.yml" in str(caught.value)


def test_a_bomb_where_a_document_may_hold_anything() -> None:
    """It was read in no time, and nobody who looked at it came back."""
    environment = indent(ALIASES, " " * 8)
    with pytest.raises(DiagnosticError, match="too many values"):
        load_text(f"jobs:\n  a:\n    component:\n      environment:\n{environment}")


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="KAZ601"):
        load_job(tmp_path / "missing.yml")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DiagnosticError, match="KAZ601"):
        load_job(tmp_path / "binary.yml")


# Text that looks like a document's, long enough to be broken, and text that is anything but plain.
USUAL = st.text("ab.:/_$[]{}()->,#'\"!&*=+09 ~yN", max_size=110) | st.sampled_from(["Yes", "No"])
TREES = st.recursive(
    USUAL | TEXT | st.booleans() | st.integers() | st.none() | st.floats(allow_nan=False),
    lambda inner: st.dictionaries(USUAL, inner) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(USUAL, USUAL))
def test_plain_text_is_written_as_pyyaml_writes_it(data: dict[str, str]) -> None:
    assert dump_mapping(data) == dump_carefully(data)


@given(st.dictionaries(USUAL, TREES))
def test_whatever_yaml_can_hold_is_written_as_pyyaml_writes_it(data: dict[str, object]) -> None:
    assert dump_mapping(data) == dump_carefully(data)
