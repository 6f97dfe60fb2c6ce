"""What ``kedro azureml init`` is told: on the command line, or on a terminal when asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

import click

from kedro_azureml.cli.options.env import target_env_option
from kedro_azureml.config.init.template import InitialValues
from kedro_azureml.config.models import values
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Question:
    """One value: its name, what it is called in a prompt, and what it may be."""

    name: str
    label: str
    check: Callable[[str], str]

    @property
    def option(self) -> str:
        """The option that gives the value."""
        return f"--{self.name.replace('_', '-')}"


QUESTIONS = {
    question.name: question
    for question in (
        Question("resource_group", "Resource group", values.resource_group),
        Question("workspace_name", "Azure ML workspace", values.workspace_name),
        Question("experiment_name", "Experiment", values.experiment_name),
        Question("cluster_name", "Compute cluster, or serverless", values.cluster_name),
        Question("storage_account_name", "Storage account", values.storage_account_name),
        Question("storage_container", "Storage container", values.storage_container),
        Question("environment_name", "Azure ML environment", values.environment_name),
        Question("subscription_id", "Subscription id", values.subscription_id),
        Question("docker_image", "Docker image", values.docker_image),
    )
}
# The order of the older quickstart.
POSITIONALS = tuple(QUESTIONS)[:7]
_STORAGE = ("storage_account_name", "storage_container")


def init_options(function: _Function) -> _Function:
    """Add the arguments and every option of ``init``; `collect` reads the values."""
    options = (
        click.argument(
            "arguments", nargs=-1, metavar=" ".join(f"[{n.upper()}]" for n in POSITIONALS)
        ),
        click.option("-s", "--subscription-id", help="Azure subscription."),
        click.option("--resource-group", help="Resource group of the workspace."),
        click.option("--workspace-name", help="Azure ML workspace."),
        click.option("--experiment-name", help="Experiment.  [default: the project's name]"),
        click.option("--cluster-name", help="Compute cluster of the steps, or 'serverless'."),
        click.option(
            "-a",
            "--storage-account-name",
            help="Storage account for temporary data.  [default: none, steps pass data as outputs "
            "of the job]",
        ),
        click.option("-c", "--storage-container", help="Container in that account."),
        click.option(
            "--environment-name",
            "--azureml-environment",
            "--aml-env",
            help="Azure ML environment of the steps: NAME@latest, NAME:VERSION or NAME.  "
            "[default: built from the project's requirements.txt]",
        ),
        click.option(
            "-d", "--docker-image", help="Image that holds the code, instead of an environment."
        ),
        click.option(
            "--use-pipeline-data-passing",
            is_flag=True,
            help="Pass data between steps as outputs of the job, which is so without a storage "
            "account too.",
        ),
        target_env_option,
        click.option(
            "--force", is_flag=True, help="Replace azureml.yml and .amlignore if they exist."
        ),
    )
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def collect(
    positionals: Sequence[str],
    options: Mapping[str, str | None],
    *,
    use_pipeline_data_passing: bool,
    project_name: str,
    requirements: str | None,
    interactive: bool,
) -> InitialValues:
    """Put the values together, asking for what is missing if there is someone to ask.

    Args:
        positionals: The arguments, in the order of `POSITIONALS`; kedro-azureml 1.0's form, with
            the subscription id in front, is understood too.
        options: The values given as options, by name.
        use_pipeline_data_passing: Whether no storage is needed.
        project_name: What the experiment is called unless told otherwise.
        requirements: The project's requirements file, which makes an environment if none is named.
        interactive: Whether to ask.

    Raises:
        DiagnosticError: KAZ107 for every value that cannot be, or else KAZ108 for those missing.
    """
    problems: list[Diagnostic] = []
    entries = _merge(_by_name(positionals, problems), options, problems)
    for name, value in entries.items():
        try:
            entries[name] = QUESTIONS[name].check(value)
        except values.BadValueError as error:
            problems.append(_bad(QUESTIONS[name].option, error.message, error.remedy))
    if "docker_image" in entries and "environment_name" in entries:
        problems.append(
            _bad(
                "--docker-image",
                "An image and an Azure ML environment are both given.",
                "Give one: the steps run in it.",
            )
        )
    if problems:
        raise DiagnosticError(problems)
    missing = _missing(entries)
    if missing and not interactive:
        raise DiagnosticError(_missing_values(missing))
    if missing:
        without_storage = use_pipeline_data_passing and not _names_storage(entries)
        _ask(entries, _experiment(project_name), requirements, without_storage=without_storage)
    entries.setdefault("experiment_name", _experiment(project_name))
    return InitialValues(
        **entries,
        requirements=requirements,
        use_pipeline_data_passing=use_pipeline_data_passing or _STORAGE[0] not in entries,
    )


def _by_name(positionals: Sequence[str], problems: list[Diagnostic]) -> dict[str, str]:
    names = POSITIONALS
    # kedro-azureml 1.0 took SUBSCRIPTION_ID first. Seven arguments are the quickstart's seven.
    if positionals and values.is_guid(positionals[0]) and len(positionals) != len(POSITIONALS):
        names = ("subscription_id", *POSITIONALS)
    if len(positionals) > len(names):
        extra = ", ".join(map(values.shown, positionals[len(names) :]))
        message = f"There are more than {len(names)} arguments: {extra}."
        problems.append(_bad("init", message, "See 'kedro azureml init --help'."))
    return dict(zip(names, positionals, strict=False))


def _merge(
    arguments: Mapping[str, str], options: Mapping[str, str | None], problems: list[Diagnostic]
) -> dict[str, str]:
    """Return the values in the order of the questions; an empty text counts as missing."""
    entries: dict[str, str] = {}
    for name, question in QUESTIONS.items():
        argument, option = arguments.get(name), options.get(name)
        if argument and option and argument != option:
            problems.append(
                _bad(
                    question.option,
                    f"{name.upper()} is given twice: {values.shown(argument)} as an argument and "
                    f"{values.shown(option)} as an option.",
                    "Give it once.",
                )
            )
        elif value := argument or option:
            entries[name] = value
    return entries


def _names_storage(entries: Mapping[str, str]) -> bool:
    return any(name in entries for name in _STORAGE)


def _missing(entries: Mapping[str, str]) -> list[Question]:
    """Return what nothing stands for: an account without a container is half a storage."""
    needed = {"resource_group", "workspace_name", "cluster_name"}
    if _names_storage(entries):
        needed |= set(_STORAGE)
    return [question for name, question in QUESTIONS.items() if name in needed - set(entries)]


def _missing_values(missing: Sequence[Question]) -> Diagnostic:
    named = ", ".join(f"{question.name.upper()} ({question.option})" for question in missing)
    remedy = "Give them as arguments or options; on a terminal, init asks for them."
    return Diagnostic("KAZ108", f"Missing: {named}.", remedy)


def _ask(
    entries: dict[str, str], experiment: str, requirements: str | None, *, without_storage: bool
) -> None:
    """Ask for everything that is not given, also for what may stay open."""
    click.echo("Each name as Azure has it; Ctrl-C leaves everything as it is.")
    built = f"built from {requirements}" if requirements else "none yet"
    hints = {
        "subscription_id": (" (empty: from -s or AZURE_SUBSCRIPTION_ID)", ""),
        "experiment_name": ("", experiment),
        "environment_name": (f" (empty: {built})", ""),
    }
    if not _names_storage(entries):
        hint = " (empty: none, steps pass data as outputs of the job)"
        hints["storage_account_name"] = (hint, "")
    skipped = set(_STORAGE) if without_storage else set()
    if "docker_image" in entries:
        skipped.add("environment_name")
    for name in ("subscription_id", *POSITIONALS):
        if name in entries or name in skipped:
            continue
        answer = _prompt(QUESTIONS[name], *hints.get(name, ("", None)))
        if answer:
            entries[name] = answer
        elif name == "storage_account_name":
            skipped.add("storage_container")


def _prompt(question: Question, hint: str, default: str | None) -> str:
    def checked(text: str) -> str:
        if default == "" and not text.strip():
            return ""
        try:
            return question.check(text)
        except values.BadValueError as error:
            raise click.UsageError(str(error)) from None  # click says it and asks again

    answer = click.prompt(
        f"{question.label}{hint}", default=default, value_proc=checked, show_default=bool(default)
    )
    return str(answer)


def _experiment(project_name: str) -> str:
    """Return the project's name in the characters that an experiment may have."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", project_name).strip("-_")
    return plain[: values.MAX_EXPERIMENT_NAME] or "kedro"


def _bad(where: str, message: str, remedy: str) -> Diagnostic:
    return Diagnostic("KAZ107", message, remedy, where=where)
