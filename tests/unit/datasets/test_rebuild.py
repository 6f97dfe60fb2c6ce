"""Contract: what Kedro's private ``_init_config`` gives, on every supported version."""

from __future__ import annotations

from typing import Any

import pytest
from kedro.io import AbstractDataset, CachedDataset, MemoryDataset
from kedro_datasets.text import TextDataset

from kedro_azureml.datasets.rebuild import config_of


def test_the_configuration_rebuilds_the_object() -> None:
    config = config_of(TextDataset(filepath="data/a.txt"))
    assert config is not None
    assert config["filepath"] == "data/a.txt"
    again = AbstractDataset.from_config("a", config)
    assert isinstance(again, TextDataset)


class Inherits(TextDataset):  # type: ignore[misc]
    """No constructor of its own."""


class PassesOn(TextDataset):  # type: ignore[misc]
    """A constructor that says nothing of its arguments."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)


@pytest.mark.parametrize("cls", [Inherits, PassesOn])
def test_arguments_that_are_passed_on(cls: type[TextDataset]) -> None:
    config = config_of(cls(filepath="data/a.txt"))
    assert config is not None
    assert config["filepath"] == "data/a.txt"
    assert not {"args", "kwargs", "options"} & set(config)


def test_wrapped_and_memory() -> None:
    config = config_of(CachedDataset(TextDataset(filepath="data/a.txt")))
    assert config is not None
    assert config["dataset"]["filepath"] == "data/a.txt"
    memory = config_of(MemoryDataset())
    assert memory is not None
    assert memory["type"].endswith("MemoryDataset")


def test_what_is_no_dataset() -> None:
    assert config_of(object()) is None
