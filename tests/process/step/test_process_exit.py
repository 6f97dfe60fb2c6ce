"""Nothing that an ordinary exit would have written is lost, though no garbage is searched for."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

from tests.kit.waiting import PATIENCE

# What a node's module may leave open; `keep` makes a cycle that only the search would end.
CORPUS = {
    "text": "keep(open('x.txt', 'w')).write('text')",
    "binary": "keep(open('x.bin', 'wb')).write(b'bytes')",
    "appended": "keep(open('x.txt', 'a+')).write('more')",
    "updated": "Path('x').write_text('before'); keep(open('x', 'r+b')).write(b'after.')",
    "gzip": "import gzip; keep(gzip.GzipFile('x.gz', 'wb', mtime=0)).write(b'zipped' * 9)",
    "text in gzip": (
        "import gzip, io\n"
        "keep(io.TextIOWrapper(gzip.GzipFile('x.gz', 'wb', mtime=0))).write('zipped')"
    ),
    "bz2": "import bz2; keep(bz2.open('x.bz2', 'wt')).write('zipped')",
    "lzma": "import lzma; keep(lzma.open('x.xz', 'wb')).write(b'zipped')",
    "archive": (
        "import zipfile\n"
        "info = zipfile.ZipInfo('one', (2020, 1, 1, 0, 0, 0))\n"
        "keep(zipfile.ZipFile('x.zip', 'w')).writestr(info, 'content')"
    ),
    "csv": "import csv; csv.writer(keep(open('x.csv', 'w', newline=''))).writerows([[1, 'a']] * 9)",
    "sqlite": (
        "import sqlite3\n"
        "connection = keep(sqlite3.connect('x.db'))\n"
        "connection.execute('create table a (b)'); connection.execute('insert into a values (1)')\n"
        "connection.commit(); connection.execute('insert into a values (2)')"
    ),
    "shelf": (
        "import dbm.dumb, shelve\n"
        "keep(shelve.Shelf(dbm.dumb.open('x', 'n'), writeback=True))['a'] = [1, 2]"
    ),
    "temporary file": (
        "import tempfile\n"
        "keep(tempfile.NamedTemporaryFile('w', dir='.', prefix='fixed')).write('gone')"
    ),
    "temporary folder": (
        "import tempfile\n"
        "Path(keep(tempfile.TemporaryDirectory(dir='.')).name, 'x').write_text('gone')"
    ),
    "thread": (
        "import threading\n"
        "def work():\n"
        "    time.sleep(0.5); Path('late').write_text('written late')\n"
        "    keep(open('later', 'w')).write('and later')\n"
        "threading.Thread(target=work).start()"
    ),
    "pool of threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "keep(ThreadPoolExecutor()).submit(lambda: (time.sleep(0.3), Path('x').write_text('x')))"
    ),
    "child": (
        "import multiprocessing\n"
        "def work():\n"
        "    time.sleep(0.3); keep(open('x', 'w')).write('of a child'); Path('y').write_text('y')\n"
        "multiprocessing.get_context('fork').Process(target=work).start()"
    ),
    "at exit": "import atexit; atexit.register(lambda: keep(open('x', 'w')).write('at exit'))",
    "finaliser": (
        "import weakref\n"
        "file = keep(open('x', 'w'))\n"
        "class Thing: pass\n"
        "thing = Thing(); weakref.finalize(thing, file.write, 'by a finaliser')"
    ),
    "memory handler": (
        "import logging.handlers\n"
        "target = logging.handlers.RotatingFileHandler('x.log', maxBytes=60, backupCount=2)\n"
        "logging.root.addHandler(logging.handlers.MemoryHandler(99, target=target))\n"
        "for number in range(9): logging.warning('a line with the number %d', number)"
    ),
    "printed": "print('no end of line', end='')",
    "an exit code": "keep(open('x', 'w')).write('failed'); sys.exit(7)",
    "an error": "keep(open('x', 'w')).write('failed'); raise ValueError('no')",
    "half written": "open('x', 'w').write('x'); file = open('x', 'a'); file.write('y'); keep(file)",
    "detached": "import io; file = keep(open('x', 'w')); raw = file.detach(); raw.write(b'raw')",
    "an own class": (
        "class Writer:\n"
        "    def __init__(self): self.lines = []\n"
        "    def close(self): Path('x').write_text('closed')\n"
        "    def __del__(self): self.close()\n"
        "keep(Writer())"
    ),
    "an own destructor": (
        "class Writer:\n    def __del__(self): Path('x').write_text('deleted')\nkeep(Writer())"
    ),
    "an HDF5 file": ("import h5py\nkeep(h5py.File('x.h5', 'w'))['numbers'] = list(range(99))"),
    "gzip by name": "import gzip; keep(gzip.open('x.gz', 'wt')).write('zipped' * 9)",
    "an own raw file": (
        "import io, os\n"
        "class Raw(io.RawIOBase):\n"
        "    def writable(self): return True\n"
        "    def write(self, data, write=os.write, file=os.open('x', os.O_CREAT | os.O_WRONLY)):\n"
        "        return write(file, data)\n"
        "keep(io.BufferedWriter(Raw())).write(b'raw')"
    ),
    "archive in a file of fsspec": (
        "import fsspec, zipfile\n"
        "info = zipfile.ZipInfo('one', (2020, 1, 1, 0, 0, 0))\n"
        "keep(zipfile.ZipFile(fsspec.open('x.zip', 'wb').open(), 'w')).writestr(info, 'y')"
    ),
    "fsspec's loop": "import fsspec.asyn; keep(fsspec.asyn.get_loop()); Path('x').write_text('y')",
    "a thread that writes for ever": (
        "import os, threading\n"
        "reader, writer = os.pipe()\n"
        "file = keep(open(writer, 'wb'))\n"
        "threading.Thread(target=file.write, args=[b'x' * 10_000_000], daemon=True).start()\n"
        "time.sleep(0.5); Path('x').write_text('y')"
    ),
    "a metaclass with opinions": (
        "class Meta(type):\n"
        "    def __getattr__(cls, name): raise RuntimeError(name)\n"
        "class Thing(metaclass=Meta): pass\n"
        "keep(Thing()); keep(open('x', 'w')).write('y')"
    ),
}
NEEDS_PYTHON = ("fsspec's loop", "a thread that writes for ever")
START = """\
    import sys, time
    from pathlib import Path

    {ours}

    class Cycle:
        pass

    kept = []

    def keep(thing):
        {keep}
        return thing

    """
# A fork ends so: the corpus is a module then, as a step's nodes are in one.
FORK = """\
import gc, sys, traceback
# While a program runs, the search for garbage may lose what a cycle has written: that is Python's.
gc.disable()
from kedro_azureml.process_exit import write_what_is_open_at_exit
write_what_is_open_at_exit(collect=True)
from kedro_azureml.step.process.fork_exit import leave
code, imported = 0, set(sys.modules)
try:
    import corpus
