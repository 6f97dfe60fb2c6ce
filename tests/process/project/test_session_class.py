"""The project's own SESSION_CLASS counts when it is compiled and when its steps run."""

from __future__ import annotations

from pathlib import Path

import kedro.framework.session
import pytest

from kedro_azureml.job.yaml import load_job
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

PLAIN = """\
    from kedro.framework.session import KedroSession

    class SESSION_CLASS(KedroSession):
        '''Lays parameters of its own over those of the command.'''

        @classmethod
        def create(cls, *args, runtime_params=None, **rest):
            own = {"machines": 3, **(runtime_params or {})}
            return super().create(*args, runtime_params=own, **rest)
    """
SERVICE = """\
    from kedro.framework.session import KedroServiceSession

    class SESSION_CLASS(KedroServiceSession):
        '''Lays parameters of its own over those of the command.'''

        def load_context(self, runtime_params=None):
            return super().load_context({"machines": 3, **(runtime_params or {})})
    """
REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from kedro_azureml.distributed import distributed_job
    from kedro_azureml.distributed.config import Framework

    @distributed_job(Framework.PyTorch, num_nodes="params:machines")
    def fit(machines): return "fitted"

    def say(machines, word): return f"{word} of {machines}"

    def register_pipelines():
        return {
            "__default__": Pipeline([node(say, ["params:machines", "params:word"], "said")]),
            "wide": Pipeline([node(fit, "params:machines", "model", name="fit")]),
        }
    """
NEEDS_SERVICE_SESSION = pytest.mark.skipif(
    not hasattr(kedro.framework.session, "KedroServiceSession"),
    reason="this Kedro has no KedroServiceSession",
)


@pytest.fixture(params=[PLAIN, pytest.param(SERVICE, marks=NEEDS_SERVICE_SESSION)])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_project(
        tmp_path / "p",
        registry=REGISTRY,
        parameters="{machines: 1, word: one}\n",
        catalog="said: {type: text.TextDataset, filepath: data/said.txt}\n",
        files={"src/minimal/settings.py": request.param},
    )


def test_the_compiler_asks_it_for_parameters(project: Path) -> None:
    done = run_kedro(project, "azureml", "compile", "-p", "wide", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    resources = load_job(project / "pipeline.yml").jobs["fit"].component.resources
    assert resources is not None
    assert resources.instance_count == 3


def test_a_step_runs_in_it(project: Path) -> None:
    done = run_kedro(
        project,
        "azureml",
        "run",
        "--local",
        "--into-catalog",
        "--params",
        "word=ranks",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/said.txt").read_text() == "ranks of 3"
