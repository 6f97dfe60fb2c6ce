"""``kedro azureml execute``: the older name of ``python -m kedro_azureml.step``."""

from __future__ import annotations

import click


@click.command(
    "execute",
    hidden=True,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def execute(arguments: tuple[str, ...]) -> None:
    """Run one step, with the arguments of its command in a compiled job."""
    from kedro_azureml.step.main import main

    raise click.exceptions.Exit(main(list(arguments)))