except SystemExit as error:
    kept, code = error, error.code
except BaseException as error:
    traceback.print_exc()
    kept, code = error, 1
leave(code, imported)
{last}
"""
OURS = "from kedro_azureml.process_exit import write_what_is_open_at_exit as ours; ours()"
# How a file outlives the function that opened it. In a cycle, an ordinary exit may even lose what
# was written: the search for garbage may come to what a file writes through before the file.
SIMPLY = "kept.append(thing)"
IN_A_CYCLE = "cycle = Cycle(); cycle.own, cycle.thing, cycle.function = cycle, thing, keep"


def ended(
    folder: Path, program: str, ours: str, keep: str = SIMPLY
) -> tuple[int, str, str, dict[str, str]]:
    start = dedent(START.format(ours=ours, keep=keep))
    return end_of(folder, start + program)


def end_of(folder: Path, program: str) -> tuple[int, str, str, dict[str, str]]:
    folder.mkdir()
    (folder.parent / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, folder.parent / "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    for database in folder.glob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            # What was not committed is undone when the database is opened again.
            rows = connection.execute("select * from a").fetchall()
        database.write_text(str(rows))
        Path(f"{database}-journal").unlink(missing_ok=True)
    written = (path for path in folder.rglob("*") if path.is_file())
    files = {file.name: hashlib.sha256(content(file)).hexdigest() for file in written}
    return done.returncode, done.stdout, done.stderr, files


def content(file: Path) -> bytes:
    # Compressed, the moment is written into it.
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


@pytest.mark.parametrize("name", CORPUS)
def test_what_an_ordinary_exit_writes_is_written(name: str, tmp_path: Path) -> None:
    ordinary = ended(tmp_path / "a", CORPUS[name], "")
    assert ordinary[3] or name in ("printed", "temporary file", "temporary folder")
    assert ended(tmp_path / "b", CORPUS[name], OURS) == ordinary
    assert ended(tmp_path / "c", CORPUS[name], OURS, IN_A_CYCLE) == ordinary


@pytest.mark.parametrize("keep", [SIMPLY, IN_A_CYCLE])
@pytest.mark.parametrize("name", CORPUS)
def test_what_an_ordinary_exit_writes_is_written_by_a_fork(
    name: str, keep: str, tmp_path: Path
) -> None:
    code, printed, said, files = ended(tmp_path / "a", CORPUS[name], "")
    (tmp_path / "corpus.py").write_text(dedent(START.format(ours="", keep=keep)) + CORPUS[name])
    # By C's end, not by Python's, unless there is a thread that only Python can stop.
    last = "pass" if name in NEEDS_PYTHON else "print('ended by Python')"
    forked = end_of(tmp_path / "b", FORK.format(last=f"{last}; sys.exit(code)"))
    assert (forked[0], forked[1], forked[3]) == (code, printed, files)
    assert forked[2].splitlines()[-1:] == said.splitlines()[-1:]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a device that is always full")
    program = "keep(open('/dev/full', 'w')).write('x'); keep(open('y', 'w')).write('y')"
    code, _, said, files = ended(tmp_path / "a", program, OURS)
    assert code == 0, "Python's own exit ends so too"
    assert "No space left on device" in said
    assert set(files) == {"y"}


def test_what_goes_through_a_socket_is_sent(tmp_path: Path) -> None:
    """An ordinary exit sends it or not, as the order of names in the module will have it."""
    program = (
        "import os, socket\n"
        "ours, theirs = socket.socketpair()\n"
        "if os.fork() == 0:\n"
        "    ours.close(); Path('x').write_bytes(theirs.makefile('rb').read()); os._exit(0)\n"
        "theirs.close(); keep(ours.makefile('wb')).write(b'sent')"
    )
    assert ended(tmp_path / "a", program, OURS)[:3] == (0, "", "")
    assert (tmp_path / "a/x").read_bytes() == b"sent"


MLFLOW = """\
import os
os.environ.update(MLFLOW_ALLOW_FILE_STORE="1", MLFLOW_DISABLE_TELEMETRY="1")
import mlflow
mlflow.set_tracking_uri((Path.cwd() / "runs").as_uri())
mlflow.start_run()
mlflow.log_metric("logged", 1.0)
# An ordinary exit may lose this one, which a thread is still to write.
mlflow.log_metric("logged later", 2.0, synchronous=False)
"""


def test_mlflow_ends_its_run(tmp_path: Path) -> None:
    """It has a run open when the process ends."""
    pytest.importorskip("mlflow", reason="`make test` has no MLflow beside the other packages")
    (tmp_path / "corpus.py").write_text(dedent(START.format(ours="", keep=SIMPLY)) + MLFLOW)
    programs = {"ordinary": ("", MLFLOW), "ours": (OURS, MLFLOW)}
    done = {name: ended(tmp_path / name, text, how) for name, (how, text) in programs.items()}
    done["fork"] = end_of(tmp_path / "fork", FORK.format(last="sys.exit(code)"))
    for name, (code, _, said, _) in done.items():
        assert code == 0, said
        (meta,) = (tmp_path / name).glob("runs/*/*/meta.yaml")
        assert "status: 3\n" in meta.read_text(), "FINISHED"
        metrics = {file.name: file.read_text().split()[1] for file in meta.parent.glob("metrics/*")}
        assert metrics["logged"] == "1.0"
