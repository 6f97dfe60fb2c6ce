"""Data between steps through blob storage: rehearsed, and as a job, with what `kedro run` computes.

The storage is a real Azurite; the steps of a job are processes that reach it over HTTPS.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.compare import catalog_state, differences
from tests.kit.projects import copy_project, new_starter_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures",)

CONTAINER = "temporary"


def init(service: AzureService, project: Path) -> None:
    """As the older quickstart has it: seven arguments, two of them the storage."""
    workspace = service.workspace
    service.storage.container(CONTAINER)
    run_kedro(
        project,
        *("azureml", "init", workspace.group, workspace.name, "an-experiment", "cpu-cluster"),
        *(service.storage.account, CONTAINER, "test-env@latest"),
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter, after `kedro run`."""
    project = new_starter_project(tmp_path_factory.mktemp("plain"))
    run_kedro(project, "run")
    return project


def fresh(plain: Path, folder: Path) -> Path:
    """The starter as it was before."""
    project = Path(shutil.copytree(plain, folder / "azure"))
    for made in ("02_intermediate", "03_primary", "06_models", "08_reporting"):
        for path in (project / "data" / made).rglob("*"):
            if path.is_file() and path.name != ".gitkeep":
                path.unlink()
    return project


def stored(service: AzureService) -> set[str]:
    """Names of the runs that left data, and of the data."""
    names = service.storage.names(CONTAINER, "kedro-azureml-temp/")
    return {name.removeprefix("kedro-azureml-temp/") for name in names}


PASSED_ON = {
    "clean_companies",
    "clean_shuttles",
    "model_input",
    "train_set",
    "test_set",
    "baseline.model",
    "challenger.model",
    "baseline_predictions",
    "challenger_predictions",
}


def test_rehearsed_with_an_account(
    azure_service: AzureService, plain: Path, tmp_path: Path
) -> None:
    project = fresh(plain, tmp_path)
    init(azure_service, project)
    key = azure_service.storage.key
    string = f"AccountName={azure_service.storage.account};AccountKey={key}"
    passed = ("HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")
    done = run_kedro(
        project,
        *("azureml", "run", "--local", "--into-catalog"),
        *(word for name in passed for word in ("--pass-env", name)),
        variables={**azure_service.network, "AZURE_STORAGE_CONNECTION_STRING": string},
    )
    assert differences(catalog_state(plain), catalog_state(project)) == []
    run = next((project / ".kedro_azureml" / "runs").iterdir())
    assert stored(azure_service) == {f"{run.name}/{name}" for name in PASSED_ON}
    # What a later step reads is there alone; what only people read is in the run's folder.
    assert not list(run.rglob("*.parquet"))
    assert list((run / "steps").rglob("price_plot.png"))
    assert (
        f"Data between steps goes through https://{azure_service.storage.account}.blob."
        f"core.windows.net/{CONTAINER} (AZURE_STORAGE_CONNECTION_STRING)"
    ) in " ".join(done.stderr.split() + done.stdout.split())
    assert key not in done.stdout + done.stderr
    assert not holding(project, key)


@pytest.mark.parametrize("name", ["spaceflights", "odd"])
def test_rehearsed_with_a_folder(azure_service: AzureService, tmp_path: Path, name: str) -> None:
    plain = copy_project(name, tmp_path / "plain" / name)
    project = copy_project(name, tmp_path / "azure" / name)
    run_kedro(plain, "run")
    init(azure_service, project)
    run_kedro(project, "azureml", "run", "--local", "--into-catalog")
    assert differences(catalog_state(plain), catalog_state(project)) == []
    assert stored(azure_service) == set()


@pytest.mark.parametrize("credential", ["key", "identity"])
def test_as_a_job(
    azure_service: AzureService, plain: Path, tmp_path: Path, credential: str
) -> None:
    """A sentinel key: it is in no request, in no blob, in no file, and nothing prints it."""
    project = fresh(plain, tmp_path)
    init(azure_service, project)
    kedro = Kedro(azure_service, project)
    key = azure_service.storage.key
    variables: dict[str, str | None] = {}
    if credential == "key":
        variables["AZURE_STORAGE_ACCOUNT_KEY"] = key
    else:
        azure_service.execution.variables.update(azure_service.identities.compute_environment)

    done = kedro("run", "--wait-for-completion", variables=variables)

    by_identity = "by their own identity: AZURE_STORAGE_ACCOUNT_KEY is not set"
    assert (by_identity in done.stderr) is (credential == "identity")
    # The job's own id is in every key, so that no run reads another one's data.
    assert stored(azure_service) == {f"{part(kedro.job)}/{name}" for name in PASSED_ON}
    down = kedro("job", "download", kedro.job, "--into-catalog", variables=variables)
    assert differences(catalog_state(plain), catalog_state(project)) == []
    said = done.stdout + done.stderr + down.stdout + down.stderr
    assert key not in said
    assert "sig=" not in said
    assert azure_service.leaks(key) == []
    assert not holding(project, key)
    signed = [s for s in azure_service.requests if "sig=" in s.request.body.decode("latin-1")]
    if credential == "identity":
        assert signed == []
    else:
        # The signature is in the job itself and nowhere else.
        assert {s.request.method for s in signed} == {"PUT"}
        assert all(f"/jobs/{kedro.job}" in s.path for s in signed)
    steps = [s for s in azure_service.requests if s.request.query.get("sig")]
    ours = [s for s in steps if s.path.startswith(f"/{CONTAINER}/")]
    assert bool(ours) is (credential == "key")
    assert {s.request.query["sp"] for s in ours} <= {"rcw"}


def part(job: str) -> str:
    from kedro_azureml.storage.runs import part_of

    return part_of(job)


def holding(folder: Path, text: str) -> list[Path]:
    """Files that hold a text."""
    found = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
    return [path for path in found if text.encode() in path.read_bytes()]
