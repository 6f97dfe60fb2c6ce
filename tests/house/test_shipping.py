"""What the distributions hold."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from kedro_azureml import __version__
from kedro_azureml.diagnostics import CODES
from tests.house.repository import ROOT, run_python


def build(source: Path, kind: str, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)],
        cwd=source,
        capture_output=True,
        check=True,
    )
    return next(folder.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def starter_files() -> set[str]:
    folder = ROOT / "starters"
    ignored = {"__pycache__", ".ruff_cache", ".pytest_cache", ".mypy_cache"}
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and not ignored & set(file.parts)
    }


def test_the_wheel_holds_the_types_the_license_and_every_file_of_the_starter(
    tmp_path: Path,
) -> None:
    names = zipfile.ZipFile(build(ROOT, "wheel", tmp_path)).namelist()
    info = f"kedro_azureml-{__version__}.dist-info"
    assert {"kedro_azureml/py.typed", f"{info}/licenses/LICENSE"} <= set(names)
    prefix = "kedro_azureml/_starters/"
    assert {n.removeprefix(prefix) for n in names if n.startswith(prefix)} == starter_files()
    assert {n.partition("/")[0] for n in names} == {
        "kedro_azureml",
        "kedro_azureml_stdout.pth",
        info,
    }


EXPLAIN = """
import sys
sys.path.insert(0, sys.argv[1])
from kedro_azureml.cli.commands import explain
assert explain.__file__.startswith(sys.argv[1])
explain.explain(sys.argv[2:])
"""


def test_the_wheel_holds_the_pages_that_explain_shows(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(ROOT, "wheel", tmp_path)) as wheel:
        wheel.extractall(tmp_path / "installed")
    done = run_python(EXPLAIN, str(tmp_path / "installed"), *CODES, "azureml.yml", "distributed")
    assert done.returncode == 0, done.stderr
    for code, title in CODES.items():
        assert f"# {code}: {title}\n" in done.stdout


def test_a_wheel_from_the_sdist_is_the_wheel_from_the_repository(tmp_path: Path) -> None:
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    from_sdist = zipfile.ZipFile(build(unpacked, "wheel", tmp_path / "1")).namelist()
    from_repository = zipfile.ZipFile(build(ROOT, "wheel", tmp_path / "2")).namelist()
    assert from_sdist == from_repository
