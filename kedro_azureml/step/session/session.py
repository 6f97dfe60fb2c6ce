"""A Kedro session for one step: load what it needs, then run it with a moved catalog."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kedro.framework.project import pipelines, settings
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline

from kedro_azureml.dataset_names import is_parameter
from kedro_azureml.distributed.decorators import distribution_of
from kedro_azureml.distributed.ranks import ProcessRank, this_process
from kedro_azureml.distributed.shares import BY_RANK
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import Outcome
from kedro_azureml.process_exit import flush_files
from kedro_azureml.scratch import scratch_folder
from kedro_azureml.secrets.resolver import stand_in_unless_answered
from kedro_azureml.step.data.folders import (
    FolderError,
    check_folder,
    link_mounts,
)
from kedro_azureml.step.data.merged import merge_all
from kedro_azureml.step.data.partitions import SavedPartitions, describe_partials
from kedro_azureml.step.data.publication import link_files, publish
from kedro_azureml.step.data.stored import StepStorage
from kedro_azureml.step.data.swap import CatalogSwap
from kedro_azureml.step.data.written import check_written, describe_output
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.process.forked_by_nodes import ended_with_the_nodes
from kedro_azureml.step.session.credentials import CarriedCredentials
from kedro_azureml.step.session.load_pipeline import load_pipeline
from kedro_azureml.step.session.mlflow_run import RecalledOutputs, kedro_mlflow_hook, step_run
from kedro_azureml.step.session.node_errors import NodeErrors
from kedro_azureml.step.session.project_session import ProjectSession, restore_conf_folders
from kedro_azureml.step.session.run_parameters import NOTHING_SELECTED, AskedPipeline
from kedro_azureml.step.session.runner import make_runner
from kedro_azureml.step.session.saved_metrics import SavedMetrics
from kedro_azureml.step.session.stray_saves import StraySaves

if TYPE_CHECKING:
    from kedro.runner import AbstractRunner

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
        stand_in_unless_answered()
        bootstrap_project(project_path)
        if record.conf_source:
            settings.set("CONF_SOURCE", record.conf_source)
        restore_conf_folders(project_path, record.env)
        try:
            name, pipeline = load_pipeline(record)
        except StepError:
            # A hook may register pipelines once there is a context.
            if not settings.HOOKS:
                raise
            ProjectSession(project_path, record.env, record.parameters).load_context()
            name, pipeline = load_pipeline(record)
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
        started = time.monotonic()
        if BY_RANK in self.record.shards.values():
            measured = self._run_on_machine(process)
        else:
            record = self.record if process.is_main else self.record.without_outputs()
            measured = self._run_with_mlflow(record, process)
        if process.is_main and self.record.outcome is not None:
            outcome = Outcome(time.monotonic() - started, measured)
            outcome.save(Path(self.record.outcome))

    def _run_with_mlflow(self, record: StepRecord, process: ProcessRank) -> Mapping[str, float]:
        with step_run(record, is_main=process.is_main) as run:
            saved = self._run(record, process)
            logged = run.metrics() if run and record.outcome else {}
        return {**saved, **logged}

    def _run_on_machine(self, process: ProcessRank) -> Mapping[str, float]:
        """Run as one of several machines, each of which saves what is its own."""
        from kedro_azureml.step.session.sharded import describe_parts, on_machine

        own = replace(self, record=on_machine(self.record, process))
        with step_run(own.record, is_main=process.is_main) as run:
            saved = own._run(own.record, ProcessRank())  # noqa: SLF001 - of this class
            logged = run.metrics() if run and self.record.outcome else {}
        if process.is_main:
            describe_parts(self.record, process.world_size)
        return {**saved, **logged}

    def _run(self, record: StepRecord, process: ProcessRank) -> Mapping[str, float]:
        saved = frozenset(name for node in self.pipeline.nodes for name in node.outputs)
        inputs = {name: Path(folder) for name, folder in record.inputs.items()}
        results = {name: Path(folder) for name, folder in record.results.items()}
        outputs = {name: Path(folder) for name, folder in record.outputs.items()} | results
        partials = {name: Path(folder) for name, folder in record.partials.items()}
        published = {name: Path(place) for name, place in record.published.items()}
        with scratch_folder() as scratch:
            try:
                manifests = {
                    name: check_folder(folder, name, published.get(name))
                    for name, folder in inputs.items()
                }
                mounts = link_mounts(record.raw_inputs, Path(scratch, "mounts"))
            except FolderError as error:
                raise StepError(str(error)) from error
            storage = StepStorage(record, manifests, Path(scratch, "stored"), os.environ)
            storage.fetch()
            storage.prepare()
            for folder in (outputs | partials).values():
                folder.mkdir(parents=True, exist_ok=True)
            stored = {name: storage.folders[name] for name in record.stored}
            fetched = {name: storage.folders.get(name, folder) for name, folder in inputs.items()}
            fetched |= merge_all(record.merged, Path(scratch, "merged"))
            for number, (name, place) in enumerate(published.items()):
                manifest = manifests[name]
                files = {file: place / manifest.inside(file) for file in manifest.files}
                fetched[name] = link_files(files, Path(scratch, "published", str(number)))
            working = {n: Path(scratch, "publish", str(i)) for i, n in enumerate(record.publish)}
            for folder in working.values():
                folder.mkdir(parents=True)
            swap = CatalogSwap(
                project_path=self.project_path,
                datasets=self._datasets(),
                inputs=fetched,
                outputs=outputs | stored | working | partials,
                objects=frozenset(partials),
                stored=storage.places,
                mounts=mounts,
                load_versions=dict(record.load_versions),
                optional=frozenset(results),
                discarded=frozenset() if process.is_main else saved,
            )
            # The public way in that DISABLE_HOOKS_FOR_PLUGINS cannot switch off.
            errors, asked = NodeErrors(), AskedPipeline(record.pipeline)
            strays, recalled = StraySaves(saved), RecalledOutputs(outputs)
            credentials = CarriedCredentials(os.environ)
            partitions = SavedPartitions()
            own = (credentials, swap, errors, asked, strays, recalled)
            metrics = SavedMetrics(swap.kind_of)
            measuring = (metrics,) if record.outcome else ()
            of_shard = (partitions,) if record.shards else ()
            settings.set("HOOKS", (*settings.HOOKS, *own, *measuring, *of_shard))
            try:
                with ended_with_the_nodes():
                    self._run_session()
            except BaseException as error:
                errors.see(error)
                raise
            if not self._is_whole_pipeline():
                strays.check()
            # A dataset may keep its file open: what is told and stored of it is to be whole.
            flush_files()
            written = storage.finish(swap) | publish(record.publish, outputs, working, swap)
        for name in outputs.keys() - record.publish.keys():
            written[name] = describe_output(name, outputs[name], swap, partitions.of.get(name, ()))
        check_written(written, swap)
        describe_partials(partials)
        return metrics.found

    def _is_whole_pipeline(self) -> bool:
        """Whether no other step of the job can read what this one leaves in memory."""
        if self.record.loaded_pipeline is not None:
            return False
        return len(pipelines[self.pipeline_name].nodes) == len(self.pipeline.nodes)

    def _process(self) -> ProcessRank:
        """Say which of the step's processes this is; an ordinary step has one, which saves."""
        is_shared = BY_RANK in self.record.shards.values()
        if not is_shared and all(distribution_of(n.func) is None for n in self.pipeline.nodes):
            return ProcessRank()
        try:
            process = this_process()
        except RuntimeError as error:
            raise StepError(f"this process cannot tell its rank: {error}.") from error
        role = "saves what the node returns" if process.is_main else "leaves saving to the main one"
        role = "works on a share of its own" if is_shared else role
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
            runner=self._runner(),
            node_names=record.nodes,
            load_versions=dict(record.load_versions),
        )

    def _runner(self) -> AbstractRunner:
        runner = make_runner(self.record.runner, self.record.runner_params)
        if not self.record.shards and not self.record.combined:
            return runner
        from kedro_azureml.step.session.sharded import sharded_runner

        return sharded_runner(runner, self.record, self.pipeline)

    def _datasets(self) -> list[str]:
        """Return the datasets that the step touches: what combines reads none of its node's."""
        names = _datasets_of(self.pipeline)
        if not self.record.combined:
            return names
        outputs = {name for node in self.pipeline.nodes for name in node.outputs}
        return [name for name in names if name in outputs]

    def _open_storage(self, url: str) -> None:
        from kedro_azureml.datasets.stored import store_at
        from kedro_azureml.storage.errors import StorageError

        with suppress(StorageError):
            store_at(url)

    def _import_datasets(self) -> None:
        """Import the libraries of the step's datasets; whatever fails here is reported later."""
        if self.record.storage is not None:
            self._open_storage(self.record.storage)
        if hook := kedro_mlflow_hook():
            with suppress(Exception):
                hook.load()
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
            for name in self._datasets():
                config = resolver.resolve_pattern(name)
                if config and "credentials" not in config:
                    parse_dataset_definition(config)
                    inner = config.get("dataset")
                    if isinstance(inner, dict):
                        parse_dataset_definition(inner)
        except Exception as error:
            logger.debug("datasets are not imported ahead: %s", error)


def _datasets_of(pipeline: Pipeline) -> list[str]:
    """Return the datasets that the nodes load, save or confirm, without parameters."""
    names: dict[str, None] = {}
    for node in pipeline.nodes:
        for name in (*node.inputs, *node.outputs, *node.confirms):
            if not is_parameter(name):
                names[name] = None
    return list(names)
