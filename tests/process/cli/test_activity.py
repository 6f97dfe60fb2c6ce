"""Something is on the screen while a command has nothing to show yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.projects import make_project
from tests.kit.shell import run_kedro
from tests.kit.terminal import run_kedro_on_terminal


@pytest.mark.parametrize("command", [("compile",), ("plan",), ("run", "--local")])
def test_a_terminal_shows_what_is_being_done(tmp_path: Path, command: tuple[str, ...]) -> None:
    project = make_project(tmp_path / "p")
    code, screen = run_kedro_on_terminal(project, "azureml", *command, conversation=())
    assert code == 0, screen
    loading, compiling = screen.index("Loading the project"), screen.index("Compiling")
    assert loading < compiling < screen.rindex("upper")


def test_nothing_of_it_is_said_elsewhere(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    done = run_kedro(project, "azureml", "compile", "-o", "-")
    assert "Compiling" not in done.stdout
