"""What a job uploads: found, described and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from kedro_azureml.azure.submit import uploads as module
from kedro_azureml.azure.submit.credential_check import check_credentials
from kedro_azureml.azure.submit.uploads import find_uploads
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import Component, Input, PipelineJob, Step
from kedro_azureml.job.references import is_local
from kedro_azureml.job.yaml import dump_job
from tests.kit.bombs import ALIASES


def make_job(code: str | None = ".", **inputs: Input) -> PipelineJob:
    step = Step(component=Component(command="true", code=code, environment="azureml:e:1"))
    return PipelineJob(jobs={"step": step}, inputs=dict(inputs))


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".", True),
        ("../data/x.csv", True),
        ("a:b.csv", True),
        ("azureml:companies:3", False),
        ("azureml://datastores/d/paths/x", False),
        ("https://example.org/x.csv", False),
        ("git+https://example.org/x", False),
    ],
)
def test_what_is_on_this_machine(path: str, expected: bool) -> None:
    assert is_local(path) is expected


def test_description(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "x" * 1500, "raw/x.csv": "1", "raw/y.csv": "22"})
    job = make_job(
        ".",
        one=Input(type="uri_file", path="raw/x.csv"),
        both=Input(type="uri_folder", path="raw"),
        elsewhere=Input(type="uri_file", path="azureml:data:1"),
    )
    assert list(find_uploads(job, tmp_path).describe()) == [
        "Code of the project: 3 files, 1.5 kB",
        "Input 'one': raw/x.csv, 1 bytes",
        "Input 'both': raw, 2 files, 3 bytes",
    ]


def test_the_largest_files_of_large_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE_BYTES", 1000)
    write(tmp_path, **{f"f{number}.bin": "x" * number * 10 for number in range(1, 21)})
    lines = list(find_uploads(make_job("."), tmp_path).describe())
    assert len(lines) == 11
    assert lines[1].split() == ["200", "bytes", "f20.bin"]


def test_everything_that_cannot_be_uploaded_is_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, **{"x.csv": "1"})
    (tmp_path / "empty").mkdir()
    job = make_job(
        "no-such-folder",
        missing=Input(type="uri_file", path="nowhere.csv"),
        file=Input(type="uri_folder", path="x.csv"),
        empty=Input(type="uri_folder", path="empty"),
    )
    with pytest.raises(DiagnosticError) as caught:
        find_uploads(job, tmp_path)
    assert [(d.code, d.where) for d in caught.value.diagnostics] == [
        ("KAZ505", "jobs.step.component.code"),
        ("KAZ302", "inputs.missing.path"),
        ("KAZ302", "inputs.file.path"),
        ("KAZ302", "inputs.empty.path"),
    ]


def test_code_of_which_nothing_is_left(tmp_path: Path) -> None:
    write(tmp_path, **{".gitignore": "*\n"})
    with pytest.raises(DiagnosticError, match="Nothing in the code folder"):
        find_uploads(make_job("."), tmp_path)


def test_credentials(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "conf/base/credentials.yml": "db: {password: abc}\n",
            "conf/prod/credentials.yml": "db: {password: '${oc.env:DB_PASSWORD}', ssl: true}\n",
            "conf/test/credentials.yml": "",
            ".env": "A=b",
            "id_rsa": "key",
            ".env.example": "A=",
        },
    )
    found = find_uploads(make_job("."), tmp_path)
    [error] = check_credentials(found, allowed=False)
    assert error.severity == "error"
    assert "would upload .env, conf/base/credentials.yml, id_rsa." in error.message
    [warning] = check_credentials(found, allowed=True)
    assert warning.severity == "warning"


def test_inputs_are_searched_as_code_is(tmp_path: Path) -> None:
    project = write(
        tmp_path / "project",
        **{"src/a.py": "", "data/parts/a.csv": "1", "data/parts/.env": "A=b"},
    )
    write(tmp_path / "me", **{".aws/credentials": "[default]", "aws.ini": "x"})
    (tmp_path / "me/aws.ini").write_text(f"aws_secret_access_key = {'a1' * 20}")
    cases: tuple[tuple[str, Literal["uri_file", "uri_folder"], str], ...] = (
        ("data/parts", "uri_folder", ".env"),
        ("../me/.aws/credentials", "uri_file", "/me/.aws/credentials"),
        ("../me/aws.ini", "uri_file", "/me/aws.ini"),
    )
    for path, kind, named in cases:
        uploads = find_uploads(make_job("src", raw=Input(type=kind, path=path)), project)
        [error] = check_credentials(uploads, allowed=False)
        assert (error.code, error.severity) == ("KAZ503", "error")
        assert named in error.message
        assert error.where == "inputs.raw.path"


def test_an_ignore_file_in_a_data_folder(tmp_path: Path) -> None:
    project = write(
        tmp_path, **{"src/a.py": "", "parts/a.csv": "1", "parts/.gitignore": "*\n!.gitignore\n"}
    )
    with pytest.raises(DiagnosticError) as caught:
        find_uploads(make_job(raw=Input(type="uri_folder", path="parts")), project)
    [error] = caught.value.diagnostics
    assert error.code == "KAZ511"
    assert ".gitignore in the folder 'parts' keeps 'a.csv'" in error.message


def test_version_control_is_no_code_unless_it_is_asked_for(tmp_path: Path) -> None:
    login = f"url = https://me:{'p4ssw0rd'}@example.org/x.git"
    project = write(tmp_path, **{"a.py": "", ".amlignore": "", ".git/config": login})
    codes = [d.code for d in check_credentials(find_uploads(make_job("."), project), allowed=True)]
    assert codes == ["KAZ503", "KAZ510"]
    (project / ".amlignore").write_text("!.git/\n")
    codes = [d.code for d in check_credentials(find_uploads(make_job("."), project), allowed=True)]
    assert codes == ["KAZ503"]
    (project / ".amlignore").write_text(".git\n")
    assert not list(check_credentials(find_uploads(make_job("."), project), allowed=False))


def test_what_this_package_writes_is_no_code(tmp_path: Path) -> None:
    job = make_job(".").model_copy(update={"tags": {"kedro_pipeline": "x"}})
    project = write(
        tmp_path,
        **{
            "a.py": "",
            "nightly.yml": dump_job(job),
            "other.yml": dump_job(make_job(".")),
            "plan.html": '<html><meta name="generator" content="kedro azureml plan">',
            "page.html": "<html>",
        },
    )
    (snapshot,) = find_uploads(make_job("."), project).code.values()
    assert [file.path for file in snapshot.files] == ["a.py", "other.yml", "page.html"]


def test_a_conda_file_that_the_sdk_would_never_have_read(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "", "conda.yml": ALIASES})
    environment = {"conda_file": "conda.yml", "image": "x"}
    step = Step(component=Component(command="true", code=".", environment=environment))
    with pytest.raises(DiagnosticError, match=r"KAZ121.*too many values"):
        find_uploads(PipelineJob(jobs={"step": step}), tmp_path)
