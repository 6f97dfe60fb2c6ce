"""One step, from its command line to its manifests.

The order matters: everything that needs no data happens first, so that the rehearsal may start
the process early and let it wait.
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib.resources import files
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeGuard

from kedro_azureml.distributed.ranks import ProcessRank, this_process
from kedro_azureml.job.step_record import ArgumentError, StepRecord
from kedro_azureml.process_exit import freeze, write_what_is_open
from kedro_azureml.secrets.step_secrets import NAMES_VARIABLE
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.parameters import with_parameters
from kedro_azureml.step.process import fork
from kedro_azureml.step.process.fork import catch_up_on_libraries
from kedro_azureml.step.process.start import starts_early, wait_for_start

if TYPE_CHECKING:
    from kedro_azureml.step.export import PreparedExport
    from kedro_azureml.step.session.session import PreparedStep
    from kedro_azureml.step.sweep import PreparedSummary

_USAGE_ERROR = 2
_INTERRUPTED = 130
# What the system keeps of an exit code.
_OF_THE_CODE = 0xFF
# A node may close the log or fill its disk: the record of its failure is another file.
_NOBODY_READS = (OSError, ValueError, AttributeError)
_TELEMETRY = "kedro_telemetry.plugin"


def main(argv: list[str]) -> int:
    """Run the step that the arguments describe, in the current directory.

    Returns:
        The exit code: 0, 1 when the step failed, 2 when its command line is wrong. One process
        among several that failed does not return: it ends at once.
    """
    _print_lines_at_once()
    try:
        record = StepRecord.from_arguments(argv)
    except ArgumentError as error:
        _failed(StepError(str(error)), (), Path.cwd())
        return _USAGE_ERROR
    code = run(record)
    if code and _is_one_of_several():
        # At its exit Python would let MPI, and others, wait for processes that wait for this one.
        logging.shutdown()
        write_what_is_open()
        os._exit(code)
    return code


def _print_lines_at_once() -> None:
    """Write each line to the log when it is printed: somebody may follow the log of a long step."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


def _is_one_of_several() -> bool:
    try:
        return this_process() != ProcessRank()
    except RuntimeError:
        return False


def run(record: StepRecord) -> int:
    """Run one step; see `main`."""
    # A node may change the working directory.
    project = Path.cwd()
    # Collecting garbage while hundreds of modules are imported makes a light step 11 % longer.
    gc.disable()
    try:
        if NAMES_VARIABLE in os.environ:
            from kedro_azureml.step.secrets import take_secrets

            take_secrets(os.environ)
        prepared = _prepare(with_parameters(record), project)
        catch_up_on_libraries()
        # What is imported by now is no garbage, and is not looked through again.
        freeze()
        gc.enable()
        if not wait_for_start():
            return 0
        prepared.run()
    except BaseException as error:
        return _failed(error, record.nodes, project)
    return 0


def _failed(error: BaseException, nodes: Sequence[str], project: Path) -> int:
    """Say in the log what ended the step, and leave its record; return the exit code."""
    from kedro_azureml.job.secrets.redaction import redact
    from kedro_azureml.secrets.masking import masked
    from kedro_azureml.step.failure import failure_of, in_one_line, keep, what_failed

    if isinstance(error, StepError):
        keep(failure_of(error, nodes, project), project, os.environ)
        _say(str(error))
        return 1
    if not _is_storage_failure(error):
        with contextlib.suppress(*_NOBODY_READS):
            traceback.print_exc()
    subject = what_failed(error, nodes)
    if isinstance(error, KeyboardInterrupt):
        _say(f"{subject} interrupted: KeyboardInterrupt")
        return _INTERRUPTED
    failure = failure_of(error, nodes, project)
    keep(failure, project, os.environ)
    # Masked while it is whole: no log can tell half a secret.
    reason = in_one_line(masked(f"{failure.type}: {failure.message}"))
    _say(redact(f"{subject} failed: {reason}"))
    # A node that calls sys.exit(0) has not done its work either.
    if isinstance(error, SystemExit) and isinstance(error.code, int) and error.code & _OF_THE_CODE:
        return error.code
    return 1


