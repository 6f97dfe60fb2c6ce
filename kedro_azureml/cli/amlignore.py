"""Writing the .amlignore of a project, and saying what is in it."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.cli.files import READ_ONLY, replace_file
from kedro_azureml.config.init import amlignore
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import shown


def write_amlignore(layout: amlignore.Layout, force: bool) -> None:
    """Write .amlignore, or keep the one that is there and warn of what it lets through."""
    path = layout.root / amlignore.NAME
    if path.exists() and not force:
        echo(f"Kept {shown(path)} (--force replaces it)")
        _warn_of_gaps(path, layout)
        return
    made = amlignore.make(layout)
    replace_file(path, made.text, READ_ONLY)
    echo(f"Wrote {shown(path)}")
    if made.carried:
        echo(f"  with {len(made.carried)} more patterns from .gitignore")
    for pattern, reason in made.dropped:
        echo(f"  without '{pattern}' from .gitignore: {reason}")


def _warn_of_gaps(path: Path, layout: amlignore.Layout) -> None:
    try:
        gaps = amlignore.unprotected(path.read_text("utf-8-sig", "replace"), layout)
    except OSError:
        return
    if gaps:
        print_diagnostics(
            [
                Diagnostic(
                    "KAZ503",
                    f"It lets files such as {', '.join(gaps)} be uploaded.",
                    "Add them to it, or let init write a complete one with --force.",
                    severity="warning",
                    where=shown(path),
                )
            ]
        )
