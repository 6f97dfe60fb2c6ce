"""How many requests a submission makes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.submission import Kedro, small_project

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def chain(steps: int) -> str:
    """So many nodes, each reading what the one before wrote."""
    sources = ["None", *(f'"d{number}"' for number in range(steps))]
    return "".join(f'node(one, {s}, "d{n}", name="n{n}"),' for n, s in enumerate(sources[:steps]))


def control(service: AzureService) -> int:
    return len(service.control_requests)


@pytest.mark.parametrize("steps", [1, 2, 20, 100])
def test_requests_for_so_many_steps(kedro: Kedro, tmp_path: Path, steps: int) -> None:
    kedro.project = small_project(kedro.service, tmp_path / "many", chain(steps))
    kedro("run")
    assert control(kedro.service) <= 1.2 * steps + 15
    root = f"{kedro.service.workspace.id}/"
    paths = Counter(s.path.removeprefix(root).split("/")[0] for s in kedro.service.control_requests)
    assert paths["components"] == steps
    assert paths["computes"] == 1
    assert paths["environments"] == 1
    assert paths["jobs"] == 1


@pytest.mark.parametrize("steps", [2, 20])
def test_an_unchanged_project_uploads_nothing(kedro: Kedro, tmp_path: Path, steps: int) -> None:
    kedro.project = small_project(kedro.service, tmp_path / "many", chain(steps))
    kedro("run")
    kedro.service.gateway.seen.clear()
    kedro("run")
    uploads = [s for s in kedro.service.requests if s.method == "PUT" and ".blob." in s.host]
    assert uploads == []
    assert control(kedro.service) <= steps + 6


def test_an_unchanged_input_is_not_uploaded_again(kedro: Kedro) -> None:
    """The project reads a raw input, whose address is looked up: one datastore and its key."""
    kedro("run")
    kedro.service.gateway.seen.clear()
    kedro("run")
    uploads = [s for s in kedro.service.requests if s.method == "PUT" and ".blob." in s.host]
    assert uploads == []
    assert control(kedro.service) <= 2 + 8


def test_raw_inputs_and_an_image(kedro: Kedro) -> None:
    """An image is registered once, and so is each input."""
    kedro("run", "-i", "registry.example/image:1")
    assert kedro.service.count("PUT", "/environments/") == 1
    assert kedro.service.count("POST", "/listSecrets") == 1
    run = kedro.service.jobs.runs[kedro.job]
    path = run.definition["inputs"]["companies"]["uri"]
    assert path.startswith("azureml://")
    assert path.endswith("/companies.csv")
    assert control(kedro.service) <= 1.2 * 2 + 15


def test_identical_steps_are_registered_once(kedro: Kedro) -> None:
    kedro("compile")
    document = kedro.project / "pipeline.yml"
    text = document.read_text()
    first = text[text.index("  first:") : text.index("  second:")]
    copy = first.replace("  first:", "  again:", 1).replace("display_name: first", "", 1)
    document.write_text(text.replace("  second:", f"{copy}  second:"))
    kedro("run", "-f", "pipeline.yml")
    assert sorted(kedro.service.jobs.runs[kedro.job].children) == ["again", "first", "second"]
    assert kedro.service.count("PUT", "/components/") == 2
