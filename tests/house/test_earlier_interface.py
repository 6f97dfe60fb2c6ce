"""Every command, option, message code and key of azureml.yml of before is still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from kedro_azureml.config.keys import ALIAS, all_keys
from kedro_azureml.diagnostics import CODES
from kedro_azureml.plugin import azureml_group

EARLIER: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "earlier_interface.yml").read_text(encoding="utf-8")
)
#: `execute` is called by steps that an older version compiled, and shown to nobody.
HIDDEN = ("execute",)


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    """Each command below one, and what can stand behind it."""
    context = click.Context(command, info_name=path[-1])
    words: set[str] = set()
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Argument):
            words.add(str(parameter.name).upper())
        else:
            words |= {*parameter.opts, *parameter.secondary_opts}
    yield " ".join(path), words
    if isinstance(command, click.Group):
        for name in {*command.list_commands(context), *HIDDEN}:
            inner = command.get_command(context, name)
            if inner is not None:
                yield from walk(inner, (*path, name))


def test_every_command_and_option_of_before_is_there() -> None:
    now = dict(walk(azureml_group, ("azureml",)))
    missing = [
        f"{command} {word}"
        for command, words in EARLIER["commands"].items()
        for word in words.split()
        if word not in now.get(command, set())
    ]
    assert missing == []


def test_every_message_code_of_before_is_there() -> None:
    assert set(EARLIER["codes"].split()) - set(CODES) == set()


def test_every_key_of_azureml_yml_of_before_is_there() -> None:
    now = {".".join([*key.path, ALIAS] if key.by_alias else key.path) for key in all_keys()}
    assert set(EARLIER["keys"].split()) - now == set()
