"""The lister against the SDK's own, on trees with everything that was ever found to differ."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.snapshot.copying import copy_snapshot
from kedro_azureml.job.snapshot.listing import Snapshot, list_data_folder, list_snapshot

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from azure.ai.ml._utils._asset_utils import get_ignore_file, get_upload_files_from_folder
    from azure.ai.ml.entities._component.code import ComponentIgnoreFile

Tree = dict[str, str]


def make(root: Path, tree: Tree) -> Path:
    """Files by path; a value starting with ``->`` is a link, a path ending in ``/`` a folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("->"):
            path.symlink_to(content[2:])
        else:
            path.write_bytes(content.encode())
    return root


def uploaded(root: Path) -> list[str]:
    """What the SDK uploads as code."""
    with warnings.catch_warnings():
        # The SDK compiles "[[" as it stands, and Python warns of it.
        warnings.simplefilter("ignore", FutureWarning)
        files = get_upload_files_from_folder(root, ignore_file=ComponentIgnoreFile(root))
    return sorted(file[1] for file in files)


def listed(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


TREES: dict[str, Tree] = {
    "no ignore file": {
        "a.py": "1",
        ".env": "SECRET=1",
        ".git/HEAD": "ref",
        "empty.txt": "",
        "empty folder/": "",
        "src/__pycache__/a.cpython-311.pyc": "x",
        "src/pkg/__pycache__": "a file of that name",
        "conf/local/credentials.yml": "x: 1",
    },
    "a file comes back from an ignored folder": {
        ".amlignore": "data/\n!data/keep.txt\n",
        "data/keep.txt": "1",
        "data/drop.txt": "1",
        "data/sub/keep.txt": "1",
        "other/data/drop.txt": "1",
    },
    "a file comes back from any depth": {
        ".amlignore": "data/**\n!.gitkeep\n.venv/\n",
        "data/01_raw/.gitkeep": "",
        "data/01_raw/x.csv": "1",
        ".venv/lib/.gitkeep": "",
        "a.py": "1",
    },
    "the .gitignore that kedro new writes": {
        ".gitignore": "data/**\n!data/**/\n!.gitkeep\n!data/01_raw/*\nconf/**\n!conf/**/\n"
        "conf/local/**\n.ipynb_checkpoints\n*.py[cod]\n",
        "data/01_raw/companies.csv": "1",
        "data/02_intermediate/x.parquet": "1",
        "data/x": "1",
        "conf/base/catalog.yml": "1",
        "conf/local/credentials.yml": "1",
        "src/a.pyc": "1",
    },
    "both ignore files": {
        ".amlignore": "*.csv\n",
        ".gitignore": "*.py\n",
        "a.csv": "1",
        "a.py": "1",
    },
    "only .gitignore": {".gitignore": "*.py\n", "a.py": "1", "a.csv": "1"},
    "an empty .amlignore switches .gitignore off": {
        ".amlignore": "",
        ".gitignore": "*\n",
        ".env": "1",
    },
    "nested ignore files do nothing": {
        ".amlignore": "*.log\n",
        "sub/.amlignore": "*.py\n",
        "sub/.gitignore": "*\n",
        "sub/a.py": "1",
        "sub/a.log": "1",
    },
    "links": {
        ".amlignore": "secret/\n/anchored.txt\n",
        "real/a.txt": "1",
        "real/deep/b.txt": "1",
        "secret/c.txt": "1",
        "link.txt": "->real/a.txt",
        "linked": "->real",
        "into secret": "->secret",
        "../outside/anchored.txt": "1",
        "../outside/secret/d.txt": "1",
        "out": "->../outside",
        "twice/one": "->../real",
        "twice/two": "->../real",
    },
    "a link in an ignored folder": {
        ".amlignore": "data/\n",
        "../big disk/raw.csv": "1",
        "../big disk/data/x.csv": "1",
        "data/raw": "->../../big disk",
        "data/inside": "->../src",
        "data/deep/er/raw": "->../../../../big disk",
        "data/file.csv": "->../../big disk/raw.csv",
        "src/a.py": "1",
    },
    "CRLF, a byte-order mark, comments, blanks": {
        ".amlignore": "\ufeff*.csv\r\n\r\n# a comment\r\n\\#hash\r\n  *.txt  \r\n/\r\n",
        "a.csv": "1",
        "a.txt": "1",
        "#hash": "1",
        "keep.py": "1",
    },
    "Unicode and spaces": {
        ".amlignore": "données/\nmy file.txt\n*.é\n",
        "données/a.csv": "1",
        "my file.txt": "1",
        "my other file.txt": "1",
        "日本/🙂.py": "1",
        "x.é": "1",
    },
    "line ends in names": {
        ".amlignore": "data/\n*.csv\n",
        "data/a\nb.txt": "1",
        "data/sub/a\nb/c.txt": "1",
        "a\nb.csv": "1",
        "a.csv\n": "1",
    },
    "case matters": {".amlignore": "Data/\n*.CSV\n", "data/a.csv": "1", "Data/a.txt": "1"},
    "patterns that releases of pathspec read differently": {
        ".amlignore": "[^ab].txt\n[x\n*.[!p]\n/**/\na/**/z\n[[q]\nw?/\n",
        "a.txt": "1",
        "^.txt": "1",
        "c.txt": "1",
        "[x": "1",
        "a/z": "1",
        "a/b/c/z": "1",
        "q": "1",
        "we/are": "1",
        "keep.p": "1",
    },
    "everything ignored": {".amlignore": "*\n", "a.py": "1"},
}


@pytest.mark.parametrize("name", TREES)
def test_lists_what_the_sdk_uploads(name: str, tmp_path: Path) -> None:
    root = make(tmp_path / "a project", TREES[name])
    snapshot = list_snapshot(root)
    assert listed(snapshot) == uploaded(root)
    assert snapshot.problems == ()
    assert snapshot.size == sum(file.source.stat().st_size for file in snapshot.files)


def test_a_negation_keeps_a_file_of_an_ignored_folder(tmp_path: Path) -> None:
    root = make(tmp_path, TREES["a file comes back from an ignored folder"])
    assert listed(list_snapshot(root)) == [".amlignore", "data/keep.txt"]


def test_a_root_reached_through_a_link(tmp_path: Path) -> None:
    make(tmp_path / "real", {".amlignore": "/a.txt\nb.txt\n", "a.txt": "1", "b.txt": "1"})
    root = tmp_path / "link"
    root.symlink_to(tmp_path / "real")
    assert listed(list_snapshot(root)) == uploaded(root) == [".amlignore", "a.txt"]


def test_a_relative_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "p", {".amlignore": "/a.txt\n", "a.txt": "1", "b.txt": "1"})
    (tmp_path / "build").mkdir()
    monkeypatch.chdir(tmp_path / "build")
    root = Path("../p")
    assert listed(list_snapshot(root)) == uploaded(root) == [".amlignore", "b.txt"]


