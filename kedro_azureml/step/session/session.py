"""A Kedro session for one step: load what it needs, then run it with a moved catalog."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.framework.project import pipelines, settings
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.dataset_names import is_parameter
from kedro_azureml.distributed.decorators import distribution_of
from kedro_azureml.distributed.ranks import ProcessRank, this_process
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord
from kedro_azureml.scratch import scratch_folder
from kedro_azureml.step.data.folders import (
    FolderError,
    check_folder,
    is_unstorable,
    link_mounts,
    write_manifest,
)
from kedro_azureml.step.data.stored import StepStorage
from kedro_azureml.step.data.swap import CatalogSwap
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.failure import import_failure
from kedro_azureml.step.process.warning_filters import add_filters, new_filters
from kedro_azureml.step.session.node_errors import NodeErrors
from kedro_azureml.step.session.nodes import is_same
from kedro_azureml.step.session.project_session import ProjectSession, restore_conf_folders
from kedro_azureml.step.session.run_parameters import NOTHING_SELECTED, AskedPipeline
from kedro_azureml.step.session.runner import make_runner
from kedro_azureml.step.session.stray_saves import StraySaves

logger = logging.getLogger(__package__)


@dataclass(frozen=True)
class PreparedStep:
    """A step whose project is imported and whose data is still untouched."""

    record: StepRecord
    project_path: Path
    pipeline_name: str
    pipeline: Pipeline

    @classmethod
    def load(cls, record: StepRecord, project_path: Path, *, early: bool) -> PreparedStep:
        """Import the project.

        Args:
            record: What the step is.
            project_path: The Kedro project's root.
            early: Import the datasets' libraries as well, because there is time to wait.

        Raises:
            StepError: The project no longer holds the step's nodes.
        """
        bootstrap_project(project_path)
        if record.conf_source:
            settings.set("CONF_SOURCE", record.conf_source)
        restore_conf_folders(project_path, record.env)
        try:
            name, pipeline = _load_pipeline(record)
        except StepError:
            # A hook may register pipelines once there is a context.
            if not settings.HOOKS:
                raise
            ProjectSession(project_path, record.env, record.parameters).load_context()
            name, pipeline = _load_pipeline(record)
        step = cls(record, project_path, name, pipeline)
        if early:
            step._import_datasets()
        return step

    def run(self) -> None:
        """Run the nodes with Kedro's own session and describe what they wrote.

        Of a distributed step's processes only the main one writes.

        Raises:
            StepError: An input is incomplete, or an output was not written where it belongs.
        """
        process = self._process()
        record = self.record if process.is_main else self.record.without_outputs()
        saved = frozenset(name for node in self.pipeline.nodes for name in node.outputs)
        inputs = {name: Path(folder) for name, folder in record.inputs.items()}
        results = {name: Path(folder) for name, folder in record.results.items()}
        outputs = {name: Path(folder) for name, folder in record.outputs.items()} | results
        with scratch_folder() as scratch:
            try:
                manifests = {name: check_folder(folder, name) for name, folder in inputs.items()}
                mounts = link_mounts(record.raw_inputs, Path(scratch, "mounts"))
            except FolderError as error:
                raise StepError(str(error)) from error
            storage = StepStorage(record, manifests, Path(scratch, "stored"), os.environ)
            storage.fetch()
            storage.prepare()
            for folder in outputs.values():
                folder.mkdir(parents=True, exist_ok=True)
            stored = {name: storage.folders[name] for name in record.stored}
            fetched = {name: storage.folders.get(name, folder) for name, folder in inputs.items()}
            swap = CatalogSwap(
                project_path=self.project_path,
                datasets=_datasets_of(self.pipeline),
                inputs=fetched,
                outputs=outputs | stored,
                stored=storage.places,
                mounts=mounts,
                load_versions=dict(record.load_versions),
                optional=frozenset(results),
                discarded=frozenset() if process.is_main else saved,
            )
            # The public way in that DISABLE_HOOKS_FOR_PLUGINS cannot switch off.
            errors, asked = NodeErrors(), AskedPipeline(record.pipeline)
            strays = StraySaves(saved)
            settings.set("HOOKS", (*settings.HOOKS, swap, errors, asked, strays))
            try:
                self._run_session()
            except BaseException as error:
                errors.see(error)
                raise
            if not self._is_whole_pipeline():
                strays.check()
            written = storage.finish(swap)
        for name, folder in outputs.items():
            kind, appends = swap.kind_of(name), swap.appends(name)
            written[name] = write_manifest(folder, name, kind, appends=appends)
        for name, manifest in written.items():
            if file := next(filter(is_unstorable, manifest.files), None):
                raise StepError(
                    f"dataset '{name}' wrote the file '{file}', which a storage account cannot "
                    "hold: it takes the backslash for a folder. Leave it out of the path in the "
                    "dataset's catalog entry, or of the partition's name."
                )
            is_object = manifest.stored is not None and manifest.kind == "object"
            empty = not manifest.files and not is_object and not swap.may_be_empty(name)
            if manifest.kind != "remote" and empty:
                raise StepError(
                    f"dataset '{name}' wrote nothing into its folder: its class keeps the data "
                    "elsewhere than its catalog entry says, so no later step can read it. Give "
                    "the class the path as an argument of its catalog entry."
                )

    def _is_whole_pipeline(self) -> bool:
        """Whether no other step of the job can read what this one leaves in memory."""
        if self.record.loaded_pipeline is not None:
            return False
        return len(pipelines[self.pipeline_name].nodes) == len(self.pipeline.nodes)

    def _process(self) -> ProcessRank:
        """Say which of the step's processes this is; an ordinary step has one, which saves."""
        if all(distribution_of(node.func) is None for node in self.pipeline.nodes):
            return ProcessRank()
        try:
            process = this_process()
        except RuntimeError as error:
            raise StepError(f"this process cannot tell its rank: {error}.") from error
        role = "saves what the node returns" if process.is_main else "leaves saving to the main one"
        # Not by logging: the project's configuration may keep it silent.
        sys.stderr.write(f"kedro-azureml: {process.label}: this process {role}.\n")
        sys.stderr.flush()
        return process

    def _run_session(self) -> None:
        record = self.record
        session = ProjectSession(self.project_path, record.env, record.parameters)
        session.run(
            self.pipeline_name,
            **NOTHING_SELECTED,
            runner=make_runner(record.runner, record.runner_params),
            node_names=record.nodes,
            load_versions=dict(record.load_versions),
        )

    def _open_storage(self, url: str) -> None:
        from kedro_azureml.datasets.stored import store_at
        from kedro_azureml.storage.errors import StorageError

        with suppress(StorageError):
            store_at(url)

    def _import_datasets(self) -> None:
        """Import the libraries of the step's datasets; whatever fails here is reported later."""
        if self.record.storage is not None:
            self._open_storage(self.record.storage)
        from kedro.io import CatalogConfigResolver
        from kedro.io.core import parse_dataset_definition

        try:
            loader = settings.CONFIG_LOADER_CLASS(
                conf_source=str(self.project_path / settings.CONF_SOURCE),
                env=self.record.env,
                runtime_params=dict(self.record.parameters) or None,
                **settings.CONFIG_LOADER_ARGS,
            )
            resolver = CatalogConfigResolver(loader["catalog"], {}, {"{default}": {}})
            for name in _datasets_of(self.pipeline):
                config = resolver.resolve_pattern(name)
                if config and "credentials" not in config:
                    parse_dataset_definition(config)
                    inner = config.get("dataset")
                    if isinstance(inner, dict):
                        parse_dataset_definition(inner)
        except Exception as error:
            logger.debug("datasets are not imported ahead: %s", error)


