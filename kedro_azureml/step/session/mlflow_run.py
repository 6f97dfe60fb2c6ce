"""The MLflow run that Azure ML, or a rehearsal, has made for a step.

Where a run is active before Kedro's session is made, kedro-mlflow logs into that one, and another
experiment in its configuration does no harm. So a step joins its run first if kedro-mlflow is
installed, which imports MLflow in any case. Otherwise MLflow is left alone: a node that uses it,
with ``mlflow.start_run()`` or without, gets the step's run from ``MLFLOW_RUN_ID``, and a step whose
nodes do not use it never imports it. What is left to do is done at the end.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings

from kedro_azureml.datasets.recalled import keep_address
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.tags import run_tags
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.session.project_session import KEDRO_MLFLOW

logger = logging.getLogger(__package__)

_RUN, _URI = "MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"
_PARENT = "AZUREML_ROOT_RUN_ID"
_ALL = ("*",)
_FINISHED, _FAILED, _KILLED = "FINISHED", "FAILED", "KILLED"


class RecalledOutputs:
    """A Kedro hook that says in a step's folders what later steps have to ask MLflow for.

    Args:
        outputs: Dataset to the folder that this step writes.
    """

    def __init__(self, outputs: Mapping[str, Path]) -> None:
        self._outputs = outputs

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, catalog: Any) -> None:
        """Look at what was saved, while the run is active."""
        for name, folder in self._outputs.items():
            keep_address(folder, catalog.get(name))


@contextmanager
def step_run(record: StepRecord, *, is_main: bool) -> Iterator[LoggedRun | None]:
    """Join the step's run if there is any use of it, and end it as the step ends.

    Yields the run; None where the step has none, or leaves it alone.

    Args:
        record: What the step is.
        is_main: Whether this is the step's main process: the others leave its run alone.

    Raises:
        StepError: The run cannot be joined.
    """
    run, uri = os.environ.get(_RUN), os.environ.get(_URI)
    if not run or not uri:
        yield None
        return
    joins = record.mlflow.get("join", True)
    if not is_main:
        disabled = (*settings.DISABLE_HOOKS_FOR_PLUGINS, *KEDRO_MLFLOW)
        settings.set("DISABLE_HOOKS_FOR_PLUGINS", disabled)
    elif not joins:
        # Whoever makes a run of its own must not find this one.
        del os.environ[_RUN]
    if not is_main or not joins:
        yield None
        return
    own = LoggedRun(run, uri, record)
    if kedro_mlflow_hook() is not None:
        own.join()
    try:
        yield own
    except BaseException as error:
        own.end(_KILLED if isinstance(error, KeyboardInterrupt) else _FAILED)
        raise
    own.end(_FINISHED)


def kedro_mlflow_hook() -> EntryPoint | None:
    """Return the hook of kedro-mlflow that Kedro loads in each session; None without one."""
    # Looking through the entry points of all packages takes longer than a light node.
    if find_spec("kedro_mlflow") is None:
        return None
    if not set(KEDRO_MLFLOW).isdisjoint(settings.DISABLE_HOOKS_FOR_PLUGINS):
        return None
    hooks = entry_points(group="kedro.hooks")
    return next((hook for hook in hooks if hook.module.startswith("kedro_mlflow.")), None)


@dataclass(frozen=True)
class LoggedRun:
    """The step's run."""

    id: str
    uri: str
    record: StepRecord

    def join(self) -> None:
        """Make it the active one."""
        if urlsplit(self.uri).scheme == "azureml" and not _has_azureml():
            raise StepError(
                "kedro-mlflow is installed in the environment of the step, and azureml-mlflow is "
                "not: MLflow cannot log to Azure ML without it. Add azureml-mlflow to the "
                "environment."
            )
        import mlflow

        try:
            # The project may have chosen others when it was imported.
            mlflow.set_tracking_uri(self.uri)
            found = mlflow.get_run(self.id)
            mlflow.set_experiment(experiment_id=found.info.experiment_id)
            mlflow.start_run(run_id=self.id)
        except Exception as error:
            from kedro_azureml.job.secrets.redaction import redact

            reason = redact(f"{type(error).__name__}: {error}")
            raise StepError(f"the MLflow run '{self.id}' cannot be joined: {reason}") from error
        with _only_warned("The tags are not in the MLflow run"):
            self._tag(mlflow.MlflowClient(), found)

    def end(self, status: str) -> None:
        """Describe it, tell its parent, and end it, if it was used; nothing here fails a step."""
        mlflow = self._used()
        if mlflow is None:
            return
        with _only_warned("Not all is in the MLflow run"):
            client = mlflow.MlflowClient(tracking_uri=self.uri)
            found = client.get_run(self.id)
            self._tag(client, found)
            if status == _FINISHED:
                self._tell_parent(client, found.data.metrics)
        with _only_warned("The MLflow run has not ended"):
            while mlflow.active_run():
                mlflow.end_run(status)
            if status != _FINISHED:
                # A node may have ended it well before another one failed.
                mlflow.MlflowClient(tracking_uri=self.uri).set_terminated(self.id, status)

    def metrics(self) -> Mapping[str, float]:
        """Return what has been logged to it; nothing where nobody has used it."""
        found: dict[str, float] = {}
        mlflow = self._used()
        if mlflow is not None:
            with _only_warned("The metrics are not in the summary of the sweep"):
                run = mlflow.MlflowClient(tracking_uri=self.uri).get_run(self.id)
                found.update(run.data.metrics)
        return found

    def _used(self) -> Any:
        """Return MLflow if the step has used it; None otherwise."""
        mlflow: Any = sys.modules.get("mlflow")
        # A project may have a module of that name.
        if not hasattr(mlflow, "active_run") or not hasattr(mlflow, "MlflowClient"):
            return None
        # `start_run` takes the variable away when it joins the run that it names.
        return mlflow if mlflow.active_run() or _RUN not in os.environ else None

    def _tag(self, client: Any, found: Any) -> None:
        known = found.data.tags
        record, name = self.record, found.info.run_name
        tags = run_tags(record.pipeline, record.nodes, known, name, record.combination)
        for key, value in tags.items():
            if known.get(key) != value:
                client.set_tag(self.id, key, value)

    def _tell_parent(self, client: Any, metrics: Mapping[str, float]) -> None:
        """Log metrics to the run of the job as well, which is neither started nor ended."""
        parent = os.environ.get(_PARENT)
        patterns = self.record.mlflow.get("parent_metrics", _ALL)
        chosen = {k: v for k, v in metrics.items() if any(fnmatchcase(k, p) for p in patterns)}
        if not parent or parent == self.id:
            return
        moment = int(time.time() * 1000)
        with _only_warned("The metrics are not in the MLflow run of the job"):
            for key, value in chosen.items():
                client.log_metric(parent, key, value, timestamp=moment)


@contextmanager
def _only_warned(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        logger.warning("%s: %s: %s", what, type(error).__name__, error)


def _has_azureml() -> bool:
    try:
        return find_spec("azureml.mlflow") is not None
    except ImportError:
        return False
