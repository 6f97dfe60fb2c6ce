"""How a fork becomes a step: as if it had been started as one."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import random
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.job.step_record import STEP_MODULE
from kedro_azureml.step.process.start import START_VARIABLE

# Variables that are read only once: by Python and the system's libraries when a process starts, by
# dynaconf, fsspec, NumPy, its libraries and pandas when they are imported. A test looks for more.
_READ_ONCE = re.compile(
    r"_?PYTHON.*|LD_.*|DYLD_.*|MALLOC_.*|GLIBC_.*|LC_.*|LANG|LANGUAGE|TZ|HOME|OPENSSL_.*|SSLKEYLOGFILE"
    r"|.*DYNACONF.*|PROJECT_ROOT|SETTINGS_MODULE|RUAMELDEBUG|APPENGINE_RUNTIME|FSSPEC_.*"
    r"|OMP_.*|KMP_.*|GOMP_.*|MKL_.*|OPENBLAS_.*|GOTO_.*|BLIS_.*|VECLIB_.*|GFORTRAN_.*"
    r"|NPY_.*|NUMPY_.*|NUMEXPR_.*|PANDAS_.*|PYDANTIC_.*|.*ARROW_.*|IBIS_.*"
)


# Of the numbers in /proc/PID/stat behind the name: env_start and env_end (proc(5): 50 and 51).
_VARIABLES_IN_MEMORY = slice(47, 49)


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
        early: Whether it waits for its start.
    """

    id: int
    argv: list[str]
    env: dict[str, str]
    cwd: str
    log: str
    mark: str
    early: bool


def become(request: ForkRequest, gate: int | None, project: Path | None) -> list[str]:
    """Be the step, or a new process in its place.

    Args:
        request: The step.
        gate: The descriptor of what an early step waits for.
        project: The root of the project that is imported already, if it is.

    Returns:
        The step's arguments.
    """
    os.setsid()
    log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.chdir(request.cwd)
    variables = {"PWD": request.cwd, "SHLVL": "0", "_": sys.executable, **request.env}
    if gate is not None:
        variables[START_VARIABLE] = str(gate)
    if _starts_anew(request, project):
        if gate is not None:
            os.set_inheritable(gate, True)
        command = [sys.executable, "-m", STEP_MODULE, *request.argv]
        os.execve(sys.executable, command, variables)  # noqa: S606 - no shell, as it should be
    os.environ.clear()
    os.environ.update(variables)
    _show_mark(request.mark, request.env.get(request.mark, ""))
    sys.argv[1:] = request.argv
    sys.orig_argv[3:] = request.argv
    if project is None:
        # What `python -m` puts there: the folder in which it is started.
        sys.path[0] = request.cwd
    else:
        _move(project, Path(request.cwd))
    importlib.invalidate_caches()
    tempfile.tempdir = None
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    return request.argv


def _starts_anew(request: ForkRequest, project: Path | None) -> bool:
    """Tell whether something that is imported here could be another thing in the step."""
    names = {*filter(_READ_ONCE.fullmatch, request.env)}
    if any(os.environ.get(name) != request.env[name] for name in names):
        return True
    if any(name.startswith(("PYTHON", "LD_", "DYLD_")) for name in names):
        # Relative to the folder in which the process starts, perhaps.
        return True
    imported = {
        name
        for name, module in list(sys.modules.items())
        if project is None or not str(getattr(module, "__file__", None)).startswith(f"{project}/")
    }
    # A file of the project hides a library of that name.
    return any(
        path.stem in imported and (path.suffix == ".py" or (path / "__init__.py").is_file())
        for folder in (Path(request.cwd), Path(request.cwd, "src"))
        for path in _entries(folder)
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
