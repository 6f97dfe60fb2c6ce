"""How a fork becomes a step: as if it had been started as one."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from kedro_azureml.job.step_record import STEP_MODULE
from kedro_azureml.step.process.start import START_VARIABLE, wait_for_start

# Variables that are read only once, when a process starts or something is imported that a fork has
# imported already: first those of what a step imports before its project, then those of NumPy,
# pandas and their libraries, which it imports after its project. A test looks for more.
_LIBRARIES = (
    r"OMP_.*|KMP_.*|GOMP_.*|MKL_.*|OPENBLAS_.*|GOTO_.*|BLIS_.*|VECLIB_.*|GFORTRAN_.*"
    r"|NPY_.*|NUMPY_.*|NUMEXPR_.*|PANDAS_.*|.*ARROW_.*|MIMALLOC_.*|IBIS_.*"
    r"|SKLEARN_.*|SCIPY_.*|JOBLIB_.*|LOKY_.*|OPENPYXL_.*|EAGER_IMPORT|PSUTIL_.*|PILLOW_.*"
    r"|EXPAT_.*|ACC_DEVICE_.*|SOURCE_DATE_EPOCH"
)
# The system reads its time zone at the first look at the clock, which a fork has had.
_OF_LIBRARIES = re.compile(rf"{_LIBRARIES}|TZ|TZDIR")
# It sets them for its own copy of OpenMP, whenever it is imported.
_SET_BY_SCIKIT_LEARN = ("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK")
_READ_ONCE = re.compile(
    r"_?PYTHON.*|LD_.*|DYLD_.*|MALLOC_.*|GLIBC_.*|LC_.*|LOCPATH|LANG|LANGUAGE|TZ|TZDIR|HOME"
    r"|OPENSSL_.*|SSLKEYLOGFILE|.*DYNACONF.*|PROJECT_ROOT|SETTINGS_MODULE|RUAMELDEBUG"
    rf"|APPENGINE_RUNTIME|FSSPEC_.*|PYDANTIC_.*|COVERAGE_.*|{_LIBRARIES}"
)
# Of the numbers in /proc/PID/stat behind the name: env_start and env_end (proc(5): 50 and 51).
_VARIABLES_IN_MEMORY = slice(47, 49)
_MODULES = (".py", ".pyc", ".so")
_this: _Fork | None = None
# Names of the loggers that came with NumPy and pandas.
loggers_of_libraries: set[str] = set()
# Whether the libraries of the steps' datasets lie ready.
has_libraries = False


@dataclass(frozen=True)
class ForkRequest:
    """Which step to be.

    Attributes:
        id: A number by which the answers name it.
        argv: The step's arguments.
        env: All of its variables; those that a shell adds are added here.
        cwd: Its working directory.
        log: Where its standard output and error go.
        mark: The variable that tells the step's processes from all others.
        early: Whether it imports its project before it waits for its start.
    """

    id: int
    argv: list[str]
    env: dict[str, str]
    cwd: str
    log: str
    mark: str
    early: bool


@dataclass(frozen=True)
class ImportedProject:
    """What the server has imported for ``--warm``.

    Attributes:
        root: The project's root.
        variables: What the project set in the environment.
    """

    root: Path
    variables: dict[str, str]


@dataclass(frozen=True)
class _Fork:
    """What this process needs to start anew."""

    command: list[str]
    variables: dict[str, str]
    of_libraries: dict[str, str]


def become(
    request: ForkRequest, gate: int, imported: Collection[str], project: ImportedProject | None
) -> list[str]:
    """Be the step, or a new process in its place.

    Args:
        request: The step.
        gate: The descriptor from which one byte comes when the step is due.
        imported: The modules that are imported already, but for the project's own.
        project: The project, if it is imported already.

    Returns:
        The step's arguments.
    """
    global _this
    os.setsid()
    log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.chdir(request.cwd)
    variables = {"PWD": request.cwd, "SHLVL": "0", "_": sys.executable, **request.env}
    needs_a_new_one = _needs_a_new_process(request, imported)
    os.environ.clear()
    os.environ.update({**(project.variables if project else {}), **variables})
    os.environ[START_VARIABLE] = str(gate)
    if not request.early and not wait_for_start():
        # Whoever would watch this process is gone.
        os._exit(1)
    command = [sys.executable, "-m", STEP_MODULE, *request.argv]
    _this = _Fork(command, variables, _of_libraries())
    if needs_a_new_one:
        _start_anew(_this)
    _show_mark(request.mark, request.env.get(request.mark, ""))
    sys.argv[1:] = request.argv
    sys.orig_argv[3:] = request.argv
    if project is None:
        # What `python -m` puts there: the folder in which it is started.
        sys.path[0] = request.cwd
    else:
        _this = None
        time.tzset()
        _move(project.root, Path(request.cwd))
    importlib.invalidate_caches()
    tempfile.tempdir = None
    if "numpy" in sys.modules:
        # Python's own generator has got a seed of its own at the fork.
        sys.modules["numpy"].random.seed()
    return request.argv


def catch_up_on_libraries() -> None:
    """Let NumPy and pandas be what they are where they are imported now.

    A step that is no fork imports them after the project, when Kedro makes the catalog; a fork has
    them already. It starts anew if the project has set a variable that they would have read.
    """
    for name in loggers_of_libraries:
        if isinstance(logger := logging.root.manager.loggerDict.get(name), logging.Logger):
            # A configuration of logging that disables what exists does not find them.
            logger.disabled = False
    if _this is not None and _this.of_libraries != _of_libraries():
        sys.stdout.flush()
        sys.stderr.flush()
        # All that has been said so far is said again; what is masked has been passed on already.
        with contextlib.suppress(OSError):
            os.ftruncate(1, 0)
        _start_anew(_this)


def _start_anew(fork: _Fork) -> NoReturn:
    variables = dict(fork.variables)
    if gate := os.environ.get(START_VARIABLE):
        os.set_inheritable(int(gate), True)
        variables[START_VARIABLE] = gate
    os.execve(sys.executable, fork.command, variables)  # noqa: S606 - no shell, as it should be


def _of_libraries() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if _OF_LIBRARIES.fullmatch(name) and name not in _SET_BY_SCIKIT_LEARN
    }


def _needs_a_new_process(request: ForkRequest, imported: Collection[str]) -> bool:
    """Tell whether something that is imported here could be another thing in the step."""
    names = {*filter(_READ_ONCE.fullmatch, request.env)}
    if any(os.environ.get(name) != request.env[name] for name in names):
        return True
    if any(name.startswith(("PYTHON", "LD_", "DYLD_")) for name in names):
        # Relative to the folder in which the process starts, perhaps.
        return True
    # A file of the project hides a library of that name, wherever its source folder is.
    root = _entries(Path(request.cwd))
    inner = [entry for folder in root if folder.is_dir() for entry in _entries(folder)]
    return any(
        entry.name.partition(".")[0] in imported
        and (entry.suffix in _MODULES or (entry / "__init__.py").is_file())
        for entry in (*root, *inner)
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _show_mark(name: str, value: str) -> None:
    """Show this process's own mark to whoever looks for a step's processes.

    The system shows the variables that a process was started with, which a fork inherits: the
    server starts with a mark that leaves room for any.
    """
    with contextlib.suppress(OSError, ValueError):
        numbers = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = map(int, numbers[_VARIABLES_IN_MEMORY])
        with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
            memory.seek(start)
            variables = b"\0" + memory.read(end - start)
            first = variables.index(f"\0{name}=".encode()) + len(name) + 2
            room = variables.index(b"\0", first) - first
            memory.seek(start + first - 1)
            memory.write(os.fsencode(value).ljust(room, b"\0")[:room])


def _move(old: Path, new: Path) -> None:
    """Import from the step's own copy of the project from now on, and log into it."""
    sys.path[:] = [
        str(new / Path(entry).relative_to(old)) if Path(entry).is_relative_to(old) else entry
        for entry in sys.path
    ]
    loggers = (logging.root, *logging.root.manager.loggerDict.values())
    for handler in (h for logger in loggers for h in getattr(logger, "handlers", ())):
        if isinstance(handler, logging.FileHandler):
            file = Path(handler.baseFilename)
            if file.is_relative_to(old):
                # It is opened for the first record, as if it had been told to delay that.
                if handler.stream is not None:
                    handler.stream.close()
                handler.stream = None
                handler.baseFilename = str(new / file.relative_to(old))
