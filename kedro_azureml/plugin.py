"""What Kedro loads at start-up: the lazy command group and the starters.

Kedro imports this module for every ``kedro`` command, so it imports click and nothing else. A
subcommand's module is imported when that subcommand is used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from kedro.framework.cli.starters import KedroStarterSpec

    starters: list[KedroStarterSpec]


class LazyCommand(NamedTuple):
    """Where a subcommand lives and what the group's help says of it."""

    module: str
    attribute: str
    short_help: str
    hidden: bool = False


SUBCOMMANDS: dict[str, LazyCommand] = {
    "init": LazyCommand(
        "kedro_azureml.cli.commands.init",
        "init",
        "Write azureml.yml and .amlignore for this project.",
    ),
    "compile": LazyCommand(
        "kedro_azureml.cli.commands.compile",
        "compile_",
        "Write a pipeline as an Azure ML pipeline job.",
    ),
    "plan": LazyCommand(
        "kedro_azureml.cli.commands.plan",
        "plan",
        "Show a pipeline job as a picture, before it runs.",
    ),
    "run": LazyCommand(
        "kedro_azureml.cli.commands.run.command", "run", "Run a pipeline as an Azure ML job."
    ),
    "job": LazyCommand(
        "kedro_azureml.cli.commands.job.group",
        "job",
        "Look at jobs on Azure ML, and fetch what they made.",
    ),
    "deploy": LazyCommand(
        "kedro_azureml.cli.commands.deploy.command",
        "deploy",
        "Make schedules and endpoints what azureml.yml says.",
    ),
    "schedule": LazyCommand(
        "kedro_azureml.cli.commands.schedule.group",
        "schedule",
        "Look at schedules, stop and start them.",
    ),
    "endpoint": LazyCommand(
        "kedro_azureml.cli.commands.endpoint.group",
        "endpoint",
        "Look at batch endpoints, and start their jobs.",
    ),
    "data": LazyCommand(
        "kedro_azureml.cli.commands.data.group",
        "data",
        "Fetch the data assets that the catalog names.",
    ),
    "compute": LazyCommand(
        "kedro_azureml.cli.commands.compute.group",
        "compute",
        "Create and look at the computes of azureml.yml.",
    ),
    "environment": LazyCommand(
        "kedro_azureml.cli.commands.environment",
        "environment",
        "Build the environments of azureml.yml.",
    ),
    "storage": LazyCommand(
        "kedro_azureml.cli.commands.storage.group",
        "storage",
        "See and remove what runs left in storage.",
    ),
    "secrets": LazyCommand(
        "kedro_azureml.cli.commands.secrets.group",
        "secrets",
        "Keep the steps' secrets in a key vault.",
    ),
    "explain": LazyCommand(
        "kedro_azureml.cli.commands.explain", "explain", "Explain a code such as KAZ508, offline."
    ),
    "execute": LazyCommand(
        "kedro_azureml.cli.commands.execute", "execute", "Run one step.", hidden=True
    ),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand only to run it or to show that subcommand's own help."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Begin the command: what it prints now is its own."""
        from kedro_azureml import standard_output

        standard_output.restore()
        return super().make_context(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the subcommands in the order in which a project needs them."""
        return [*SUBCOMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand, or None for an unknown name."""
        if cmd_name not in SUBCOMMANDS:
            return super().get_command(ctx, cmd_name)
        lazy = SUBCOMMANDS[cmd_name]
        command = getattr(import_module(lazy.module), lazy.attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - a wrong table, not a user's input
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands from the table, importing none of them."""
        rows = [(name, lazy.short_help) for name, lazy in SUBCOMMANDS.items() if not lazy.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; for an unknown name, say which one may be meant."""
        if args and args[0] not in SUBCOMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            visible = [name for name, lazy in SUBCOMMANDS.items() if not lazy.hidden]
            close = get_close_matches(args[0], visible, n=1, cutoff=0.5)
            hint = f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(visible)}."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(name="AzureML")
def commands() -> None:
    """Commands that Kedro adds to those of every project."""


# Kedro joins the help of every plugin's group into its own: ours has nothing to add there.
commands.help = None


@commands.group(
    name="azureml",
    cls=LazyGroup,
    short_help="Run this project on Azure Machine Learning.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-e",
    "--env",
    help="Kedro configuration environment. May also follow the subcommand.",
)
def azureml_group(env: str | None) -> None:
    """Run this project on Azure Machine Learning, or rehearse the same job here."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


def _starters_folder() -> Path:
    """Return the starters' folder: in an installed wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    shipped = package / "_starters"
    return shipped if shipped.is_dir() else package.parent / "starters"


def _starter_specs() -> list[KedroStarterSpec]:
    from kedro.framework.cli.starters import KedroStarterSpec

    name = "azureml-spaceflights"
    folder = str(_starters_folder())
    return [KedroStarterSpec(alias=name, template_path=folder, directory=name)]


def __getattr__(name: str) -> Any:
    """Build ``starters`` when Kedro asks for it: its specification class costs an import."""
    if name == "starters":
        return _starter_specs()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
