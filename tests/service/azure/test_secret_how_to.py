"""docs/how-to/rag.md, command by command; and a distributed step that reads secrets."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.kit.azureml.http.messages import Response
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import REPOSITORY, make_project
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

PAGE = (REPOSITORY / "docs/how-to/rag.md").read_text(encoding="utf-8")
KEY = "s3ntinel-key"
ROLE = "/x/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"
REGISTRY = """\
    import os
    from kedro.pipeline import node, pipeline


    def ingest(documents):
        return {"documents": len(documents)}


    def embed(rows):
        print("embedding with", os.environ["OPENAI_API_KEY"])
        return {**rows, "embedded": len(os.environ["OPENAI_API_KEY"])}


    def answer(embedded):
        print("asking with", os.environ["OPENAI_API_KEY"])
        return {**embedded, "asked": len(os.environ["OPENAI_API_KEY"])}


    def register_pipelines():
        return {"__default__": pipeline([
            node(ingest, "documents", "rows", name="ingest"),
            node(embed, "rows", "embedded", name="embed"),
            node(answer, "embedded", "answer", name="answer"),
        ])}
    """
CATALOG = """\
documents: {type: pandas.CSVDataset, filepath: data/01_raw/documents.csv}
embedded:
  type: minimal.store.StoreDataset
  filepath: data/02/embedded.json
  credentials: store
answer: {type: json.JSONDataset, filepath: data/08/answer.json}
"""
STORE = """\
    import json
    from pathlib import Path
    from kedro.io import AbstractDataset


    class StoreDataset(AbstractDataset):
        def __init__(self, filepath, credentials):
            self._path, self._token = Path(filepath), credentials["token"]

        def save(self, data):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({**data, "stored": len(self._token)}))

        def load(self):
            return {**json.loads(self._path.read_text()), "loaded": len(self._token)}

        def _describe(self):
            return {"filepath": str(self._path)}
    """


def blocks(kind: str) -> list[str]:
    """The page's blocks of a language."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


def commands() -> list[list[str]]:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [line.removeprefix("$ kedro azureml ").split() for line in lines]


def test_the_page_from_top_to_bottom(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    service, workspace = azure_service, azure_service.workspace
    del workspace.computes["cpu-cluster"]
    azureml, credentials = blocks("yaml")
    azureml = azureml.replace("my-resource-group", workspace.group)
    project = make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog=CATALOG,
        azureml=azureml.replace("my-workspace", workspace.name),
        amlignore=".env\n.kedro_azureml/\n**/credentials*\ndata/\n",
        files={
            "data/01_raw/documents.csv": "text\nhello\n",
            "src/minimal/store.py": STORE,
            "conf/local/credentials.yml": credentials,
            ".env": f"OPENAI_API_KEY={KEY}\n",
            "requirements.txt": "kedro-azureml[secrets]\n",
        },
    )
    kedro = Kedro(service, project, fork_server)
    service.execution.mode = "real"
    said = ""
    for words in commands():
        if words[:2] == ["secrets", "check"]:
            # What the page says to do then: `az role assignment create`.
            identity = workspace.identities["cpu-cluster"]
            _tell_roles(service)
            assert identity.object in kedro.refused("KAZ814", *words)
            service.vault.grant(identity, "Key Vault Secrets User")
            service.faults.clear()
            _tell_roles(service, identity.object)
        done = kedro(*words)
        said += done.stdout + done.stderr
    kedro("job", "download", kedro.job, "--into-catalog")
    made = json.loads((project / "data/08/answer.json").read_text())
    lengths = dict.fromkeys(("embedded", "asked", "stored", "loaded"), len(KEY))
    assert made == {"documents": 1, **lengths}
    assert "embedding with ***" in kedro("job", "logs", kedro.job, "embed").stdout
    assert "asking with ***" in kedro("job", "logs", kedro.job, "answer").stdout
    assert KEY not in said
    assert service.leaks(KEY) == []
    files = [f for f in project.rglob("*") if f.is_file() and f.name != ".env"]
    assert [f for f in files if KEY.encode() in f.read_bytes()] == []


def _tell_roles(service: AzureService, *principals: str) -> None:
    """Let Azure Resource Manager tell who has a role on the vault."""
    assignments = [{"properties": {"roleDefinitionId": ROLE, "principalId": p}} for p in principals]
    answers = {
        "$": {"properties": {"enableRbacAuthorization": True}},
        "/.*/roleAssignments": {"value": assignments},
    }
    for path, body in answers.items():
        answer = Response.json(body)
        service.inject("missing", path=f"/vaults/test-vault{path}", times=None, answer=answer)


def test_each_process_of_a_distributed_step(
    azure_service: AzureService, fork_server: ForkServer, tmp_path: Path
) -> None:
    service = azure_service
    registry = """\
        import os
        from kedro.pipeline import node, pipeline
        from kedro_azureml.distributed import Framework, distributed_job


        @distributed_job(Framework.PyTorch, num_nodes=2)
        def train(text):
            print("rank", os.environ["RANK"], "has", os.environ["API_KEY"])
            return len(os.environ["API_KEY"])


        def register_pipelines():
            return {"__default__": pipeline([node(train, "params:text", "size", name="train")])}
        """
    service.workspace.add_compute("cpu-cluster", identity="system")
    service.vault.grant(service.workspace.identities["cpu-cluster"], "Key Vault Secrets User")
    service.vault.put("API-KEY", KEY)
    project = make_project(
        tmp_path / "project",
        registry=registry,
        catalog="size: {type: json.JSONDataset, filepath: data/08/size.json}\n",
        parameters="text: hello\n",
        azureml=azureml_yml(service) + "  secrets: {names: [API_KEY]}\n",
        amlignore=".env\n.kedro_azureml/\n",
        files={".env": f"API_KEY={KEY}\n"},
    )
    kedro = Kedro(service, project, fork_server)
    service.execution.mode = "real"
    kedro("run", "--local")
    logs = sorted(project.rglob("std_log_process_*.txt"))
    said = [re.findall("rank . has .*", log.read_text()) for log in logs]
    assert said == [["rank 0 has ***"], ["rank 1 has ***"]]
    kedro("run", "--wait-for-completion")
    assert [a.action for a in service.vault.log].count("getSecret") == 2
    kedro("job", "download", kedro.job, "--into-catalog")
    assert (project / "data/08/size.json").read_text() == str(len(KEY))
    assert service.leaks(KEY) == []
