"""A step's log without the values of its secrets, whoever writes to it.

What a step prints, and what its child processes and libraries in C print, goes through a pipe. The
process that was started masks it and passes it on; the step itself goes on in a child of it. So the
log is whole when the process ends, also after a crash, and no thread can keep it waiting.

A program that looks up its terminal, or opens its log by a name, is not masked.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import NoReturn

from kedro_azureml.secrets.masking import StreamMask

_OUTPUT, _ERRORS = 1, 2
_CHUNK = 1 << 16
# What somebody may send to the process that was started, and means the step. One that goes to the
# whole process group reaches the step twice, which the system makes one where it can.
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
# Linux, prctl(2).
_PR_SET_PDEATHSIG = 1


def mask_standard_output(values: Iterable[str]) -> None:
    """Mask these values in all that this process and its children print from now on.

    Returns in a child process, which is the step from here on.
    """
    values = list(values)
    if not values:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    ends = _pipes()
    with warnings.catch_warnings():
        # Python warns of threads: a step has none yet but those that NumPy's BLAS takes care of.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        _pass_on(child, {reader: target for target, (reader, _) in ends.items()}, values, ends)
    _end_with_parent()
    for target, (reader, writer) in ends.items():
        os.dup2(writer, target)
        if target == _OUTPUT and _ERRORS not in ends:
            os.dup2(writer, _ERRORS)
        os.close(reader)
        os.close(writer)


def _end_with_parent() -> None:
    """Have the system end this process if the other one is killed, to which no signal is passed.

    Only Linux can; there steps are run.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _pipes() -> dict[int, tuple[int, int]]:
    """Make a pipe for each place that is written to: both may be the same file, in one order."""
    output, errors = os.fstat(_OUTPUT), os.fstat(_ERRORS)
    is_same = (output.st_dev, output.st_ino) == (errors.st_dev, errors.st_ino)
    return {target: os.pipe() for target in ((_OUTPUT,) if is_same else (_OUTPUT, _ERRORS))}


def _pass_on(
    child: int,
    readers: Mapping[int, int],
    values: list[str],
    ends: Mapping[int, tuple[int, int]],
) -> NoReturn:
    """Mask what the child writes until it ends, and end as it does."""
    code = 1
    try:
        for _, writer in ends.values():
            os.close(writer)
        woken = _watch(child)
        code = _follow(child, readers, values, woken)
    finally:
        # Nothing that the step registered for its exit is this process's to do.
        _end_like(code)


def _watch(child: int) -> int:
    """Pass signals on, and return a descriptor that can be read when the child may have ended."""
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def forward(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in _PASSED_ON:
        signal.signal(number, forward)
    # A terminal sends it to both.
    signal.signal(signal.SIGINT, signal.SIG_IGN if _has_terminal() else forward)
    return woken


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _follow(child: int, readers: Mapping[int, int], values: list[str], woken: int) -> int:
    masks = {reader: StreamMask(values) for reader in readers}
    while True:
        ended, status = os.waitpid(child, os.WNOHANG if masks else 0)
        if ended:
            break
        ready, _, _ = select.select([*masks, woken], [], [])
        for reader in ready:
            if reader == woken:
                os.read(woken, _CHUNK)
            elif not _copy(reader, readers[reader], masks[reader]):
                del masks[reader]
    for reader, mask in masks.items():
        # What a process still holds open that outlives the step is none of the step's.
        os.set_blocking(reader, False)
        with contextlib.suppress(BlockingIOError):
            while _copy(reader, readers[reader], mask):
                pass
        _write(readers[reader], mask.rest())
    return os.waitstatus_to_exitcode(status)


def _copy(reader: int, target: int, mask: StreamMask) -> bool:
    """Pass on what has come; False at the end, or when nobody reads what is passed on."""
    data = os.read(reader, _CHUNK)
    text = mask.feed(data) if data else mask.rest()
    if not _write(target, text) or not data:
        os.close(reader)
        return False
    return True


def _write(target: int, data: bytes) -> bool:
    try:
        while data:
            try:
                data = data[os.write(target, data) :]
            except BlockingIOError:
                # Whoever started the step shares the place with it, and does not want to wait.
                select.select([], [target], [])
    except OSError:
        return False
    return True


def _end_like(code: int) -> NoReturn:
    """End with the child's exit code, or by the signal that ended it."""
    if code < 0:
        # The child has left whatever core it was to leave.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)
