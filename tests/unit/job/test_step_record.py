"""A step's record and its command: what is written is read, and nothing is left to expand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.command_words import Publication
from kedro_azureml.job.step_commands import literal_arguments, storage_of
from kedro_azureml.job.step_record import (
    DEFAULT_PIPELINE,
    ArgumentError,
    StepRecord,
)
from kedro_azureml.job.yaml import load_job
from tests.kit.earlier import A_STEP_A_NODE, CODE_IN_THE_IMAGE, DOCUMENTS, TEMPORARY_STORAGE
from tests.kit.nasty import JSON, NASTY, folders


@given(NASTY, st.dictionaries(NASTY, JSON, max_size=3), NASTY, folders())
def test_a_command_is_read_as_it_was_written(
    node: str, parameters: dict[str, Any], dataset: str, folder: str
) -> None:
    record = StepRecord(
        pipeline=DEFAULT_PIPELINE,
        loaded_pipeline="part",
        nodes=(node, "second"),
        env="prod",
        parameters=parameters,
        load_versions={dataset: "2024-01-01T00.00.00.000Z"},
        runner="ThreadRunner",
        raw_inputs={dataset: "${{inputs.a}}"},
        inputs={dataset: "${{inputs.b}}"},
        outputs={dataset: "${{outputs.c}}"},
        results={node: "${{outputs.d}}"},
        storage="https://account.blob.core.windows.net/container",
        stored={dataset: "${{outputs.e}}"},
        publish={dataset: Publication("uri_file", "${{outputs.f}}")},
        published={dataset: "${{inputs.g}}"},
        export="${{outputs.h}}",
        shards={dataset: "${{inputs.i}}"},
        merged={dataset: ("${{inputs.j}}", "${{inputs.k}}"), node: ("${{inputs.l}}",)},
        partials={dataset: "${{outputs.m}}"},
        combined={dataset: ("${{inputs.n}}", "${{inputs.o}}")},
        working_directory=folder,
        environment={"A": node, "_b2": dataset},
        code="..",
    )
    assert StepRecord.from_command(record.command(), "..") == record
    assert StepRecord.from_arguments(record.arguments()) == StepRecord(
        **{**vars(record), "working_directory": None, "environment": {}, "code": None}
    )


@given(NASTY, JSON, folders())
def test_nothing_is_left_to_expand(name: str, value: Any, folder: str) -> None:
    """Azure ML replaces ``${{...}}`` and ``$[[...]]`` without looking at quotes."""
    command = StepRecord("p", (name,), parameters={name: value}).command()
    assert "$" not in command
    assert "\n" not in command
    command = StepRecord("p", ("n",), working_directory=folder, environment={"A": name}).command()
    assert "${{" not in command
    assert "$[[" not in command


def test_a_command_reads_well() -> None:
    record = StepRecord(
        DEFAULT_PIPELINE,
        ("clean",),
        raw_inputs={"data/01_raw/a.csv": "${{inputs.a}}"},
        outputs={"b": "${{outputs.b}}"},
        working_directory="/home/kedro",
    )
    assert record.command() == (
        "cd '/home/kedro' && python -m kedro_azureml.step --pipeline __default__ --node clean "
        '--mount data/01_raw/a.csv "${{inputs.a}}" --output b "${{outputs.b}}"'
    )


def test_a_record_tells_what_the_step_reads_and_writes() -> None:
    record = StepRecord(
        "p",
        ("n",),
        raw_inputs={"data/a.csv": "${{inputs.a}}"},
        inputs={"b": "${{inputs.b}}"},
        outputs={"c": "${{outputs.c_1}}"},
        stored={"d": "${{ outputs.d_1 }}"},
        results={"e": "/a/path"},
    )
    assert record.reads == ("data/a.csv", "b")
    assert record.writes == ("c", "d", "e")
    assert record.output_names == {"c": "c_1", "d": "d_1"}
    assert record.without_outputs().writes == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "needs --pipeline and --node"),
        (["--pipeline", "p"], "needs --pipeline and --node"),
        (["--node", "n"], "needs --pipeline and --node"),
        (
            ["--pipeline", "p", "--node", "n", "--publish", "d", "uri_file", "f"],
            "--publish of the step's command needs --output: d",
        ),
        (
            ["--pipeline", "p", "--node", "n", "--published", "d", "f"],
            "--published of the step's command needs --input: d",
        ),
        (["--pipeline", "p", "--node", "n", "--unknown", "x"], "unknown option '--unknown'"),
        (["--pipeline", "p", "--node", "n", "--input", "x"], "'--input' of the step's command"),
        (["--pipeline", "p", "--node", "n", "--params", "{"], "'--params' of the step's command"),
        (["--pipeline", "p", "--node", "n", "--params", "[]"], "'--params' of the step's command"),
        (["--pipeline", "p", "--node", '"n'], "'--node' of the step's command"),
        (["--pipeline", "p", "--node", "n", "stray"], "unexpected 'stray'"),
    ],
)
def test_other_words_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        StepRecord.from_arguments(words)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "python train.py --pipeline p",
        "echo 'unbalanced",
        "python -m kedro_azureml.step --pipeline p",
        "python -m kedro_azureml.step --pipeline p --node n && rm -r data",
        "cd /a /b && python -m kedro_azureml.step --pipeline p --node n",
        "cd",
    ],
)
def test_other_commands_have_no_record(command: str) -> None:
    assert StepRecord.from_command(command) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"(?i)JSON|compliant"):
        StepRecord("p", ("n",), parameters={"a": value}).command()


STEP = "python -m kedro_azureml.step --pipeline p --node n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (STEP, ["--pipeline", "p", "--node", "n"]),
        (f'{STEP} --input d "/r/d"', ["--pipeline", "p", "--node", "n", "--input", "d", "/r/d"]),
        (f'{STEP} --input d "/runs/$USER/d"', None),
        (f'{STEP} --input d "/runs/`id`/d"', None),
        (f"{STEP} --input d /runs/*", None),
        (f"{STEP} > log", None),
        (f"cd '/home/kedro' && {STEP}", None),
        ("echo", None),
    ],
)  # fmt: skip
def test_what_needs_no_shell(command: str, words: list[str] | None) -> None:
    assert literal_arguments(command) == words


def test_the_storage_of_a_job() -> None:
    assert storage_of([None, StepRecord("p", ("n",))]) is None
    assert storage_of([None, StepRecord("p", ("n",), storage="https://a/b")]) == "https://a/b"


# Documents compiled before a step had a record.


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.yml")), ids=lambda path: path.stem)
def test_an_earlier_command_is_written_the_same(path: Path) -> None:
    """Its component is then the same on Azure ML, so that a deterministic step is not run again."""
    for step in load_job(path).jobs.values():
        record = step.component.record()
        assert record is not None
        assert record.command() == step.component.command


def test_earlier_records() -> None:
    records = load_job(A_STEP_A_NODE).step_records()
    assert records["clean"] == StepRecord(
        DEFAULT_PIPELINE,
        ("clean",),
        parameters={"factor": 2, "how": {"unit": 'it\'s $HOME `id` "mm"'}},
        raw_inputs={"data/01_raw/raw file.txt": "${{inputs.raw}}"},
        outputs={"it's clean": "${{outputs.it_s_clean}}"},
        code=".",
    )
    join = records["join"]
    assert join is not None
    assert join.loaded_pipeline == "second"
    assert join.inputs == {"words": "${{inputs.words}}", "length": "${{inputs.length}}"}
    assert join.output_names == {"joined": "joined", "last": "last"}
    (only,) = load_job(CODE_IN_THE_IMAGE).step_records().values()
    assert only is not None
    assert (only.working_directory, only.code) == ("/home/kedro app", None)
    assert (only.nodes, only.env, only.runner) == (
        ("clean", "split", "join"),
        "base",
        "ThreadRunner",
    )
    stored = load_job(TEMPORARY_STORAGE).step_records()
    assert storage_of(stored.values()) == "https://account.blob.core.windows.net/container"
    split = stored["split"]
    assert split is not None
    assert split.output_names == {"words": "words", "length": "length"}


def test_parameters_that_are_nested_without_end() -> None:
    command = StepRecord("p", ("n",)).command()
    assert StepRecord.from_command(command) is not None
    assert StepRecord.from_command(f"{command} --params '{'[' * 9000}'") is None
