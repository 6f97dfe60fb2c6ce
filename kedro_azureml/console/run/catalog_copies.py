"""What is said of outputs that were copied into the catalog."""

from __future__ import annotations

import click

from kedro_azureml.console.text import echo
from kedro_azureml.formatting import count, shown
from kedro_azureml.rehearsal.catalog_outputs import Copied


def print_copies(copied: Copied) -> None:
    """Print which files were written, which were left out, and which were kept elsewhere."""
    if copied.written:
        click.echo(f"\nCopied {count(len(copied.written), 'file')} into the catalog:")
        for path in copied.written:
            echo(f"  {shown(path)}")
    elif not copied.left_out:
        click.echo("\nThere is nothing to copy: no dataset of the run has a path in the project.")
    for name, why in copied.left_out:
        echo(f"Not copied: {name}: {why}.")
    for path, old in copied.kept:
        echo(f"{shown(path)} was not written by kedro-azureml: it is kept as {shown(old)}.")
