"""What goes up is a copy that nobody changes, of exactly what was listed and searched."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK's own, of its dependencies
    from azure.ai.ml._utils._asset_utils import get_upload_files_from_folder
    from azure.ai.ml.entities._component.code import ComponentIgnoreFile

from kedro_azureml.azure.submit import uploads as module
from kedro_azureml.azure.submit.uploads import copied, find_uploads
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import Component, PipelineJob, Step
from kedro_azureml.job.snapshot.copying import copy_snapshot
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.job.snapshot.own_files import PAGE_MARK
from tests.unit.azure.test_uploads import make_job, write


def test_the_copy_is_what_was_listed(tmp_path: Path) -> None:
    project = write(
        tmp_path / "project",
        **{"a.py": "1", "deep/er/b.py": "2", ".amlignore": "*.log\n", "x.log": "no"},
    )
    uploads = find_uploads(make_job("."), project)
    with copied(uploads) as made:
        copy = made.code["."]
        (project / "a.py").write_text("changed")
        files = {p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file()}
        assert files == {"a.py", "deep/er/b.py", ".amlignore"}
        assert (copy / "a.py").read_text() == "1"
        # It becomes part of the address in storage.
        assert copy.name == "project"
    assert not copy.exists()


def test_code_behind_a_link_that_the_rules_would_hide(tmp_path: Path) -> None:
    shared = write(tmp_path / "shared", **{"c.py": "3"})
    project = write(tmp_path / "project", **{"a.py": "1", ".amlignore": "linked/\n"})
    (project / "linked").symlink_to(shared)
    uploads = find_uploads(make_job("."), project)
    assert "linked/c.py" in {file.path for file in uploads.code["."].files}
    with copied(uploads) as made:
        assert _as_the_sdk_takes(made.code["."]) == {".amlignore", "a.py", "linked/c.py"}


def _as_the_sdk_takes(folder: Path) -> set[str]:
    pairs = get_upload_files_from_folder(folder, ignore_file=ComponentIgnoreFile(folder))
    return {str(pair[1]) for pair in pairs}


def test_what_goes_up_is_what_was_listed_whatever_happens_behind_a_link(tmp_path: Path) -> None:
    """Neither files that came later, nor this tool's own, nor the folder that holds them."""
    shared = write(tmp_path / "shared", **{"c [1]*.py": "3", "deep/d.py": "4"})
    project = write(tmp_path / "project", **{"a.py": "1", ".amlignore": "/linked\n*.log"})
    (project / "linked").symlink_to(shared)
    write(project, **{".kedro_azureml/runs/x/a.py": "", "plan.html": PAGE_MARK})
    uploads = find_uploads(make_job("."), project)
    write(shared, **{"later.py": "password = 1", ".env": "A=1"})
    with copied(uploads) as made:
        copy = made.code["."]
        assert not any(path.is_symlink() for path in copy.rglob("*"))
        assert copy.name == "project"
        sdk = _as_the_sdk_takes(copy)
    assert sdk == {file.path for file in uploads.code["."].files}
    assert sdk == {".amlignore", "a.py", "linked/c [1]*.py", "linked/deep/d.py"}


def test_the_rules_of_a_copy_may_be_in_another_file(tmp_path: Path) -> None:
    """As where an ignore file leaves itself out, and the next one would be read in its place."""
    project = write(tmp_path, **{"a.py": "1", ".amlignore": ".amlignore", ".gitignore": "*.py"})
    with copied(find_uploads(make_job("."), project)) as made:
        assert _as_the_sdk_takes(made.code["."]) == {"a.py", ".gitignore"}


def test_what_no_line_can_let_in_is_refused(tmp_path: Path) -> None:
    shared = write(tmp_path / "shared", **{"c.py": "3"})
    project = write(tmp_path / "project", **{"a.py": "1"})
    (project / "__pycache__").symlink_to(shared)
    uploads = find_uploads(make_job("."), project)
    assert "__pycache__/c.py" in {file.path for file in uploads.code["."].files}
    with pytest.raises(DiagnosticError, match=r"KAZ505.*'__pycache__/c.py'"), copied(uploads):
        pass


def test_code_that_changes_after_it_was_searched(tmp_path: Path) -> None:
    write(tmp_path / "shared", **{"c.py": "3"})
    project = write(tmp_path / "project", **{"a.py": "1"})
    (project / "linked").symlink_to(tmp_path / "shared")
    uploads = find_uploads(make_job("."), project)
    write(tmp_path / "shared", **{"c.py": "password = 'hunter2'"})
    with pytest.raises(DiagnosticError, match="KAZ713"), copied(uploads):
        pass


def test_code_that_changes_while_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, **{"a.py": "1", "b.py": "2"})
    uploads = find_uploads(make_job("."), tmp_path)

    def copy_and_change(snapshot: Snapshot, destination: Path) -> None:
        copy_snapshot(snapshot, destination)
        (tmp_path / "b.py").write_text("another")

    monkeypatch.setattr(module, "copy_snapshot", copy_and_change)
    changed = "changed while it was being uploaded"
    with pytest.raises(DiagnosticError, match=changed) as caught, copied(uploads):
        pass
    assert caught.value.diagnostics[0].code == "KAZ713"


def test_a_build_context_that_changes_after_it_was_listed(tmp_path: Path) -> None:
    """The SDK names the environment after the content that it saw: no other may go there."""
    write(tmp_path, **{"image/Dockerfile": "FROM a", "image/note.txt": "1"})
    environment = {"build": {"path": "image", "dockerfile_path": "Dockerfile"}}
    step = Step(component=Component(command="true", environment=environment))
    uploads = find_uploads(PipelineJob(jobs={"step": step}), tmp_path)
    with copied(uploads) as made:
        copy = made.contexts[(tmp_path / "image").resolve()]
        assert copy.name == "image"
        assert sorted(p.name for p in copy.iterdir()) == ["Dockerfile", "note.txt"]
    (tmp_path / "image/note.txt").write_text("another")
    changed = "The build context 'image' changed while it was being uploaded"
    with pytest.raises(DiagnosticError, match=changed) as caught, copied(uploads):
        pass
    assert caught.value.diagnostics[0].code == "KAZ713"


def test_code_that_vanishes_while_it_is_copied(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "1", "b.py": "2"})
    uploads = find_uploads(make_job("."), tmp_path)
    (tmp_path / "b.py").unlink()
    vanished = "vanished while it was copied"
    with pytest.raises(DiagnosticError, match=vanished), copied(uploads):
        pass
