"""The end of a process: as ever, but for Python's last search for garbage.

With pandas and scikit-learn imported that search takes 0.4 s of a processor, and all that it could
still do is to close what a cycle of references keeps open. So what is open is written first, and
the search gets nothing to look through. Everything else of an ordinary exit happens: threads are
awaited, the functions of `atexit`, of `logging` and of `weakref.finalize` run, and so do those of
libraries in C (HDF5 and MPI end in theirs).
"""

from __future__ import annotations

import atexit
import gc
import io
import traceback
import weakref
from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from types import FunctionType
from typing import Any

# The class in C: asking the abstract one about each class is slow.
_FILE = io.IOBase.__mro__[1]
_PLAIN = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)


# What is open among all that is frozen, which the collector does not list any more.
_frozen: list[weakref.ref[Any]] = []


def freeze() -> None:
    """Spare the garbage collector, and the exit, what is there: most of it stays to the end."""
    # A reference that would keep the object is none to keep.
    weak = (opened for opened in _open_objects() if type(opened).__weakrefoffset__)
    _frozen.extend(map(weakref.ref, weak))
    gc.freeze()


def write_what_is_open_at_exit(*, collect: bool = False) -> None:
    """Have all that is open written at the end of this process, and skip the search for garbage.

    Whoever calls this first thing lets it happen last: `atexit` begins with the newest function.

    Args:
        collect: Whether to look for garbage among what `freeze` has not spared.
    """
    atexit.register(_write_and_skip_the_search, collect)


def _write_and_skip_the_search(collect: bool) -> None:
    for write in _writers():
        try:
            write()
        except Exception:
            # As Python itself does at this point: it is said, and the exit goes on.
            traceback.print_exc()
    if collect:
        gc.collect()
    gc.freeze()


def _writers() -> Iterator[Callable[[], object]]:
    """Yield what writes each open object: one that writes through another comes before it."""
    layers: dict[int, list[Any]] = {}
    for candidate in (*_open_objects(), *(reference() for reference in _frozen)):
        if (layer := _layer(type(candidate))) is not None:
            layers.setdefault(layer, []).append(candidate)
    for layer in sorted(layers):
        for candidate in _outer_first(layers[layer]):
            if not isinstance(candidate, _PLAIN):
                yield candidate.close
            elif not _is_done(candidate):
                # Not closed: what remains of the exit may print.
                yield candidate.flush


def _open_objects() -> list[Any]:
    """Find what may have something to write."""
    writes: dict[type, bool] = {}
    candidates = []
    for candidate in gc.get_objects():
        kind = type(candidate)
        if kind not in writes:
            writes[kind] = _layer(kind) is not None
        if writes[kind]:
            candidates.append(candidate)
    return candidates


def _outer_first(objects: list[Any]) -> list[Any]:
    """Put what writes through another object of the same layer before that, as a shelf does."""
    # Attributes are referred to by the object itself or by its dictionary.
    near = [referent for candidate in objects for referent in gc.get_referents(candidate)]
    inner = {id(referent) for referent in (*near, *gc.get_referents(*near))}
    return sorted(objects, key=lambda candidate: id(candidate) in inner)


def _layer(kind: type) -> int | None:
    """Return when objects of a kind are written; None for those that have nothing to write."""
    if issubclass(kind, io.TextIOWrapper):
        return 0
    if issubclass(kind, _PLAIN):
        return 3
    if issubclass(kind, _FILE):
        # Those in Python may write an end when they are closed, as gzip does; those in C read.
        return None if kind.__module__ == "_io" else 1
    # An archive writes its directory, a shelf its cache, and a temporary file removes itself.
    close = getattr(kind, "close", None)
    ends_itself = hasattr(kind, "__del__") and isinstance(close, FunctionType)
    return 2 if ends_itself and not iscoroutinefunction(close) else None


def _is_done(file: Any) -> bool:
    try:
        return bool(file.closed) or not file.writable()
    except ValueError:
        # It has been detached from what it wrote to.
        return True
