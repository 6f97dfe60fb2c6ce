"""The command line survives the service's substitution and a real shell, whatever the values."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_azureml.step.arguments import (
    ArgumentError,
    StepArguments,
    parse,
    parse_command,
    quote,
    unquote,
)

NASTY = st.one_of(
    st.sampled_from(
        [
            "'; rm -rf /tmp/nothing; '",
            'it\'s "q" $HOME ${HOME} `id` $(id) \\ !x',
            "${{inputs.x}} $[[--opt ${{inputs.y}}]]",
            "line\nbreak\ttab\r",
            "emoji 😀 é 漢",
            "x" * 300,
            "",
            '"quoted"',
            "--node",
            "-e",
            "a=b",
            "ends\n",
            "~",
            "*",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=8,
)


@given(NASTY)
def test_quote_is_one_word_and_comes_back(value: str) -> None:
    words = shlex.split(quote(value))
    assert len(words) == 1
    assert unquote(words[0]) == value


@given(NASTY, st.dictionaries(NASTY, JSON, min_size=1, max_size=3), NASTY)
def test_command_round_trip(node: str, params: dict[str, Any], dataset: str) -> None:
    arguments = StepArguments(
        pipeline="__default__",
        home="home",
        nodes=(node, "second"),
        env="prod",
        params=params,
        load_versions={dataset: "2024-01-01T00.00.00.000Z"},
        mounts=((dataset, "${{inputs.a}}"),),
        inputs=((dataset, "${{inputs.b}}"),),
        outputs=((dataset, "${{outputs.c}}"),),
        results=((node, "${{outputs.d}}"),),
        storage="https://account.blob.core.windows.net/container",
        stored=((dataset, "${{outputs.e}}"),),
    )
    assert parse_command(arguments.command()) == arguments
    assert parse_command(f"cd '/home/kedro' && {arguments.command()}") == arguments


@given(NASTY, JSON)
def test_nothing_is_left_to_expand(name: str, value: Any) -> None:
    """Azure ML replaces ``${{...}}`` and ``$[[...]]`` without looking at quotes."""
    command = StepArguments("p", (name,), params={name: value}).command()
    assert "$" not in command
    assert "\n" not in command


@settings(max_examples=10)
@given(st.dictionaries(NASTY, JSON, min_size=1, max_size=3))
def test_bash_hands_over_the_value(params: dict[str, Any]) -> None:
    """field-defects, Security: --params is pasted into the command."""
    # A process argument cannot hold NUL, and the JSON escapes it.
    command = StepArguments("p", ("n",), params=params).command()
    command = command.replace("python -m kedro_azureml.step", f"{sys.executable} -c '{_ECHO}'")
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    words = json.loads(result.stdout)
    assert parse(words).params == params


_ECHO = "import json, sys; print(json.dumps(sys.argv[1:]))"


def test_command_reads_well() -> None:
    command = StepArguments(
        "__default__",
        ("clean",),
        mounts=(("data/01_raw/a.csv", "${{inputs.a}}"),),
        outputs=(("b", "${{outputs.b}}"),),
    ).command()
    assert command == (
        "python -m kedro_azureml.step --pipeline __default__ --node clean "
        '--mount data/01_raw/a.csv "${{inputs.a}}" --output b "${{outputs.b}}"'
    )


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--pipeline", "p"],
        ["--node", "n"],
        ["--pipeline", "p", "--node", "n", "--unknown", "x"],
        ["--pipeline", "p", "--node", "n", "--input", "x"],
        ["--pipeline", "p", "--node", "n", "stray"],
    ],
)
def test_bad_command_line(argv: list[str]) -> None:
    with pytest.raises(ArgumentError):
        parse(argv)


def test_other_commands_are_not_steps() -> None:
    assert parse_command("python train.py --pipeline p") is None
    assert parse_command("echo 'unbalanced") is None
    assert parse_command("python -m kedro_azureml.step --pipeline p") is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=re.compile("JSON|compliant", re.I)):
        StepArguments("p", ("n",), params={"a": value}).command()
