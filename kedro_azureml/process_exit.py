"""The end of a process: as ever, but for Python's last search through all that it has.

With pandas and scikit-learn imported that search takes 0.4 s of a processor, and a sixth of the
compilation of 500 nodes. All that it could still do is to end what a cycle of references keeps. So
what is open is written first, and the search gets nothing to look through. Everything else of an
ordinary exit happens: threads are awaited, the functions of `atexit`, of `logging` and of
`weakref.finalize` run, and so do those of libraries in C (HDF5 and MPI end in theirs).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import stat
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

# The class in C: asking the abstract one about each class is slow.
_FILE = io.IOBase.__mro__[1]
_BUFFERED = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
# What is open among all that is frozen, which the collector does not list any more.
_frozen: list[weakref.ref[Any]] = []


def freeze() -> None:
    """Spare the garbage collector, and the exit, what is there: most of it stays to the end.

    A compilation of 500 nodes takes 6 % of its time longer where the collector looks through Kedro
    again and again.
    """
    # A reference that would keep the object is none to keep.
    weak = (opened for opened in _open_objects() if type(opened).__weakrefoffset__)
    _frozen.extend(map(weakref.ref, weak))
    gc.freeze()


def write_what_is_open_at_exit(*, collect: bool = False) -> None:
    """Have all that is open written at the end of this process, and skip the last search.

    Whoever calls this first thing lets it happen last: `atexit` begins with the newest function.

    Args:
        collect: Whether to look for garbage among what `freeze` has not spared.
    """
    atexit.register(_write_and_skip_the_search, collect)


def write_what_is_open() -> list[Any]:
    """Write all that is open, as an ordinary exit would; return it."""
    opened = _outer_first([*_open_objects(), *filter(None, (known() for known in _frozen))])
    for write in _writers(opened):
        try:
            write()
        except Exception:
            # As Python itself does at this point: it is said, and the exit goes on.
            traceback.print_exc()
    return opened


def flush_files() -> None:
    """Write what open files have not passed on to the disk yet; they stay open.

    A pipe is left alone, where somebody would have to read.
    """
    for opened in [*gc.get_objects(), *(known() for known in _frozen)]:
        if issubclass(type(opened), _BUFFERED):
            with contextlib.suppress(OSError, ValueError):
                if stat.S_ISREG(os.fstat(opened.fileno()).st_mode) and opened.writable():
                    opened.flush()


def _write_and_skip_the_search(collect: bool) -> None:
    if any(thread.daemon for thread in threading.enumerate()):
        # It may be writing to a file, perhaps for ever: only Python itself can leave it there.
        gc.unfreeze()
        return
    kept = write_what_is_open()
    if collect:
        gc.collect()
    # What has been ended is not ended once more when its last reference goes: this one never does.
    kept.append(kept)
    gc.freeze()


def _writers(opened: list[Any]) -> Iterator[Callable[[], object]]:
    for candidate in opened:
        if isinstance(candidate, _BUFFERED):
            if not _is_done(candidate):
                # Not closed: what remains of the exit may print.
                yield candidate.flush
        elif issubclass(type(candidate), _FILE):
            yield candidate.close
        else:
            yield candidate.__del__


def _open_objects() -> list[Any]:
    """Find what may have something to write."""
    may_write: dict[type, bool] = {}
    candidates = []
    for candidate in gc.get_objects():
        kind = type(candidate)
        if kind not in may_write:
            may_write[kind] = _may_write(kind)
        if may_write[kind]:
            candidates.append(candidate)
    return candidates


def _may_write(kind: type) -> bool:
    """Tell whether objects of a class may have something to write when they end."""
    if issubclass(kind, _BUFFERED):
        return True
    # One in Python may write an end when it is closed, as gzip does. An archive writes its
    # directory when it is deleted, a shelf its cache, and a temporary file removes itself.
    if issubclass(kind, _FILE):
        return _is_in_python(kind, "close")
    return _is_in_python(kind, "__del__") and (
        # Nobody knows what an end is for that is no library's.
        _is_in_python(kind, "close") or is_own(sys.modules.get(kind.__module__))
    )


def is_own(module: object) -> bool:
    """Tell whether a module is neither Python's own nor an installed library's."""
    # A program has lost its file by the time that it ends.
    file = getattr(module, "__file__", "" if module is sys.modules["__main__"] else None)
    return isinstance(file, str) and not (
        file.startswith(os.path.dirname(os.__file__))  # noqa: PTH120 - pathlib is slower
        or any(f"{os.sep}{folder}{os.sep}" in file for folder in ("site-packages", "dist-packages"))
    )


def _is_in_python(kind: type, name: str) -> bool:
    return isinstance(_method(kind, name), FunctionType)


def _method(kind: type, name: str) -> object:
    # Not by getattr: a metaclass may answer what it likes.
    return next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)


def _outer_first(objects: list[Any]) -> list[Any]:
    """Put each object before those that it may write through: what it refers to."""
    wanted = {id(candidate) for candidate in objects}
    order: list[Any] = []
    seen: set[int] = set()
    # Depth first, by hand: a chain may be longer than Python's stack.
    stack: list[tuple[Any, Iterator[Any]]] = [(None, iter(objects))]
    while stack:
        outer, referents = stack[-1]
        for inner in referents:
            if id(inner) in wanted and id(inner) not in seen:
                seen.add(id(inner))
                stack.append((inner, _near(inner)))
                break
        else:
            order.append(outer)
            stack.pop()
    # Last comes what stands for the list itself.
    return order[-2::-1]


def _near(candidate: Any) -> Iterator[Any]:
    """Yield what an object refers to, by itself or by its dictionary."""
    for referent in gc.get_referents(candidate):
        yield referent
        if type(referent) is dict:
            yield from gc.get_referents(referent)


def _is_done(file: Any) -> bool:
    try:
        return bool(file.closed) or not file.writable()
    except ValueError:
        # It has been detached from what it wrote to.
        return True
