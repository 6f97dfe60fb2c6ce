"""The unmodified azure-ai-ml SDK in a process of its own, which has nothing but variables.

Importing the SDK takes seconds, so one process does what several tests ask for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.kit.azureml.service import AzureService
from tests.kit.waiting import PATIENCE

# Reads one piece of code a line, in JSON; what the code assigns to `result` goes back.
_LOOP = """
import contextlib, gc, io, json, sys, traceback
from azure.ai.ml import MLClient, load_job
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

answers = sys.stdout
for line in sys.stdin:
    order = json.loads(line)
    client = MLClient(DefaultAzureCredential(), *order["workspace"], **order["options"])
    names = {**globals(), "ml": client, "folder": order["folder"], "result": None}
    printed, error = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        try:
            exec(order["code"], names)
        except BaseException as raised:
            error = f"{type(raised).__name__}: {raised}"
            traceback.print_exc()
    reply = {"result": names["result"], "printed": printed.getvalue(), "error": error}
    answers.write(json.dumps(reply) + "\\n")
    answers.flush()
    # Its connections would stay open at the service.
    del client, names
    gc.collect()
"""


class SdkError(Exception):
    """What the SDK raised: its class and its message."""


class Sdk:
    """A process that runs code with the SDK imported and a client of the workspace made."""

    def __init__(self, service: AzureService, folder: Path, log: Path) -> None:
        self._service = service
        self._folder = folder
        environment = {**os.environ, **service.environment}
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LOOP],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.printed = ""

    def run(self, code: str, **options: Any) -> Any:
        """Run code that sees `ml` (the client), `load_job` and `folder`.

        Args:
            code: What to run.
            **options: Of the client; `workspace` replaces subscription, group and name.

        Returns:
            What the code assigned to `result`.

        Raises:
            SdkError: The code raised something.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        workspace = self._service.workspace
        order = {
            "workspace": options.pop(
                "workspace", (workspace.subscription, workspace.group, workspace.name)
            ),
            "code": dedent(code),
            "folder": str(self._folder),
            "options": options,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        self.printed = reply["printed"]
        if reply["error"] is not None:
            raise SdkError(reply["error"])
        return reply["result"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()
