"""The documentation's quickstart, from `az login` to a finished job, with its own commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.kit.azureml.service import AzureService
from tests.kit.projects import REPOSITORY
from tests.kit.shell import environment

pytest_plugins = ("tests.kit.azureml.fixtures",)

PAGE = REPOSITORY / "docs" / "quickstart.md"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
# Installing needs a network.
NOT_RUN = ("pip install",)


def commands() -> Iterator[str]:
    for block in re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.M | re.S):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            if line.startswith("$ ") and not line[2:].startswith(NOT_RUN):
                yield line[2:]


def test_the_quickstart(azure_service: AzureService, tmp_path: Path) -> None:
    azure_service.reset(subscription=SUBSCRIPTION, group="my-resource-group", name="my-workspace")
    programs = tmp_path / "bin"
    programs.mkdir()
    azure_service.identities.write_az(programs, SUBSCRIPTION)
    variables = environment(**azure_service.network)
    variables["PATH"] = os.pathsep.join(
        [str(programs), str(Path(sys.executable).parent), variables["PATH"]]
    )
    folder = tmp_path
    ran = []
    for command in commands():
        words = shlex.split(command)
        if words[0] == "cd":
            folder /= words[1]
            continue
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            variables[name] = value
            continue
        jobs = list(azure_service.jobs.runs)
        if jobs:
            words = [re.sub(r"^spaceflights-\d{8}-.*", jobs[-1], word) for word in words]
        done = subprocess.run(
            words, cwd=folder, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        ran.append(" ".join(words[:4]))
    assert [line.split(" ")[0:3] for line in ran] == [
        ["kedro", "new", "--starter=azureml-spaceflights"],
        *[["kedro", "azureml", "run"]] * 4,
        ["kedro", "azureml", "init"],
        ["kedro", "azureml", "compile"],
        ["az", "login"],
        ["kedro", "azureml", "run"],
        ["kedro", "azureml", "job"],
        ["kedro", "azureml", "job"],
    ]
    assert azure_service.jobs.created == 1
    assert list((folder / "data/06_models").rglob("*.pkl"))
