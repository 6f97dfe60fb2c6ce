"""How findings look: a code and a place, one sentence of cause and one of remedy."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator

import click

from kedro_azureml.console.text import plain_width
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import lines_in, one_line

_WIDEST = 100
# Where a command's click context keeps the codes that it printed.
_CODES_SHOWN = f"{__name__}.codes"
_COLOURS = {"error": "red", "warning": "yellow"}


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print findings to the standard error, and how many they are if there are several.

    The command's last line then says how to read more about them.
    """
    findings = list(diagnostics)
    if not findings:
        return
    show = _show_on_terminal if sys.stderr.isatty() else _show_plain
    for diagnostic in findings:
        show(diagnostic)
    if len(findings) > 1:
        errors = sum(d.severity == "error" for d in findings)
        counts = ((errors, "error"), (len(findings) - errors, "warning"))
        summary = ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n)
        click.echo(summary, err=True)
    _name_pages(findings)


def _name_pages(diagnostics: Iterable[Diagnostic]) -> None:
    """Have one line say, when the command ends, where the printed codes are explained."""
    context = click.get_current_context(silent=True)
    if context is None:
        return
    if _CODES_SHOWN not in context.meta:
        shown: set[str] = context.meta.setdefault(_CODES_SHOWN, set())
        context.call_on_close(
            lambda: click.echo(f"More: kedro azureml explain {' '.join(sorted(shown))}", err=True)
        )
    context.meta[_CODES_SHOWN].update(d.code for d in diagnostics)


def lines_of(diagnostic: Diagnostic, width: int) -> tuple[str, list[str]]:
    """Return the heading without its severity, and the wrapped lines below it."""
    where = f"  {one_line(diagnostic.where)}" if diagnostic.where else ""
    log = [f"  {one_line(line)}".rstrip() for line in diagnostic.log]
    body = [*_wrapped(diagnostic.message, width), *log, *_wrapped(diagnostic.remedy, width)]
    return f"{diagnostic.code}{where}", body


def _wrapped(text: str, width: int) -> Iterator[str]:
    for paragraph in lines_in(text):
        yield from textwrap.wrap(
            paragraph,
            width,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,  # a path or a command stays in one piece
            break_on_hyphens=False,
        )


def _show_plain(diagnostic: Diagnostic) -> None:
    heading, body = lines_of(diagnostic, min(plain_width(), _WIDEST))
    click.echo("\n".join([f"{diagnostic.severity} {heading}", *body]), err=True)


def _show_on_terminal(diagnostic: Diagnostic) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    heading, body = lines_of(diagnostic, max(20, min(console.width, _WIDEST)))
    colour = _COLOURS[diagnostic.severity]
    text = Text.assemble((diagnostic.severity, f"bold {colour}"), " ", (heading, "bold"))
    console.print(Text("\n").join([text, *map(Text, body)]), soft_wrap=True)
