"""A step's command in a real shell: each value arrives, and the step starts in its folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_azureml.job.expressions import render_command
from kedro_azureml.job.step_record import STEP_MODULE, StepRecord
from tests.kit.nasty import JSON, NASTY, folders

ECHO = "import json, os, sys; print(json.dumps([os.getcwd(), sys.argv[1:]]))"


def shell(record: StepRecord, folder: Path, **outputs: str) -> tuple[Path, StepRecord]:
    """Where the step starts, and what it is told, when bash runs its command."""
    command = render_command(record.command(), {}, outputs)
    start = f"python -m {STEP_MODULE} "
    assert command.count(start) == 1
    command = command.replace(start, f"'{sys.executable}' -c '{ECHO}' ")
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True
    )
    place, words = json.loads(done.stdout)
    return Path(place), StepRecord.from_arguments(words)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(NASTY, min_size=1, max_size=3),
    st.lists(NASTY, max_size=3, unique=True),
    st.dictionaries(NASTY, JSON, max_size=3),
    folders(),
)
def test_any_step_arrives(
    tmp_path_factory: pytest.TempPathFactory,
    nodes: list[str],
    datasets: list[str],
    parameters: dict[str, Any],
    folder: str,
) -> None:
    """field-defects, Security: --params is pasted into the command."""
    root = tmp_path_factory.mktemp("shell")
    # An absolute one belongs to the test alone.
    folder = f"{root}{folder}" if folder.startswith("/") else folder
    place = root / folder
    place.mkdir(parents=True)
    record = StepRecord(
        "p",
        tuple(nodes),
        parameters=parameters,
        outputs={name: f"${{{{outputs.o{n}}}}}" for n, name in enumerate(datasets)},
        working_directory=folder,
    )
    paths = {f"o{n}": f"/outputs/it's here/{n}" for n in range(len(datasets))}
    started, told = shell(record, root, **paths)
    assert started == place
    assert (told.nodes, told.parameters) == (record.nodes, record.parameters)
    assert dict(told.outputs) == dict(zip(datasets, paths.values(), strict=True))
    shutil.rmtree(root)


@pytest.mark.parametrize("folder", ["-", "-P", "--"])
def test_a_folder_with_a_dash_in_front(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    started, _ = shell(StepRecord("p", ("n",), working_directory=folder), tmp_path)
    assert started == tmp_path / folder


HEAVY = "import sys, kedro_azureml.job.step_record; print(*sys.modules)"


def test_a_record_costs_a_step_no_import() -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True)
    assert not {"pydantic", "yaml", "kedro"} & set(done.stdout.split())