def test_links_that_escape_an_ignored_folder_are_named(tmp_path: Path) -> None:
    root = make(tmp_path / "p", TREES["a link in an ignored folder"])
    assert list_snapshot(root).linked_folders == ("data/deep/er/raw", "data/inside", "data/raw")


def test_a_data_folder_keeps_its_caches(tmp_path: Path) -> None:
    tree = {".gitignore": "*\n!*.csv\n", "a.csv": "1", "b.txt": "1", "__pycache__/c.csv": "1"}
    root = make(tmp_path, tree)
    files = get_upload_files_from_folder(root, ignore_file=get_ignore_file(root))
    assert listed(list_data_folder(root)) == sorted(file[1] for file in files)
    assert listed(list_data_folder(root)) == ["__pycache__/c.csv", "a.csv"]


class TestTheRehearsalFolder:
    """The one named difference from the SDK."""

    tree: ClassVar[Tree] = {".kedro_azureml/runs/x/report.json": "{}", "a.py": "1"}

    def test_is_never_listed(self, tmp_path: Path) -> None:
        snapshot = list_snapshot(make(tmp_path, self.tree))
        assert listed(snapshot) == ["a.py"]
        assert snapshot.rehearsal_folder

    def test_is_not_reported_when_it_is_ignored(self, tmp_path: Path) -> None:
        root = make(tmp_path, {**self.tree, ".amlignore": ".kedro_azureml/\n"})
        assert not list_snapshot(root).rehearsal_folder

    def test_is_an_ordinary_folder_below_the_root(self, tmp_path: Path) -> None:
        root = make(tmp_path, {"sub/.kedro_azureml/x": "1"})
        assert listed(list_snapshot(root)) == uploaded(root) == ["sub/.kedro_azureml/x"]


def problems(root: Path) -> dict[str, str]:
    return {problem.path: problem.message for problem in list_snapshot(root).problems}


class TestProblems:
    """What fails in the SDK is data here, and only where the SDK would fail."""

    def test_a_broken_link(self, tmp_path: Path) -> None:
        root = make(tmp_path, {"a.py": "1", "gone.txt": "->nowhere"})
        assert problems(root) == {"gone.txt": "is a link to nothing"}
        assert listed(list_snapshot(root)) == ["a.py"]

    def test_an_ignored_broken_link(self, tmp_path: Path) -> None:
        assert problems(make(tmp_path, {".amlignore": "gone.*\n", "gone.txt": "->nowhere"})) == {}

    def test_a_folder_that_contains_itself(self, tmp_path: Path) -> None:
        root = make(tmp_path, {"a/b/c.txt": "1", "a/b/up": "->../.."})
        assert problems(root) == {"a/b/up": "is a link to a folder that contains it"}

    def test_a_loop_in_an_ignored_folder(self, tmp_path: Path) -> None:
        tree = {".amlignore": ".venv/\n", ".venv/lib/a.py": "1", ".venv/lib/again": "->."}
        root = make(tmp_path, tree)
        assert problems(root) == {}
        assert listed(list_snapshot(root)) == uploaded(root) == [".amlignore"]

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        assert list(problems(make(tmp_path, {"a.py": "1", "me": "->me"}))) == ["me"]

    def test_a_pipe_or_socket(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.relpath(tmp_path / "socket"))
            message = "is neither a file nor a folder"
            assert problems(tmp_path) == {"pipe": message, "socket": message}

    def test_a_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("1")
        assert list(problems(tmp_path).values()) == ["has a name that is not UTF-8"]

    @pytest.mark.parametrize("line", ["foo\\", "[z-a]", "!"])
    def test_a_line_that_stops_the_upload(self, line: str, tmp_path: Path) -> None:
        root = make(tmp_path, {"a.py": "1", ".amlignore": f"*.log\n{line}\n"})
        with pytest.raises(Exception, match=r".*"):
            uploaded(root)
        assert "line 2" in problems(root)[".amlignore"]

    def test_an_ignore_file_that_is_not_text(self, tmp_path: Path) -> None:
        (tmp_path / ".amlignore").write_bytes(b"\xff\xfe*\x00")
        assert ".amlignore" in problems(tmp_path)

    def test_are_told_with_a_remedy(self, tmp_path: Path) -> None:
        (finding,) = list_snapshot(make(tmp_path, {"gone.txt": "->nowhere"})).diagnostics()
        assert finding.code == "KAZ505"
        assert "'gone.txt' is a link to nothing" in finding.message
        assert ".amlignore" in finding.remedy