def _load_pipeline(record: StepRecord) -> tuple[str, Pipeline]:
    """Find the registered pipeline to run, and the step's part of it.

    Raises:
        StepError: There is none with the step's nodes; with the cause, if one did not import.
    """
    caught: list[warnings.WarningMessage] = []
    filters: list[Any] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            before = list(warnings.filters)
            try:
                return _find_pipeline(record)
            finally:
                filters = new_filters(before)
    except StepError as error:
        if causes := [c for warning in caught if (c := import_failure(str(warning.message)))]:
            raise StepError(f"{error} {causes[0]}") from None
        raise
    finally:
        # Those of the project's libraries.
        add_filters(filters)
        for warning in caught:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


def _find_pipeline(record: StepRecord) -> tuple[str, Pipeline]:
    """Find the pipeline among those that Kedro imported.

    Kedro 1.2 and later import only the pipelines that are asked for. A registry that looks others
    up by name then fails, so the full load is the fallback.
    """
    wanted = set(record.nodes)
    node_names: set[str] = set()
    cause: Exception | None = None
    names = (record.loaded_pipeline, record.pipeline, DEFAULT_PIPELINE)
    for name in dict.fromkeys(filter(None, names)):
        try:
            if hasattr(pipelines, "set_requested"):
                pipelines.set_requested([name])
            pipeline = pipelines[name]
        except Exception as error:
            if name == record.pipeline:
                if not hasattr(pipelines, "set_requested"):
                    raise
                cause = error
            logger.debug("pipeline '%s' cannot be loaded alone", name, exc_info=True)
            continue
        held = {node.name for node in pipeline.nodes if _is_compiled(node, name, record)}
        if wanted <= held:
            return name, pipeline.filter(node_names=record.nodes)
        node_names |= held
    missing = ", ".join(f"'{n}'" for n in sorted(wanted - node_names) or sorted(wanted))
    because = f" {type(cause).__name__}: {cause}".rstrip(".") + "." if cause else ""
    raise StepError(
        f"the project has no node {missing} in the pipeline '{record.pipeline}'.{because} The "
        "code that runs here differs from the code that was compiled, or Kedro cannot load the "
        f"pipeline by itself: see whether 'kedro run --pipeline={record.pipeline}' can."
    ) from cause


def _is_compiled(node: Node, pipeline: str, record: StepRecord) -> bool:
    """Tell whether a node of that pipeline is the one that was compiled.

    The compiler compared those of `loaded_pipeline`. The default pipeline stands in for one that
    Kedro cannot load alone; it comes with all others, and may have another node of that name.
    """
    if pipeline in (record.loaded_pipeline, record.pipeline) or node.name not in record.nodes:
        return True
    compiled = pipelines.get(record.pipeline)
    return compiled is None or any(is_same(node, other) for other in compiled.nodes)


def _datasets_of(pipeline: Pipeline) -> list[str]:
    """Return the datasets that the nodes load, save or confirm, without parameters."""
    names: dict[str, None] = {}
    for node in pipeline.nodes:
        for name in (*node.inputs, *node.outputs, *node.confirms):
            if not is_parameter(name):
                names[name] = None
    return list(names)
