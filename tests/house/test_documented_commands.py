"""Every command of ours that a page or a message shows can be typed: its options exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kedro_azureml.plugin import azureml_group

ROOT = Path(__file__).parents[2]
# In a page: a line of a block, or a code span. In the code: a quoted command in a message.
SHOWN = {
    "pages": re.compile(r"(?:^\s*(?:\$ )?|`)(kedro azureml [^`\n]*(?:\\\n[^`\n]*)*)", re.M),
    "messages": re.compile(r"['`\"](kedro azureml [^'`\"\n]*)"),
}


# docs/architecture/azureml-capabilities.md proposes commands that are not built.
def files(kind: str) -> list[Path]:
    if kind == "messages":
        return sorted((ROOT / "kedro_azureml").rglob("*.py"))
    starters = (p for p in (ROOT / "starters").rglob("*.md") if not {".venv"} & set(p.parts))
    docs = (p for p in (ROOT / "docs").rglob("*.md") if p.name != "azureml-capabilities.md")
    return [*ROOT.glob("*.md"), *sorted(docs), *sorted(starters)]


def commands(kind: str) -> Iterator[tuple[Path, list[str]]]:
    """The words behind ``kedro azureml`` of every command that is shown."""
    for path in files(kind):
        for text in SHOWN[kind].findall(path.read_text(encoding="utf-8")):
            line = re.split(r"\s#|\s[|>;&]+\s", text.replace("\\\n", " "))[0]
            yield path, line.split()[2:]


def options(command: click.Command) -> set[str]:
    names = {"--help"}
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            names.update(parameter.opts, parameter.secondary_opts)
    return names


def unknown(words: list[str]) -> list[str]:
    """The options, and a subcommand, that do not exist."""
    command: click.Command = azureml_group
    context = click.Context(command)
    known = options(command)
    wrong = []
    for word in words:
        bare = word.strip("[].,:)(").partition("=")[0]
        if re.match(r"--?[a-z]", bare):
            wrong += [] if bare in known else [bare]
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z]+", bare):
            subcommand = command.get_command(context, bare)
            if subcommand is None:
                return [*wrong, bare]
            command = subcommand
            known |= options(command)
    return wrong


@pytest.mark.parametrize("kind", SHOWN)
def test_options_exist(kind: str) -> None:
    shown = list(commands(kind))
    assert len(shown) > 30
    wrong = [
        f"{path.relative_to(ROOT)}: kedro azureml {' '.join(words)}: {name}"
        for path, words in shown
        for name in unknown(words)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("run --local --group-by=pipeline", []),
        ("run --lokal", ["--lokal"]),
        ("job download NAME --into-katalog", ["--into-katalog"]),
        ("job fetch", ["fetch"]),
        ("jobs", ["jobs"]),
    ],
)
def test_what_does_not_exist_is_seen(line: str, wrong: list[str]) -> None:
    assert unknown(line.split()) == wrong
