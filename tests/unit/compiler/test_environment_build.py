"""The job that builds an environment; through it, any alias in a document that the SDK reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedro_azureml.compiler.placement.computes import placed_in, settings_of
from kedro_azureml.compiler.placement.environment_build import COMMAND, build_job
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.job.yaml import dump_job, load_text

TEXT = st.text("abAB019-_.:/ #'\"é{}$", min_size=1, max_size=12).filter(
    lambda s: s == s.strip() and "${" not in s and "{" not in s
)
TARGETS = st.sampled_from(
    [
        {},
        {"serverless": True, "instance_type": "Standard_D2"},
        {"cluster_name": "cpu", "instance_count": 3},
        {"cluster_name": "k8s", "instance_type": "12:30:00"},
        {"instance_name": "mine"},
    ]
)
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "shm_size": st.sampled_from(["8g", "512M"]),
        "docker_args": TEXT,
        "timeout": st.integers(1, 10**6),
        "priority": st.sampled_from(["low", "medium", "high"]),
        "identity": st.sampled_from(["managed", "user", "default"])
        | st.fixed_dictionaries({"type": st.just("managed"), "client_id": TEXT}),
        "environment_variables": st.dictionaries(
            st.from_regex(r"[A-Z_][A-Z0-9_]{0,5}", fullmatch=True), TEXT | st.integers(), max_size=3
        ),
    },
)
REQUIREMENTS = st.lists(
    st.sampled_from(
        ["kedro-azureml", "pandas>=2 ; python_version < '4'", "a[b]==1.0 # why", "--pre", "yes", ""]
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def load_job() -> Callable[..., Any]:
    azure = pytest.importorskip("azure.ai.ml")
    return azure.load_job  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a project")
    (path / "conda.yml").write_text("dependencies: [{pip: [kedro-azureml]}]\n")
    (path / "image").mkdir()
    (path / "image/Dockerfile").write_text("FROM x\n")
    return path


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    target=TARGETS,
    others=OTHERS,
    default=OTHERS,
    lines=REQUIREMENTS,
    form=st.sampled_from(
        [
            {"name": "env:1"},
            {"name": "env"},
            {"image": "registry.example/i:1"},
            {"conda_file": "conda.yml"},
            {"requirements": "requirements.txt", "python_version": "3.10"},
            {"build": {"path": "image"}},
        ]
    ),
)
def test_any_alias_loads(
    folder: Path,
    load_job: Callable[..., Any],
    target: dict[str, Any],
    others: dict[str, Any],
    default: dict[str, Any],
    lines: list[str],
    form: dict[str, Any],
) -> None:
    (folder / "requirements.txt").write_text("\n".join(lines))
    compute = {"__default__": {"cluster_name": "d", **default}, "x": {**target, **others}}
    config = AzureMLConfig.model_validate(
        {"azure": {"compute": compute, "environments": {"x": form}}}
    )
    job, findings = build_job(config, "x", None, folder)
    assert not [f for f in findings if f.severity == "error"]
    placed = placed_in("x", config)
    step = job.jobs["build"].model_copy(update=settings_of(placed))
    job = job.model_copy(update={"jobs": {"build": step}})
    text = dump_job(job)
    assert dump_job(load_text(text)) == text
    file = folder / "pipeline.yml"
    file.write_text(text, encoding="utf-8")
    theirs = load_job(file).jobs["build"]
    assert theirs.component.command == COMMAND
    assert theirs.compute == (placed.compute or "").removeprefix("azureml:")
    assert theirs.environment_variables == dict(placed.environment_variables)
    assert (theirs.limits.timeout if theirs.limits else None) == (
        placed.limits.timeout if placed.limits else None
    )
    merged = {**default, **others}
    if "docker_args" in merged:
        assert theirs.resources.docker_args == merged["docker_args"]
    if "requirements" in form:
        installed = [line.partition(" # ")[0] for line in lines if line]
        packages = theirs.component.environment.conda_file["dependencies"]
        assert packages[0] == "python=3.10"
        assert [p for d in packages if isinstance(d, dict) for p in d["pip"]] == installed
