"""Files that take the place of others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kedro_azureml.job.file_replacement import Copy, CopyError, copy_all


@pytest.fixture
def copies(tmp_path: Path) -> list[Copy]:
    (tmp_path / "from").mkdir()
    for name in "abc":
        (tmp_path / "from" / name).write_text(f"new {name}")
    return [Copy(tmp_path / "from" / name, tmp_path / "to" / name / name) for name in "abc"]


def test_folders_are_made_and_files_replaced(copies: list[Copy], tmp_path: Path) -> None:
    copies[0].target.parent.mkdir(parents=True)
    copies[0].target.write_text("old")
    copy_all(copies, tmp_path)
    assert [c.target.read_text() for c in copies] == ["new a", "new b", "new c"]


@pytest.mark.parametrize(
    ("error", "remedy", "reason"),
    [
        (OSError(28, "No space left on device"), "Free some space", "No space left on device"),
        (OSError(13, "Permission denied"), "Make the place writable", "Permission denied"),
        (KeyboardInterrupt(), None, "Copying was interrupted"),
    ],
)
def test_a_file_is_replaced_whole_or_not_at_all(
    error: BaseException,
    remedy: str | None,
    reason: str,
    copies: list[Copy],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    copies[1].target.parent.mkdir(parents=True)
    copies[1].target.write_text("old")

    def half(source: Path, target: Path) -> None:
        Path(target).write_text(Path(source).read_text()[:3])
        if source == copies[1].source:
            raise error
        Path(target).write_text(Path(source).read_text())

    monkeypatch.setattr(shutil, "copyfile", half)
    with pytest.raises(CopyError) as caught:
        copy_all(copies, tmp_path)
    assert caught.value.remedy == remedy
    assert reason in caught.value.reason
    assert caught.value.copied == "1 of 3 files were copied before"
    assert copies[0].target.read_text() == "new a"
    assert copies[1].target.read_text() == "old"
    assert [p.name for p in copies[1].target.parent.iterdir()] == ["b"]
    assert not copies[2].target.parent.exists()
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / ".kedro_azureml/partial").exists()


def test_what_is_kept_is_its_users_alone(copies: list[Copy], tmp_path: Path) -> None:
    """Also where an earlier version made the folder for everybody; the file keeps its mode."""
    (tmp_path / ".kedro_azureml").mkdir(mode=0o755)
    copies[0].target.parent.mkdir(parents=True)
    copies[0].target.write_text("old")
    copies[0].target.chmod(0o640)
    ((_, old),) = copy_all(copies, tmp_path).kept
    assert old.stat().st_mode & 0o777 == 0o640
    (top,) = (tmp_path / ".kedro_azureml/replaced").iterdir()
    assert top.stat().st_mode & 0o777 == 0o700
    fresh = tmp_path / "fresh"
    copy_all(copies, fresh)
    assert (fresh / ".kedro_azureml").stat().st_mode & 0o777 == 0o700
