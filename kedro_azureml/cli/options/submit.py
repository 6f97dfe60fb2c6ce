"""``kedro azureml run`` without ``--local``: its options, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.create_computes import create_missing
from kedro_azureml.cli.options.workspace import ask_for_key, find_config, subscription_option
from kedro_azureml.console.findings import EXIT_FAILED, EXIT_INTERRUPTED, print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.job.run import Run
    from kedro_azureml.project import Project

_Function = TypeVar("_Function", bound=Callable[..., Any])

SUBMIT_OPTIONS = frozenset(
    {
        "subscription_id",
        "wait_for_completion",
        "follow_logs",
        "on_job_scheduled",
        "experiment_name",
        "display_name",
        "tag",
        "dry_run",
        "allow_credentials",
        "create_compute",
    }
)


def submit_options(function: _Function) -> _Function:
    """Add every option of a submission; `submit` takes them."""
    options = (
        subscription_option,
        click.option(
            "--wait-for-completion",
            is_flag=True,
            help="Wait for the job; the exit code is 0 only if it completes.",
        ),
        click.option(
            "--follow-logs", is_flag=True, help="Wait, and show what the steps print meanwhile."
        ),
        click.option(
            "--on-job-scheduled",
            metavar="MODULE:FUNCTION",
            help="Called with the job once it is submitted.",
        ),
        click.option("--experiment-name", help="Experiment of the job."),
        click.option("--display-name", help="What Azure ML Studio calls the job."),
        click.option("--tag", multiple=True, metavar="K=V", help="Tag of the job."),
        click.option(
            "--dry-run",
            is_flag=True,
            help="Check everything, print the document and what would be uploaded, submit nothing.",
        ),
        click.option(
            "--allow-credentials",
            is_flag=True,
            help="Upload files that look like credentials with the code.",
        ),
        click.option(
            "--create-compute",
            is_flag=True,
            help="Create computes that do not exist as azureml.yml says, and wait for them.",
        ),
    )
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def submit(
    project: Project, file: Path | None, compile_options: dict[str, Any], **options: Any
) -> None:
    """Submit a job, and wait for it if asked to.

    Args:
        project: The Kedro project.
        file: A compiled document, instead of compiling the project.
        compile_options: The options of `kedro_azureml.cli.options.compile.compile_options`.
        options: The options of `submit_options`, by their click names.
    """
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    tags = _tags(options["tag"])
    job, base, config, target = _what_and_where(
        project, file, compile_options, options["subscription_id"]
    )
    job = _overridden(job, options, tags)
    name = options["on_job_scheduled"]
    from kedro_azureml.azure.submit.callback import call_function, find_function

    function = find_function(name) if name else None
    variables = {} if options["dry_run"] else _storage_variables(job, config)
    try:
        connection, submitted = submit_job(
            job, base, config, target, storage_variables=variables, **options
        )
    except KeyboardInterrupt:
        # Had the job's own request begun, a finding would say so.
        click.echo("\nNo job was submitted.", err=True)
        raise
    if submitted is None:
        return
    if function is None:
        click.echo(f"Studio: {submitted.studio_url}")
    problem: DiagnosticError | None = None
    if function is not None:
        try:
            call_function(function, name, submitted)
        except DiagnosticError as error:
            problem = error
            print_diagnostics(error.diagnostics)
    if options["wait_for_completion"] or options["follow_logs"]:
        wait(connection, submitted.name, follow_logs=options["follow_logs"])
    else:
        click.echo(f"Watch it: kedro azureml job watch {submitted.name}")
    if problem is not None:
        raise click.exceptions.Exit(EXIT_FAILED)


def wait(connection: Connection, name: str, *, follow_logs: bool) -> None:
    """Watch a job to its end; exit with 0 only if it completed."""
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.jobs.watch import watch
    from kedro_azureml.console.run_display import make_display

    try:
        with make_display() as display, quiet():
            job = watch(connection, name, display, follow_logs=follow_logs)
    except KeyboardInterrupt:
        click.echo(
            f"\nThe job goes on.\n  watch it again: kedro azureml job watch {name}\n"
            f"  cancel it:      kedro azureml job cancel {name}",
            err=True,
        )
        raise click.exceptions.Exit(EXIT_INTERRUPTED) from None
    except DiagnosticError as error:
        print_diagnostics(error.diagnostics)
        if all(d.code != "KAZ710" for d in error.diagnostics):
            click.echo(f"The job goes on. Watch it again: kedro azureml job watch {name}", err=True)
        raise click.exceptions.Exit(EXIT_FAILED) from None
    end(connection, job)


def end(connection: Connection, job: Run) -> None:
    """Say how a job ended, and exit with 0 only if it completed."""
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.jobs.outcome import outcome

    with quiet():
        lines, problems = outcome(connection, job)
    for line in lines:
        click.echo(line)
    if problems:
        print_diagnostics(problems)
        raise click.exceptions.Exit(EXIT_FAILED)


def _what_and_where(
    project: Project, file: Path | None, compile_options: dict[str, Any], option: str | None
) -> tuple[PipelineJob, Path, AzureMLConfig, Target]:
    """The document, the folder that its paths are relative to, azureml.yml and the workspace."""
    from kedro_azureml.cli.options.compile import request_from_options

    request = request_from_options(project, project.path, **compile_options)
    if file is not None:
        from kedro_azureml.job.yaml import load_job

        job, base = load_job(file), file.absolute().parent
    else:
        from kedro_azureml.compiler import compile_project

        compilation = compile_project(request, project)
        # The submission looks for credentials itself, in files compiled before as well.
        print_diagnostics(d for d in compilation.diagnostics if d.code != "KAZ503")
        job, base = compilation.job, project.path
    return job, base, *find_config(project, request.params, option)


def _storage_variables(job: PipelineJob, config: AzureMLConfig) -> Mapping[str, str]:
    """What leads the job's steps to temporary storage; a person may be asked for a key."""
    from kedro_azureml.azure.submit.storage_access import grant
    from kedro_azureml.config.models.azureml import TemporaryStorageConfig
    from kedro_azureml.job.step_record import storage_of

    url = storage_of(job.step_records().values())
    if url is None:
        return {}
    given = grant(url, config.azure.temporary_storage or TemporaryStorageConfig(), ask_for_key())
    for note in given.notes:
        click.echo(note, err=True)
    return given.variables