def _is_storage_failure(error: BaseException) -> bool:
    """Tell whether temporary storage failed, which its message explains better than a traceback."""
    module = sys.modules.get("kedro_azureml.storage.errors")
    if module is None:
        return False
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, module.StorageError):
        cause = cause.__cause__
    return cause is not None


def _say(message: str) -> None:
    """Write the last line of the log, which says what went wrong."""
    with contextlib.suppress(*_NOBODY_READS):
        sys.stdout.flush()
    with contextlib.suppress(*_NOBODY_READS):
        sys.stderr.write(f"\nkedro-azureml: {message}\n")
        sys.stderr.flush()


def _prepare(
    record: StepRecord, project_path: Path
) -> PreparedStep | PreparedExport | PreparedSummary:
    if record.export is not None:
        from kedro_azureml.step.export import PreparedExport

        return PreparedExport(record)
    if record.summary is not None:
        from kedro_azureml.step.sweep import PreparedSummary

        return PreparedSummary(record)
    if not (project_path / "pyproject.toml").is_file():
        raise StepError(
            f"{project_path} is not a Kedro project (no pyproject.toml). With code in the image, "
            "set azure.working_directory to the project's folder."
        )
    leave_telemetry_out()
    configure_logging(project_path)
    _name_what_runs_modules()
    # Kedro 1.7 with OmegaConf 2.4 warns of its own use of a deprecated name, six times a step.
    warnings.filterwarnings("ignore", "register_new_resolver", module=r"kedro\.config")
    # Kedro reads the logging configuration when it is imported, so it is imported here.
    from kedro_azureml.datasets.stored import take_access

    take_access()
    from kedro_azureml.step.session.session import PreparedStep

    early = starts_early() and not fork.has_libraries
    return PreparedStep.load(record, project_path, early=early)


def leave_telemetry_out() -> None:
    """Keep kedro-telemetry from reporting every step, and from costing a tenth of a light one.

    Kedro loads it, and with it `requests`, through an entry point that no setting can skip; with
    DO_NOT_TRACK it then does nothing.
    """
    if "DO_NOT_TRACK" not in os.environ:
        os.environ["DO_NOT_TRACK"] = "1"
    silent = ModuleType(_TELEMETRY)
    silent.__dict__["telemetry_hook"] = object()
    sys.modules.setdefault(_TELEMETRY, silent)


def configure_logging(project_path: Path) -> None:
    """Let Kedro log as the project or the user chose, and otherwise plain lines.

    Kedro reads the choice when it is imported, which happened elsewhere for a fork: then it is read
    here. Kedro's default draws 80-column tables when there is no terminal.
    """
    source = project_path / "src"
    if os.environ.get("KEDRO_LOGGING_MODULE_ALLOWLIST") and source.is_dir():
        # Kedro imports the project's logging classes before it knows where the project's code is.
        sys.path.insert(0, str(source))
    if not _has_own_logging(project_path):
        os.environ["KEDRO_LOGGING_CONFIG"] = str(files(__package__) / "logging.yml")
    framework: Any = sys.modules.get("kedro.framework.project")
    if framework is None or framework.PACKAGE_NAME is not None:
        return
    loggers = [each for each in logging.root.manager.loggerDict.values() if _is_enabled(each)]
    framework.LOGGING = type(framework.LOGGING)()
    for logger in loggers:
        # A step that is not forked has most of them later, out of reach of the configuration.
        logger.disabled = False


def _name_what_runs_modules() -> None:
    """Spare Python a look at every module whenever somebody asks for the stack.

    Kedro's settings do, four times, and each time Python looks in vain for the module of the frames
    at its bottom, those of ``python -m``, which have no file: a fork spends 30 ms on that.
    """
    known: dict[str, str] = getattr(inspect, "modulesbyfile", {})
    known[str(Path.cwd() / "<frozen runpy>")] = "runpy"


def _is_enabled(entry: object) -> TypeGuard[logging.Logger]:
    return isinstance(entry, logging.Logger) and not entry.disabled


def _has_own_logging(project_path: Path) -> bool:
    """Tell whether the project or the user says how Kedro logs."""
    conf = project_path / "conf"
    own = any((conf / f"logging.{suffix}").is_file() for suffix in ("yml", "yaml", "json"))
    return own or "KEDRO_LOGGING_CONFIG" in os.environ
