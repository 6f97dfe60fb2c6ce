"""A rehearsal from the document to its report."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed
from kedro_azureml.job.dates import dated
from kedro_azureml.job.export import Export
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.registered import registered_outputs
from kedro_azureml.job.run.model import RunStep, now
from kedro_azureml.job.run.progress import NoProgress, RunProgress
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.job.step_commands import storage_of
from kedro_azureml.job.yaml import dump_job
from kedro_azureml.rehearsal.launch.distributed.launcher import DistributedLauncher
from kedro_azureml.rehearsal.launch.distributed.layout import processes_of
from kedro_azureml.rehearsal.launch.distributed.limits import check_machine
from kedro_azureml.rehearsal.launch.foreign import OPTION, LauncherRequest, make_launcher
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Launcher
from kedro_azureml.rehearsal.mlflow.store import store_of
from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.plan.model import Plan, PlannedStep
from kedro_azureml.rehearsal.plan.planner import make_plan
from kedro_azureml.rehearsal.processes.signals import Interrupts
from kedro_azureml.rehearsal.report import RunReport
from kedro_azureml.rehearsal.scheduler import Scheduler
from kedro_azureml.rehearsal.step_run import RunContext
from kedro_azureml.rehearsal.trials.results import tuning_before
from kedro_azureml.rehearsal.workspace.environment import (
    passed_environment,
    python_folder,
    python_path,
    run_environment,
)
from kedro_azureml.rehearsal.workspace.run_folders import (
    allow_deleting,
    delete_tree,
    folder_size,
    make_run_folder,
    runs_folder,
)
from kedro_azureml.rehearsal.workspace.secrets import find_secrets
from kedro_azureml.rehearsal.workspace.staging import RunFolders
from kedro_azureml.rehearsal.workspace.temporary_storage import access_of, check_account
from kedro_azureml.scratch import sweep_scratch_folders
from kedro_azureml.storage.access import is_container

if TYPE_CHECKING:
    from kedro_azureml.rehearsal.launch.fork_server import ForkServer


def rehearse(
    job: PipelineJob,
    base: Path,
    options: RehearsalOptions | None = None,
    *,
    source: str,
    progress: RunProgress | None = None,
    server: ForkServer | None = None,
) -> RunReport:
    """Run a pipeline job on this machine as Azure ML would.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
        options: How to rehearse.
        source: What to call the document in messages and in the report.
        progress: Who is told how it goes.
        server: What to fork the steps from, if it was started while the job was compiled.

    Returns:
        What happened; `RunReport.status` says whether every step completed.

    Raises:
        DiagnosticError: Nothing was run, because the document cannot be rehearsed or the run's
            folder cannot be prepared.
        KeyboardInterrupt: Interrupted before any step was started.
    """
    options = options or RehearsalOptions()
    progress = progress or NoProgress()
    if os.name != "posix":
        raise DiagnosticError(
            Diagnostic(
                "KAZ602",
                "Steps are processes as on Linux, which this operating system cannot run.",
                "Use Linux, macOS or the Windows Subsystem for Linux.",
            )
        )
    _check_options(options)
    sweep_scratch_folders()
    base = base.absolute()
    job = dated(job, now())
    plan = make_plan(job, base, source, options.project, options.max_trials)
    _check_machine(plan, options, source)
    url = storage_of(step.record for step in plan.steps.values())
    is_blob = url is not None and is_container(url)
    connection_string = options.storage.connection_string if options.storage and is_blob else None
    account_notice = check_account(url, connection_string) if url and connection_string else None
    project = (options.project or base).absolute()
    secrets = find_secrets(plan, project)
    root = make_run_folder(
        project,
        plan.name,
        options.runs_home,
        quoted_singly=any(s.record and s.record.is_quoted_singly for s in plan.steps.values()),
    )
    folders = RunFolders(root)
    report = RunReport(
        name=root.name,
        status="Running",
        started=now(),
        folder=root,
        pipeline=plan.name,
        experiment=plan.experiment,
        source=source,
        steps={name: _run_step(step, folders) for name, step in plan.steps.items()},
        assets=tuple(registered_outputs(job)),
        export=Export.in_tags(job.tags),
    )
    with contextlib.ExitStack() as processes, Interrupts() as interrupts:
        try:
            context = _prepare(job, plan, folders, report, options, server, processes, secrets)
        except BaseException:
            # Nothing has run: there is nothing to look at.
            delete_tree(root)
            raise
        progress.began(report)
        if account_notice is not None:
            progress.notice(account_notice)
        for notice in _notices(root, project, plan, options):
            progress.notice(notice)
        try:
            Scheduler(plan, context, report, options, progress, interrupts).run()
        finally:
            with contextlib.ExitStack() as stack:
                # The last one comes first; whatever it raises, the run is saved.
                stack.callback(progress.ended, report)
                stack.callback(report.save)
                stack.callback(_describe_folder, report, root)
                stack.callback(context.store.finish, report)
                stack.callback(context.launcher.close)
    return report


def _describe_folder(report: RunReport, root: Path) -> None:
    allow_deleting(root)
    # Told once, so that later runs need not look through this one.
    report.bytes = folder_size(root)


def _prepare(
    job: PipelineJob,
    plan: Plan,
    folders: RunFolders,
    report: RunReport,
    options: RehearsalOptions,
    server: ForkServer | None,
    processes: contextlib.ExitStack,
    secrets: Mapping[str, str],
) -> RunContext:
    root = folders.root
    try:
        report.save()
        (root / "job.yml").write_text(dump_job(job), encoding="utf-8")
        snapshots = folders.stage_code(plan)
        folders.stage_raw_inputs(plan)
        run_id = options.run_id or root.name.replace(".", "-")
        store = store_of(job, plan, run_id, root)
        store.prepare(report.started or now(), next(iter(snapshots), None))
        stores = storage_of(step.record for step in plan.steps.values())
        access = access_of(stores, options.storage, root) if stores else None
        environment = run_environment(
            run_id, store, options.workspace, python_folder(root)
        ) | passed_environment(options.pass_env)
        launcher = DistributedLauncher(
            make_launcher(options.launcher, LauncherRequest(job, root))
            if options.launcher
            else _launcher(plan, snapshots, options, server, processes)
        )
    except OSError as error:
        raise DiagnosticError(
            Diagnostic(
                "KAZ604",
                f"The run's folder cannot be prepared: {error.strerror or error}.",
                "Free some space there, or prune older runs with '--keep'.",
                where=str(root),
            )
        ) from error
    return RunContext(
        folders=folders,
        snapshots=snapshots,
        environment=environment,
        storage_variables=access.variables() if access else {},
        secrets=secrets,
        store=store,
        launcher=launcher,
    )


def _run_step(step: PlannedStep, folders: RunFolders) -> RunStep:
    log = folders.step(step.name).log
    nodes = step.record.nodes if step.record else ()
    if step.distribution is None:
        tuning = tuning_before(step, folders)
        log = tuning.trials[0].log or log if tuning else log
        return RunStep(step.name, nodes=nodes, log=log, tuning=tuning, combination=step.combination)
    logs = tuple(log.with_name(process.log_name) for process in processes_of(step.distribution))
    return RunStep(step.name, nodes=nodes, log=logs[0], logs=logs, combination=step.combination)


def _check_machine(plan: Plan, options: RehearsalOptions, source: str) -> None:
    path = python_path(Path(sys.executable).parent)
    problems = list(check_machine(plan, options.max_processes, {"PATH": path}, source))
    if problems:
        raise DiagnosticError(problems)


def _launcher(
    plan: Plan,
    snapshots: Mapping[Path, Snapshot],
    options: RehearsalOptions,
    server: ForkServer | None,
    processes: contextlib.ExitStack,
) -> Launcher:
    if options.cold or sys.platform != "linux":
        return CommandLauncher()
    from kedro_azureml.rehearsal.launch.fork_server import ForkLauncher, fork_server

    if _why_not_warm(plan, options):
        # Nothing is imported that the project could have chosen: that serves any code.
        options = replace(options, warm=False)
        fits = server is not None and server.project is None
    else:
        code, snapshot = next(iter(snapshots.items()))
        options = replace(options, project=code)
        fits = server is not None and server.has(code, snapshot)
    if not fits:
        server = processes.enter_context(fork_server(options))
    return CommandLauncher() if server is None else ForkLauncher(server, plan)


def _why_not_warm(plan: Plan, options: RehearsalOptions) -> str | None:
    """Say why steps are not forked from a process that has imported the project; None if so."""
    if not options.warm:
        return "it was not asked for"
    if len({step.code for step in plan.steps.values()} - {None}) != 1:
        return "one process can import one code folder, and the document names none or several"
    if all(step.environment for step in plan.steps.values()):
        return "the document sets variables, which an import that is done already would not see"
    return None


def _check_options(options: RehearsalOptions) -> None:
    if options.warm and sys.platform != "linux":
        message, remedy = "Steps can be forked on Linux only.", "Leave --warm out."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--warm"))
    ways = {"--cold": options.cold, "--warm": options.warm, OPTION: options.launcher}
    chosen = [option for option, is_chosen in ways.items() if is_chosen]
    if len(chosen) > 1:
        message = f"{chosen[0]} and {chosen[1]} both say how steps are started."
        where = chosen[-1]
        raise DiagnosticError(Diagnostic("KAZ107", message, "Leave one of them out.", where=where))


def _notices(root: Path, project: Path, plan: Plan, options: RehearsalOptions) -> Iterable[str]:
    if root.parent != (options.runs_home or runs_folder(project)):
        yield f"This run is kept in {root}: {project} cannot be used for it."
    for name in options.pass_env:
        if name not in os.environ:
            yield f"--pass-env {name}: there is no such variable here."
    for step in plan.steps.values():
        yield from step.tuning.notices if step.tuning else ()
    if not options.warm:
        return
    if reason := _why_not_warm(plan, options):
        yield f"--warm has no effect: {reason}."
    elif own := [name for name, step in plan.steps.items() if step.environment]:
        yield (
            f"--warm has no effect on the steps {listed(own)}: the document sets variables, which "
            "an import that is done already would not see."
        )
