"""How every command ends: no traceback for a user's mistake, and a defect of ours told as one."""

from __future__ import annotations

import errno
import functools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ParamSpec, TypeVar

import click

from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.process_exit import freeze, write_what_is_open_at_exit
from kedro_azureml.standard_output import open_what_is_closed

EXIT_FAILED = 1
EXIT_DRIFT = 2  # what is there is not what a file says
EXIT_INTERRUPTED = 130  # 128 + SIGINT, what a shell reports

_P = ParamSpec("_P")
_R = TypeVar("_R")


def friendly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Show what a command raises as findings and exit 1; end quietly (130) on Ctrl-C."""

    @functools.wraps(function)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        # Once more: while Python started, it had a file of its own open there.
        open_what_is_closed()
        # What Kedro has imported is no garbage, and is not looked through again.
        freeze()
        write_what_is_open_at_exit()
        try:
            with _ended_like_ctrl_c():
                return function(*args, **kwargs)
        except DiagnosticError as error:
            print_diagnostics(error.diagnostics)
            _show_traceback(error)
            # What Ctrl-C left behind is a finding too.
            code = EXIT_INTERRUPTED if _is_of_an_interrupt(error) else EXIT_FAILED
            raise click.exceptions.Exit(code) from None
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nInterrupted.", err=True)
            raise click.exceptions.Exit(EXIT_INTERRUPTED) from None
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                # Whoever reads the output has gone: click ends quietly.
                raise
            from kedro_azureml.defects import defect

            print_diagnostics([_no_space(error) or defect(error)])
            _show_traceback(error)
            raise click.exceptions.Exit(EXIT_FAILED) from None

    return wrapper


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Let the signals with which other programs end this one leave as little as Ctrl-C does.

    CI sends SIGTERM, and a terminal that is closed SIGHUP. One that is ignored, as under nohup,
    stays ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        # The next one is not to end the tidying up.
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    taken: list[int] = []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, interrupt)
                taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _no_space(error: Exception) -> Diagnostic | None:
    """Say that a disk is full, that of the output perhaps, which is no defect of ours."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    what = repr(str(error.filename)) if error.filename else "what this command prints or keeps"
    return Diagnostic("KAZ604", f"There is no space left for {what}.", "Free some space.")


def _show_traceback(error: BaseException) -> None:
    """Show whoever debugs everything that led to the message."""
    from kedro_azureml.defects import full_traceback, is_debugging

    if is_debugging():
        from kedro_azureml.secrets.masking import masked

        click.echo(f"\n{masked(full_traceback(error))}", err=True)


def _is_of_an_interrupt(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
