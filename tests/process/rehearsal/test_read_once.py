"""Which variables are read by what a fork has imported: no others than those that it knows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kedro_azureml.step.process.fork import _READ_ONCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

# Says on the standard error which variables are asked for, whoever asks.
GETENV = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
static char *tell(const char *kind, const char *name) {
    char *(*ask)(const char *) = dlsym(RTLD_NEXT, kind);
    char line[256] = "ASKED ";
    strncat(line, name, 200);
    strcat(line, "\\n");
    if (write(2, line, strlen(line)) < 0) return 0;
    return ask(name);
}
char *getenv(const char *name) { return tell("getenv", name); }
char *secure_getenv(const char *name) { return tell("secure_getenv", name); }
"""
PROGRAM = """
import os, sys
class Teller(type(os.environ)):
    def __getitem__(self, name):
        print("ASKED", name, file=sys.stderr)
        return super().__getitem__(name)
    def __contains__(self, name):
        print("ASKED", name, file=sys.stderr)
        return super().__contains__(name)
os.environ.__class__ = Teller
from kedro_azureml.step.process.fork_server import _import_framework
_import_framework()
from kedro_azureml.step.process.ready_libraries import ReadyLibraries
ready = ReadyLibraries()
ready.add(
    "sklearn.ensemble sklearn.linear_model sklearn.metrics sklearn.model_selection sklearn.svm "
    "sklearn.decomposition sklearn.cluster scipy.stats scipy.optimize scipy.sparse.linalg "
    "scipy.signal scipy.ndimage pyarrow.parquet pyarrow.dataset kedro.logging rich.table".split(),
    "pandas.CSVDataset pandas.ExcelDataset pandas.ParquetDataset json.JSONDataset "
    "pickle.PickleDataset text.TextDataset".split(),
)
assert {"sklearn.svm", "openpyxl", "kedro_datasets.pandas.csv_dataset"} <= ready.names
"""


def test_what_a_fork_has_imported_reads_no_other_variable(tmp_path: Path) -> None:
    """Each variable that somebody asks for is one that starts a step anew."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    if compiler := shutil.which("cc"):
        (tmp_path / "tell.c").write_text(GETENV.replace("\\\\n", "\\n"))
        library = str(tmp_path / "tell.so")
        words = [compiler, "-shared", "-fPIC", "-o", library, str(tmp_path / "tell.c"), "-ldl"]
        subprocess.run(words, check=True)
        environment["LD_PRELOAD"] = library
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    asked = {line.split()[1] for line in done.stderr.splitlines() if line.startswith("ASKED ")}
    assert "FSSPEC_CONFIG_DIR" in asked
    # These Kedro reads again in each step; this one we set, and that one serves to find programs.
    rest = {"KEDRO_LOGGING_CONFIG", "KEDRO_LOGGING_MODULE_ALLOWLIST", "DO_NOT_TRACK", "PATH"}
    # libarrow's clients of storage that nobody has asked for anything yet.
    rest |= {"AZURE_LOG_LEVEL", "__PYVENV_LAUNCHER__"}
    # OpenSSL asks for them again with each connection that it verifies.
    rest |= {"SSL_CERT_DIR", "SSL_CERT_FILE"}
    assert {name for name in asked if not _READ_ONCE.fullmatch(name)} <= rest
