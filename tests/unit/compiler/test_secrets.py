"""Which secrets each step of a document gets by name, and what is said of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kedro_azureml.compiler import Compilation
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.yaml import dump_job
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project

NODES = """
    node(one, "table", "made", name="first"),
    node(one, "made", "kept", name="second", tags="gpu"),
"""
TABLE = "table: {type: pandas.SQLTableDataset, table_name: t, credentials: db}\n"
KEPT = "kept: {type: json.JSONDataset, filepath: 'abfs://c/x.json', credentials: lake}\n"
CREDENTIALS = """\
    db: {con: '${azureml.secret:DB_CON}'}
    lake: {account_key: '${azureml.secret:LAKE_KEY}', more: {name: '${azureml.secret:LAKE_NAME}'}}
    """


def project(path: Path, secrets: str, gpu: str = "", **files: str) -> Path:
    azureml = AZUREML_YML.replace("azure:\n", f"azure:\n{secrets}")
    azureml = azureml.replace("cluster_name: v100", f"cluster_name: v100{gpu}")
    written = {"conf/local/credentials.yml": CREDENTIALS, **files}
    return make_project(path, NODES, catalog=TABLE + KEPT, azureml=azureml, files=written)


def findings(path: Path) -> list[str]:
    return [str(finding) for finding in compile_here(path).diagnostics]


def variables(compilation: Compilation) -> dict[str, dict[str, str]]:
    return {name: step.environment_variables for name, step in compilation.job.jobs.items()}


def test_names_travel_and_credentials_by_name(tmp_path: Path) -> None:
    named = "  secrets: {vault: my-vault, names: [DB_CON, LAKE_KEY, LAKE_NAME]}\n"
    compilation = compile_here(project(tmp_path, named))
    assert compilation.diagnostics == ()
    first, second = variables(compilation).values()
    assert first.pop("KEDRO_AZUREML_CREDENTIALS") == '{"db": {"con": "DB_CON"}}'
    lake = {"lake": {"account_key": "LAKE_KEY", "more": {"name": "LAKE_NAME"}}}
    assert json.loads(second.pop("KEDRO_AZUREML_CREDENTIALS")) == lake
    assert (
        first
        == second
        == {
            "KEDRO_AZUREML_SECRETS": "DB_CON,LAKE_KEY,LAKE_NAME",
            "KEY_VAULT_URL": "https://my-vault.vault.azure.net",
        }
    )


def test_a_variable_of_the_shell_in_a_credentials_file_is_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_CON", "s3ntinel")
    shell = CREDENTIALS.replace("azureml.secret:DB_CON", "oc.env:DB_CON")
    named = "  secrets: {names: [DB_CON, LAKE_KEY, LAKE_NAME]}\n"
    path = project(tmp_path, named, **{"conf/local/credentials.yml": shell})
    first, _ = variables(compile_here(path)).values()
    assert first["KEDRO_AZUREML_CREDENTIALS"] == '{"db": {"con": "DB_CON"}}'
    file = path / "conf/base/azureml.yml"
    file.write_text(file.read_text().replace("DB_CON, ", ""))
    (said,) = findings(path)
    assert said.startswith("KAZ306 conf/local/credentials.yml db: 'table' needs the credentials")


def test_a_compute_has_its_own(tmp_path: Path) -> None:
    gpu = "\n      secrets: {vault: other-vault, names: [LAKE_KEY, LAKE_NAME]}"
    path = project(tmp_path, "  secrets: {names: [DB_CON]}\n", gpu)
    first, second = variables(compile_here(path)).values()
    assert first["KEDRO_AZUREML_SECRETS"] == "DB_CON"
    assert "KEY_VAULT_URL" not in first
    assert second["KEDRO_AZUREML_SECRETS"] == "LAKE_KEY,LAKE_NAME"
    assert second["KEY_VAULT_URL"] == "https://other-vault.vault.azure.net"


def test_code_in_an_image_gets_them_the_same_way(tmp_path: Path) -> None:
    named = "  code_directory: null\n  working_directory: /home/kedro\n"
    named += "  secrets: {names: [DB_CON, LAKE_KEY, LAKE_NAME]}\n"
    compilation = compile_here(project(tmp_path, named))
    assert compilation.diagnostics == ()
    first, second = variables(compilation).values()
    assert first["KEDRO_AZUREML_CREDENTIALS"] == '{"db": {"con": "DB_CON"}}'
    assert second["KEDRO_AZUREML_SECRETS"] == "DB_CON,LAKE_KEY,LAKE_NAME"


def test_steps_that_share_a_process_share_their_secrets(tmp_path: Path) -> None:
    named = "  secrets: {names: [DB_CON, LAKE_KEY, LAKE_NAME]}\n"
    path = project(tmp_path, named)
    (step,) = variables(compile_here(path, group_by="pipeline", compute_alias="gpu")).values()
    assert set(json.loads(step["KEDRO_AZUREML_CREDENTIALS"])) == {"db", "lake"}


def test_a_secret_that_no_step_is_given(tmp_path: Path) -> None:
    path = project(tmp_path, "  secrets: {names: [DB_CON]}\n")
    with pytest.raises(DiagnosticError) as caught:
        compile_here(path)
    said = [str(d) for d in caught.value.diagnostics if d.code == "KAZ811"]
    assert len(said) == 2
    assert all("azureml.yml:2 azure.secrets: 'kept' needs the secret" in text for text in said)
    assert "LAKE_KEY" in said[0]
    assert "LAKE_NAME" in said[1]


def test_the_same_for_what_stands_in_the_catalog_itself(tmp_path: Path) -> None:
    path = project(tmp_path, "  secrets: {names: [DB_CON, LAKE_KEY, LAKE_NAME]}\n")
    catalog = path / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text().replace("abfs://c/", "${azureml.secret:ADDRESS}/"))
    with pytest.raises(DiagnosticError, match=r"KAZ811.* 'kept' needs the secret 'ADDRESS'"):
        compile_here(path)


def test_a_value_beside_the_names_keeps_credentials_here(tmp_path: Path) -> None:
    held = """\
        db: {con: 'postgresql://me:s3ntinel@host/db'}
        lake: {a: '${azureml.secret:LAKE_KEY}', b: plain}
        """
    named = "  secrets: {names: [LAKE_KEY]}\n"
    path = project(tmp_path, named, **{"conf/local/credentials.yml": held})
    said = findings(path)
    assert [text.split()[0] for text in said] == ["KAZ306", "KAZ306"]
    assert "Write each of its values there as one ${azureml.secret:NAME}" in said[0]
    text = dump_job(compile_here(path).job)
    assert "s3ntinel" not in text
    assert "KEDRO_AZUREML_CREDENTIALS" not in text


def test_a_secret_in_a_parameter(tmp_path: Path) -> None:
    path = make_project(
        tmp_path,
        'node(one, "params:api", "x", name="n")',
        parameters="api: {key: '${azureml.secret:API_KEY}'}\n",
        azureml=AZUREML_YML.replace("azure:\n", "azure:\n  secrets: {names: [API_KEY]}\n"),
    )
    (said,) = findings(path)
    assert said.startswith("KAZ816 parameters params:api: 'params:api' holds the secret 'API_KEY'")


def test_the_document_is_the_same_wherever_the_values_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project(tmp_path, "  secrets: {names: [DB_CON, LAKE_KEY, LAKE_NAME]}\n")
    before = dump_job(compile_here(path).job)
    for name in ("DB_CON", "LAKE_KEY", "LAKE_NAME"):
        monkeypatch.setenv(name, f"s3ntinel-{name}")
    (path / ".env").write_text("DB_CON=s3ntinel-dotenv\n")
    (path / ".amlignore").write_text((path / ".amlignore").read_text() + ".env\n")
    assert dump_job(compile_here(path).job) == before


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("names: [A-B]", "'A-B' is no name of a variable"),
        ("names: [A_B, a_b]", "'A_B' and 'a_b' are one secret in a vault"),
        ("names: [PATH]", "'PATH' is a variable of Azure ML's"),
        ("vault: a", "'a' is not a vault's name"),
        ("vault: 'https://example.com'", "is no address of a vault of Azure's"),
        ("vaults: x", "Did you mean 'vault'?"),
    ],
)
def test_bad_sections(section: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        compile_here(project(tmp_path, f"  secrets: {{{section}}}\n"))
    (problem,) = caught.value.diagnostics
    assert problem.where
    assert "azureml.yml:2" in problem.where
    assert said in str(problem)


@pytest.mark.parametrize(
    ("line", "is_enough"),
    [
        ("kedro-azureml", False),
        ("kedro-azureml[secrets]>=2", True),
        ("kedro_azureml[storage,azure]", True),
        ("kedro-azureml\nazure-keyvault-secrets", True),
        ("kedro-azureml @ https://example.com/kedro_azureml.whl", False),
        ("https://example.com/kedro_azureml.whl", True),
    ],
)
@pytest.mark.parametrize("form", ["requirements", "conda_file"])
def test_the_environment_has_what_reads_a_vault(
    line: str, is_enough: bool, form: str, tmp_path: Path
) -> None:
    azureml = AZUREML_YML.replace("  environment_name: env@latest\n", "")
    section = f"  secrets: {{names: [A]}}\n  environments: {{__default__: {{{form}: packages}}}}\n"
    azureml = azureml.replace("azure:\n", f"azure:\n{section}")
    path = make_project(tmp_path, 'node(one, "x", "y", name="n")', azureml=azureml)
    pip = "".join(f"\n  - {each}" for each in line.split("\n"))
    text = line if form == "requirements" else f"dependencies:\n- pip:{pip}\n"
    (path / "packages").write_text(text)
    (path / "conf/base/catalog.yml").write_text("x: {type: json.JSONDataset, filepath: 's3://x'}\n")
    said = [text for text in findings(path) if text.startswith("KAZ122")]
    assert bool(said) is not is_enough
    assert all("Write 'kedro-azureml[secrets]' there." in text for text in said)


def test_a_parameter_with_a_secret_is_no_input(tmp_path: Path) -> None:
    path = make_project(
        tmp_path,
        'node(one, "params:api", "x", name="n")',
        parameters="api: {key: '${azureml.secret:API_KEY}', region: eu}\n",
        azureml=AZUREML_YML.replace("azure:\n", "azure:\n  secrets: {names: [API_KEY]}\n"),
    )
    for name in ("api", "api.key"):
        with pytest.raises(DiagnosticError, match="It holds the secret 'API_KEY'") as refused:
            compile_here(path, exposed={name: "--expose"})
        assert refused.value.diagnostics[0].code == "KAZ211"
    assert compile_here(path, exposed={"api.region": "--expose"}).job.inputs == {"api_region": "eu"}


@pytest.mark.parametrize("name", ["db-password", "db.password"])
def test_what_is_no_name_of_a_secret(tmp_path: Path, name: str) -> None:
    held = f"db: {{con: '${{azureml.secret:{name}}}'}}\n"
    path = project(tmp_path, "", **{"conf/local/credentials.yml": held})
    with pytest.raises(DiagnosticError, match=f"'{name}' is no name of a variable"):
        compile_here(path)


@pytest.mark.parametrize("how", ["option", "file"])
def test_a_secret_that_is_a_variable_too(tmp_path: Path, how: str) -> None:
    text = AZUREML_YML.replace("azure:\n", "azure:\n  secrets: {names: [API_KEY]}\n")
    if how == "file":
        variables = "cluster_name: cpu\n      environment_variables: {API_KEY: hunter22}"
        text = text.replace("cluster_name: cpu", variables)
    path = make_project(tmp_path, 'node(nothing, None, "x", name="n")', azureml=text)
    given = {"env_vars": {"API_KEY": "hunter22"}} if how == "option" else {}
    with pytest.raises(DiagnosticError) as refused:
        compile_here(path, **given)
    (finding,) = [d for d in refused.value.diagnostics if d.code == "KAZ818"]
    assert "'API_KEY' is a secret" in finding.message
    assert "hunter22" not in str(refused.value)
