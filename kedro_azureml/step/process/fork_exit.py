"""The end of a fork: all that Python promises at an exit, and then C's own end of a process.

Python would take its modules apart, and with each that it touches the system copies a page that the
fork shares: half of what a fork costs. So a fork ends as the children of `multiprocessing` do:
threads are awaited, then come the functions of `atexit`, of `logging` and of `weakref.finalize`,
and what is open is written. Other than those children it also lets go what the step's own modules
hold, so that what ends with its last reference does so, and leaves by C's ``exit``, so that what
libraries in C have promised to write is written (HDF5).
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import sys
import threading
import traceback
from collections.abc import Collection
from types import ModuleType

from kedro_azureml.process_exit import is_own

# They leave their farewell to Python (`Py_AtExit`), which alone can call it.
_ENDED_BY_PYTHON = {"mpi4py", "petsc4py", "slepc4py"}
# What Python's own end tells of an output that could not be written.
_UNWRITTEN = 120


def leave(code: int, imported: Collection[str]) -> None:
    """End this process, or return because only Python itself can.

    Args:
        code: The exit code.
        imported: Modules that were there before this process, and hold nothing of its step.
    """
    shut_down = getattr(threading, "_shutdown", None)
    run_exit_functions = getattr(atexit, "_run_exitfuncs", None)
    if shut_down is None or run_exit_functions is None or _ENDED_BY_PYTHON & sys.modules.keys():
        return
    for end in (shut_down, run_exit_functions):
        try:
            end()
        except Exception:
            # As Python itself does at this point: it is said, and the exit goes on.
            traceback.print_exc()
    if any(thread.daemon for thread in threading.enumerate()):
        # It may be running for ever: only Python itself can stop it.
        return
    new = [sys.modules.get(name) for name in sys.modules.keys() - imported]
    _let_go([module for module in new if isinstance(module, ModuleType) and is_own(module)])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            code = code or _UNWRITTEN
    # Whoever needs Python for its end, a thread of a library perhaps, gets it meanwhile.
    ctypes.CDLL(None).exit(code)


def _let_go(modules: list[ModuleType]) -> None:
    """Empty modules as Python does at its end: names with an underscore first."""
    for module in modules:
        names = vars(module)
        private = [name for name in names if name[:1] == "_" and name[1:2] != "_"]
        for name in (*private, *names):
            if name != "__builtins__":
                names[name] = None
    gc.collect()