def submit_job(
    job: PipelineJob,
    base: Path,
    config: AzureMLConfig,
    target: Target,
    *,
    allow_credentials: bool = False,
    create_compute: bool = False,
    dry_run: bool = False,
    storage_variables: Mapping[str, str] = MappingProxyType({}),
    **_: Any,
) -> tuple[Connection, Any]:
    """Check, upload, register, submit; Azure ML's description of the job, None for a dry run."""
    from concurrent.futures import ThreadPoolExecutor

    from kedro_azureml.azure.computes import wanted_of
    from kedro_azureml.azure.connect.client import connect
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.progress import Shown
    from kedro_azureml.azure.submit.credential_check import check_credentials
    from kedro_azureml.azure.submit.preflight import check_references
    from kedro_azureml.azure.submit.registration import (
        Submission,
        new_job_name,
        read_components,
        resolve,
    )
    from kedro_azureml.azure.submit.registration import submit as make_job
    from kedro_azureml.azure.submit.uploads import find_uploads

    uploads = find_uploads(job, base)
    findings = list(check_credentials(uploads, allowed=allow_credentials))
    if any(d.severity == "error" for d in findings):
        raise DiagnosticError(findings)
    print_diagnostics(findings)
    for line in uploads.describe():
        click.echo(line, err=True)
    with Shown() as progress, quiet(), ThreadPoolExecutor(1) as pool:
        progress.doing("Checking the workspace")
        connection = connect(target)
        checking = pool.submit(check_references, connection, job, wanted_of(config))
        try:
            # The SDK takes its time to read the document, and the network its own.
            components = read_components(job, base)
            found = checking.result()
            resolved = resolve(job, found)
        except BaseException:
            connection.transport.abandon()
            raise
    print_diagnostics(found.warnings)
    if dry_run:
        from kedro_azureml.job.yaml import dump_job

        for item in found.missing:
            click.echo(f"Does not exist yet: {item}.", err=True)
        click.echo("Nothing was submitted. The document:\n", err=True)
        click.echo(dump_job(resolved), nl=False)
        return connection, None
    if found.missing:
        create_missing(connection, found.missing, allowed=create_compute)
    with Shown() as progress, quiet():
        name = new_job_name(resolved)
        order = Submission(name, resolved, base, uploads, components, storage_variables)
        made = make_job(connection, order, progress)
    click.echo(f"Submitted {made.name}")
    return connection, made


def _overridden(job: PipelineJob, options: dict[str, Any], tags: dict[str, str]) -> PipelineJob:
    changes: dict[str, Any] = {}
    if options["experiment_name"]:
        from kedro_azureml.config.models.values import BadValueError, experiment_name

        try:
            changes["experiment_name"] = experiment_name(options["experiment_name"])
        except BadValueError as error:
            raise DiagnosticError(
                Diagnostic("KAZ107", error.message, error.remedy, where="--experiment-name")
            ) from None
    if options["display_name"]:
        changes["display_name"] = options["display_name"]
    if tags:
        changes["tags"] = {**job.tags, **tags}
    return job.model_copy(update=changes)


def _tags(items: tuple[str, ...]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for item in items:
        key, found, value = item.partition("=")
        if not found or not key.strip():
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"'{item}' is not of the form NAME=VALUE.",
                    "Write --tag NAME=VALUE.",
                    where="--tag",
                )
            )
        tags[key.strip()] = value
    return tags
