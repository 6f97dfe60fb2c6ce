"""Steps that read secrets: from `.env` to the vault to a step's memory, and who is told what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.azureml.http.messages import Response
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

SECRET = "s3ntinel/'quoted' value"
REGISTRY = """\
    import os
    from kedro.pipeline import node, pipeline


    def ingest(companies):
        print("ingesting with", os.environ["OPENAI_API_KEY"])
        return {"rows": len(companies), "length": len(os.environ["OPENAI_API_KEY"])}


    def embed(rows):
        print(dict(os.environ))
        return {**rows, "embedded": os.environ["OPENAI_API_KEY"].endswith("value")}


    def answer(embedded):
        return {**embedded, "answered": "OPENAI_API_KEY" in os.environ}


    def register_pipelines():
        return {"__default__": pipeline([
            node(ingest, "companies", "rows", name="ingest"),
            node(embed, "rows", "embedded", name="embed"),
            node(answer, "embedded", "answer", name="answer"),
        ])}
    """
CATALOG = """\
companies: {type: pandas.CSVDataset, filepath: data/01_raw/companies.csv}
answer:
  type: minimal.guarded.GuardedDataset
  filepath: data/08_reporting/answer.json
  credentials: store
"""
# A dataset that shows whether it got its credentials, and nothing of them.
GUARDED = """\
    import json
    from pathlib import Path
    from kedro.io import AbstractDataset


    class GuardedDataset(AbstractDataset):
        def __init__(self, filepath, credentials):
            self._path, self._credentials = Path(filepath), credentials

        def save(self, data):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            length = len(self._credentials["token"])
            self._path.write_text(json.dumps({**data, "token": length}))

        def load(self):
            return json.loads(self._path.read_text())

        def _describe(self):
            return {"filepath": str(self._path)}
    """
RESULT = {
    "rows": 1,
    "length": len(SECRET),
    "embedded": True,
    "answered": True,
    "token": len(SECRET),
}


@pytest.fixture
def rag(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Kedro:
    """A project whose three steps read a secret, on a cluster with an identity that may."""
    azure_service.execution.mode = "real"
    azure_service.workspace.add_compute("cpu-cluster", identity="system")
    identity = azure_service.workspace.identities["cpu-cluster"]
    azure_service.vault.grant(identity, "Key Vault Secrets User")
    named = "  secrets: {names: [OPENAI_API_KEY]}\n"
    project = make_project(
        tmp_path / "rag",
        registry=REGISTRY,
        catalog=CATALOG,
        azureml=azureml_yml(azure_service) + named,
        files={
            "data/01_raw/companies.csv": "id\n1\n",
            "src/minimal/guarded.py": GUARDED,
            "conf/local/credentials.yml": "store: {token: '${azureml.secret:OPENAI_API_KEY}'}\n",
            ".env": f'OPENAI_API_KEY="{SECRET}"\n',
        },
    )
    ignored = project / ".amlignore"
    ignored.write_text(f"{ignored.read_text()}.env\n/pipeline.yml\n")
    return Kedro(azure_service, project, fork_server)


def change(kedro: Kedro, old: str, new: str) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def log_of(kedro: Kedro, step: str) -> str:
    return kedro("job", "logs", kedro.job, step).stdout


def test_from_dotenv_to_the_vault_to_three_steps(rag: Kedro) -> None:
    service = rag.service
    rag("secrets", "push", ".env", "--yes")
    rag("run", "--wait-for-completion")
    rag("job", "download", rag.job, "--into-catalog")
    made = json.loads((rag.project / "data/08_reporting/answer.json").read_text())
    assert made == RESULT
    assert "ingesting with ***" in log_of(rag, "ingest")
    assert "'OPENAI_API_KEY': \"***\"" in log_of(rag, "embed")
    cluster = service.workspace.identities["cpu-cluster"].client
    readers = [a.client for a in service.vault.log if a.action == "getSecret"]
    assert readers == [cluster] * 3
    assert service.leaks(SECRET) == []


def test_a_compiled_file_is_told_the_workspaces_own_vault_when_it_is_submitted(rag: Kedro) -> None:
    rag("secrets", "push", ".env", "--yes")
    rag("compile")
    text = (rag.project / "pipeline.yml").read_text()
    assert text.count("KEDRO_AZUREML_SECRETS: OPENAI_API_KEY") == 3
    assert text.count("KEDRO_AZUREML_CREDENTIALS") == 1
    assert "KEY_VAULT_URL" not in text
    said = rag("run", "-f", "pipeline.yml", "--dry-run").stdout
    assert said.count("KEY_VAULT_URL: https://test-vault.vault.azure.net") == 3
    rag("run", "-f", "pipeline.yml", "--wait-for-completion")
    assert "ingesting with ***" in log_of(rag, "ingest")


def test_a_document_of_somebody_else_sends_no_token_elsewhere(rag: Kedro) -> None:
    rag("compile", "--resolve")
    file = rag.project / "pipeline.yml"
    assert file.read_text().count("KEY_VAULT_URL: https://test-vault.vault.azure.net") == 3
    file.write_text(file.read_text().replace("test-vault.vault.azure.net", "vault.example.com"))
    said = rag.refused("KAZ814", "run", "-f", "pipeline.yml")
    assert "is no address of a vault of Azure's, so no token is sent there" in said
    assert [s for s in rag.service.requests if "example.com" in s.host] == []
    rag.service.execution.mode = "real"


def test_another_vault_for_one_compute(rag: Kedro) -> None:
    service = rag.service
    other = service.vaults.add("other-vault")
    service.workspace.add_compute("big-cluster", identity="user")
    other.grant(service.workspace.identities["big-cluster"], "Key Vault Secrets User")
    own = "big-cluster\n      secrets: {vault: other-vault}\n"
    change(rag, "big-cluster\n", own)
    registry = rag.project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace('name="embed"', 'name="embed", tags="chunky"'))
    rag("secrets", "push", ".env", "--yes")
    said = rag.refused("KAZ813", "run")
    assert "The vault 'other-vault' has no secret 'OPENAI-API-KEY'" in said
    rag("secrets", "push", ".env", "--yes", "--vault", "https://other-vault.vault.azure.net/")
    rag("run", "--wait-for-completion")
    readers = [a.client for a in other.log if a.action == "getSecret"]
    assert readers == [service.workspace.identities["big-cluster"].client]


def test_on_behalf_of_the_submitter(rag: Kedro) -> None:
    change(rag, "cpu-cluster\n", "cpu-cluster\n      identity: user\n")
    rag("secrets", "push", ".env", "--yes")
    rag("run", "--wait-for-completion")
    client = rag.service.login.client
    assert [a.client for a in rag.service.vault.log if a.action == "getSecret"] == [client] * 3


@pytest.mark.parametrize("kind", ["throttle", "unavailable"])
def test_a_vault_that_wants_patience(rag: Kedro, kind: str) -> None:
    rag("secrets", "push", ".env", "--yes")
    host = r"test-vault\."
    rag.service.inject(kind, host=host, path="/secrets/OPENAI", times=2)  # type: ignore[arg-type]
    rag("run", "--wait-for-completion")


def test_what_is_missing_is_said_before_submission(rag: Kedro) -> None:
    service = rag.service
    said = rag.refused("KAZ813", "run")
    assert "azureml.yml:11 azure.secrets" in said
    assert "The vault 'test-vault' has no secret 'OPENAI-API-KEY' for OPENAI_API_KEY." in said
    service.vault.put("OPENAI-API-KEY", "x", enabled=False)
    assert "is disabled in 'test-vault'" in rag.refused("KAZ813", "run")
    change(rag, "names: [OPENAI_API_KEY]", "vault: nobody-has-it, names: [OPENAI_API_KEY]")
    assert "'nobody-has-it' cannot be reached" in rag.refused("KAZ814", "run")
    assert service.jobs.created == 0


def test_a_submitter_who_may_not_look_is_warned_and_the_steps_may(rag: Kedro) -> None:
    rag("secrets", "push", ".env", "--yes")
    rag.service.vault.revoke(rag.service.login.submitter)
    said = " ".join(rag("run", "--wait-for-completion").stderr.split())
    assert "warning KAZ814" in said
    assert "The secrets were not checked: Permission is missing" in said
    change(rag, "cpu-cluster\n", "cpu-cluster\n      identity: user\n")
    assert "Permission is missing while listing" in rag.refused("KAZ814", "run")


def test_a_vault_of_another_network_is_the_steps_own_business(rag: Kedro) -> None:
    rag("secrets", "push", ".env", "--yes")
    error = {"code": "Forbidden", "message": "x", "innererror": {"code": "ForbiddenByFirewall"}}
    answer = Response.json({"error": error}, 403)
    rag.service.inject("forbidden", host="test-vault", path="/secrets$", times=None, answer=answer)
    said = " ".join(rag("run", "--wait-for-completion").stderr.split())
    assert "warning KAZ814" in said
    assert "The network of the vault 'test-vault' does not let this machine in" in said


def test_a_step_that_may_not_read_says_who_asked_for_what(rag: Kedro) -> None:
    service = rag.service
    rag("secrets", "push", ".env", "--yes")
    identity = service.workspace.identities["cpu-cluster"]
    service.vault.revoke(identity)
    said = " ".join(rag("run", "--wait-for-completion", check=False).stderr.split())
    for word in ("'OPENAI-API-KEY'", "OPENAI_API_KEY", "'test-vault'", "Key Vault Secrets User"):
        assert word in said, word
    assert identity.object in said
    assert "Traceback" not in log_of(rag, "ingest")


def test_identities_that_cannot_work(rag: Kedro) -> None:
    service = rag.service
    rag("secrets", "push", ".env", "--yes")
    service.workspace.add_compute("cpu-cluster")
    service.execution.mode = "instant"
    said = " ".join(rag("run", "--dry-run").stderr.split())
    assert "warning KAZ817" in said
    assert (
        "read secrets as the managed identity of the cluster 'cpu-cluster', which has none" in said
    )
    change(rag, "cpu-cluster\n", "cpu-cluster\n      identity: user\n")
    assert "KAZ817" not in rag("run", "--dry-run").stderr
    service.workspace.add_compute("cpu-cluster", "Kubernetes")
    said = rag.refused("KAZ817", "run", "--dry-run")
    assert "cannot act as you (identity: user): 'cpu-cluster' is a Kubernetes cluster" in said
    registry = rag.project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace('name="embed"', 'name="embed", tags="chunky"'))
    change(rag, "big-cluster\n", "big-cluster\n      identity: managed\n")
    said = rag.refused("KAZ817", "compile")
    assert "which Azure ML does not allow" in said
    assert service.jobs.created == 0
