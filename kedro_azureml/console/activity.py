"""What a command is doing while it has nothing else to show."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

# Off a terminal a line is worth it only where somebody would begin to wonder, in seconds.
_LONG = 10.0


@contextmanager
def activity(text: str) -> Iterator[None]:
    """Show what is done in the ``with`` block on the standard error.

    On a terminal that is a spinner, gone at the end; elsewhere it is a line, if it takes long.
    """
    if sys.stderr.isatty():
        # Kedro imports every command to show its help: not with what only a terminal needs.
        from rich.spinner import Spinner

        from kedro_azureml.console.terminal import make_console, spinning

        with spinning(make_console(sys.stderr), Spinner("dots", text=text)):
            yield
        return
    reminder = threading.Timer(_LONG, click.echo, (f"{text} ...",), {"err": True})
    reminder.daemon = True
    reminder.start()
    try:
        yield
    finally:
        reminder.cancel()