class TestCopy:
    def test_has_the_contents_and_nothing_else(self, tmp_path: Path) -> None:
        root = make(tmp_path / "p", TREES["links"])
        (root / "run.sh").write_text("#!/bin/sh\n")
        (root / "run.sh").chmod(0o755)
        (root / "empty").mkdir()
        snapshot = list_snapshot(root)
        copy = tmp_path / "copy"
        copy_snapshot(snapshot, copy)
        found = sorted(str(p.relative_to(copy)) for p in copy.rglob("*") if not p.is_dir())
        assert found == listed(snapshot)
        assert not any(p.is_symlink() for p in copy.rglob("*"))
        assert not (copy / "empty").exists()
        assert (copy / "linked/deep/b.txt").read_text() == "1"
        assert (copy / "run.sh").stat().st_mode & 0o111 == 0
        assert listed(snapshot.at(copy)) == found

    def test_of_a_file_that_vanished(self, tmp_path: Path) -> None:
        root = make(tmp_path / "p", {"a.py": "1", "b.py": "1"})
        snapshot = list_snapshot(root)
        (root / "b.py").unlink()
        with pytest.raises(DiagnosticError, match=r"KAZ505 .*'b.py' vanished"):
            copy_snapshot(snapshot, tmp_path / "copy")

    def test_of_a_file_that_became_a_folder(self, tmp_path: Path) -> None:
        root = make(tmp_path / "p", {"a.py": "1"})
        snapshot = list_snapshot(root)
        (root / "a.py").unlink()
        (root / "a.py").mkdir()
        with pytest.raises(DiagnosticError, match=r"KAZ505 .*'a.py' cannot be copied"):
            copy_snapshot(snapshot, tmp_path / "copy")


names = st.sampled_from(["a", "b", "data", "keep.txt", "x.py", ".env", "é", "a b", "#c", "[d"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
pieces = st.sampled_from(
    [*"ab/?!#*[]^- ", "**", "/", "data", "keep.txt", "*.py", "[ab]", "[!a]", "é", "\\#", "/**/"]
)
lines = st.lists(pieces, min_size=1, max_size=5).map("".join)
links = st.dictionaries(paths, st.lists(names, max_size=2).map("/".join), max_size=2)


def _build(root: Path, files: list[str], linked: dict[str, str]) -> None:
    for name in files:
        _unless_in_the_way(lambda p: p.write_text("1"), root / name)
    for name, target in linked.items():
        _unless_in_the_way(partial(_link, root / target), root / name)


def _link(target: Path, path: Path) -> None:
    path.symlink_to(target)


def _goes_in_circles(root: Path) -> bool:
    deepest = len(root.parts) + 12
    return any(len(Path(path).parts) > deepest for path, _, _ in os.walk(root, followlinks=True))


def _unless_in_the_way(create: Callable[[Path], object], path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create(path)
    except OSError:
        pass


@settings(max_examples=250)
@given(
    files=st.lists(paths, max_size=12),
    linked=links,
    rules=st.lists(lines, max_size=5),
    ignore_file=st.sampled_from([".amlignore", ".gitignore"]),
)
@example(["data/keep.txt", "a/b"], {"data/a": "a"}, ["data/"], ".amlignore")
@example(["data/keep.txt", "a/b"], {"a/b/data": ""}, ["b/", "!data/**/"], ".gitignore")
def test_any_tree_and_any_patterns(
    files: list[str], linked: dict[str, str], rules: list[str], ignore_file: str
) -> None:
    root = Path(tempfile.mkdtemp()).resolve()
    try:
        _build(root, files, linked)
        (root / ignore_file).write_text("\n".join(rules))
        snapshot = list_snapshot(root)
        if snapshot.problems or _goes_in_circles(root):
            # There the SDK fails, if ever it comes to an end: it goes round 40 times.
            return
        assert listed(snapshot) == uploaded(root)
    finally:
        shutil.rmtree(root)
