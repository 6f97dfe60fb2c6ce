"""``kedro azureml compile`` as a person uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.job.yaml import load_job
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

NODES = """
    node(one, "raw", "table", name="clean"),
    node(one, ["table", "params:alpha"], "model", name="train", tags=["chunky"]),
"""
CATALOG = "raw: {type: text.TextDataset, filepath: data/01_raw/raw.txt}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "my project",
        NODES,
        catalog=CATALOG,
        parameters="{alpha: 1, beta: {gamma: 2}, steps: [1, 2]}",
        files={
            "data/01_raw/raw.txt": "x",
            "conf/local/credentials.yml": "db: {password: SENTINEL}\n",
        },
    )


def test_writes_the_file_and_ends_with_a_table(project: Path) -> None:
    result = run_kedro(
        project,
        "azureml",
        "compile",
        check=False,
        variables={"AZURE_STORAGE_ACCOUNT_KEY": "SENTINEL"},
    )
    assert result.returncode == 0, result.stderr
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert "train big table model" in [" ".join(line.split()) for line in lines]
    assert "2 steps, 1 raw input (1 bytes)" in result.stdout
    assert "Written to pipeline.yml." in lines
    text = (project / "pipeline.yml").read_text()
    assert "SENTINEL" not in text
    assert str(project) not in text
    run_kedro(project, "azureml", "compile")
    assert (project / "pipeline.yml").read_text() == text


@pytest.mark.parametrize("columns", [None, "30"])
def test_the_table_in_a_pipe_keeps_whole_words(tmp_path: Path, columns: str | None) -> None:
    """However narrow the terminal is from which somebody pipes it."""
    names = [f"a_dataset_whose_name_is_longer_than_{n}_columns_of_any_table" for n in range(5)]
    nodes = f"""
        node(lambda: (1, 2, 3, 4), None, {names[:4]!r}, name="make_something_with_a_long_name"),
        node(lambda *_: 5, {names[:4]!r}, {names[4]!r}, name="use_it"),
    """
    project = make_project(tmp_path / "long", nodes)
    variables = {} if columns is None else {"COLUMNS": columns}
    done = run_kedro(project, "azureml", "compile", check=False, variables=variables)
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    for name in (*names, "make_something_with_a_long_name"):
        assert name in words


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("alpha=2,beta.gamma=x y", {"alpha": 2, "beta": {"gamma": "x y"}}),
        ('{"alpha": [1, null, "it\'s"]}', {"alpha": [1, None, "it's"]}),
        ("alpha=", {"alpha": None}),
    ],
)
def test_both_forms_of_parameters(project: Path, text: str, params: dict[str, object]) -> None:
    """field-defects: JSON only for `--params`."""
    result = run_kedro(
        project, "azureml", "compile", "--params", text, "-o", "sub/job.yml", check=False
    )
    assert result.returncode == 0, result.stderr
    job = load_job(project / "sub/job.yml")
    parsed = job.step_records()["clean"]
    assert parsed is not None
    assert parsed.parameters == params
    assert job.jobs["clean"].component.code == ".."


@pytest.mark.parametrize("before", [True, False])
def test_env_before_and_after(project: Path, before: bool) -> None:
    """field-defects: `-e/--env` works only before the subcommand."""
    (project / "conf/prod").mkdir()
    (project / "conf/prod/azureml.yml").write_text(
        "azure:\n  resource_group: rg\n  workspace_name: ws\n  environment_name: prod-env:1\n"
        "  compute: {__default__: {cluster_name: serverless}}\n"
    )
    words = ["-e", "prod", "compile"] if before else ["compile", "--env", "prod"]
    result = run_kedro(project, "azureml", *words, check=False)
    assert result.returncode == 0, result.stderr
    job = load_job(project / "pipeline.yml")
    assert job.jobs["clean"].component.environment == "azureml:prod-env:1"
    assert "--env prod" in job.jobs["clean"].component.command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "nope"], "KAZ201"),
        (["--check", "-o", "-"], "nothing that --check could compare"),
        (["--params", "{bad"], "not valid JSON"),
        (["--params", '{"a": NaN}'], "not valid JSON"),
        (["--params", "[1]"], "not an object"),
        (["--params", '{"a": 1e400}'], "cannot be passed on"),
        (["--params", "a=.inf,b=1"], "The value of 'a' cannot be passed on"),
        (["--params", "a=${{inputs.y}}"], "Write '\\${' where '${' is meant as it stands."),
        (["--params", "a=`id`"], """--params "name='the value'"."""),
        (["--params", '{"steps": {"a": 1}}'], "'steps' has another shape"),
        (["--params", "alpha"], "not of the form key=value"),
        (["--env-var", "SECRETVALUE"], "--env-var"),
        (["--env-var", "1X=y"], "cannot be the name"),
        (["--load-versions", "raw"], "--load-versions"),
        (["-i", "img", "--aml-env", "e"], "both name the environment"),
        (["--tags", "nope"], "KAZ203"),
        (["--strict", "--env-var", "MY_TOKEN=x"], "KAZ107"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    project: Path, arguments: list[str], message: str
) -> None:
    result = run_kedro(project, "azureml", "compile", *arguments, check=False)
    assert result.returncode == 1
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr + result.stdout
    assert not (project / "pipeline.yml").exists()


def test_a_file_that_cannot_be_written(project: Path) -> None:
    (project / "file").write_text("")
    for target in ("file/job.yml", f"{'j' * 255}.yml"):
        result = run_kedro(project, "azureml", "compile", "-o", target, check=False)
        assert result.returncode == 1
        assert "KAZ110" in result.stderr
        assert "Traceback" not in result.stderr


def test_another_file_is_never_replaced(project: Path) -> None:
    (project / "README.md").write_text("mine")
    # Whatever it is written in.
    (project / "table.bin").write_bytes(b"M\xfcller\n\x00")
    for target in ("README.md", "src", "table.bin"):
        result = run_kedro(project, "azureml", "compile", "-o", target, check=False)
        assert result.returncode == 1
        assert "KAZ109" in result.stderr
    assert (project / "README.md").read_text() == "mine"
    assert (project / "table.bin").read_bytes() == b"M\xfcller\n\x00"


def test_kedro_s_own_slices(project: Path) -> None:
    (project / "conf/base/catalog.yml").write_text(
        CATALOG + "table: {type: text.TextDataset, filepath: data/table.txt}\n"
    )
    (project / "data/table.txt").write_text("x")
    result = run_kedro(
        project, "azureml", "compile", "--tags", "chunky", "--nodes", "train", check=False
    )
    assert result.returncode == 0, result.stderr
    assert list(load_job(project / "pipeline.yml").jobs) == ["train"]
