"""Checks of a job's datasets, parameters and limits, before it is submitted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from kedro.pipeline import Pipeline

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.dataset_names import PARAMETERS, base_name, is_parameter, parameter_key
from kedro_azureml.datasets.location import appends, locate, overlap
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.secret_names import is_secret_name
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.project.loaded import LoadedProject

# Documented, and not known to be enforced: docs/architecture/azureml-contracts.md#limits
MAX_OUTPUTS = 20
MAX_STEPS = 30_000
# Linux, MAX_ARG_STRLEN: a shell takes the command as one argument.
MAX_COMMAND_BYTES = 131_071
_ENV_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_SQLITE = re.compile(r"^(sqlite|duckdb)(\+\w+)?:///(?!:memory:)")


def check_parameters(pipeline: Pipeline, known: set[str]) -> Iterator[Diagnostic]:
    """KAZ209: a node asks for a parameter that is not there."""
    readers: dict[str, str] = {}
    for node in pipeline.nodes:
        for name in node.inputs:
            if is_parameter(name) and name not in known:
                readers.setdefault(name, node.name)
    for name, node_name in readers.items():
        short = parameter_key(name)
        shorts = {parameter_key(k) for k in known if k != PARAMETERS}
        yield Diagnostic(
            "KAZ209",
            f"The node '{node_name}' asks for the parameter '{short}', which does not exist.",
            f"{nearest(short, shorts)} Add it to parameters.yml, or give it with --params.".strip(),
            where=f"parameters {short}",
        )


def check_confirms(
    pipeline: Pipeline, datasets: Mapping[str, Dataset], project: LoadedProject
) -> Iterator[Diagnostic]:
    """KAZ305: ``confirms`` writes a checkpoint next to the data, which a step mounts read-only."""
    for node in pipeline.nodes:
        for name in node.confirms:
            dataset = datasets.get(base_name(name))
            config = dataset.configs.get(name) if dataset else None
            location = locate(config or project.catalog.resolve(name), project.path)
            if location.kind == "local":
                yield Diagnostic(
                    "KAZ305",
                    f"The node '{node.name}' confirms '{name}', which writes a checkpoint into the "
                    "dataset's own folder; in a step that folder is a read-only input.",
                    "Keep the dataset in a storage account, or leave 'confirms' out and run this "
                    "part with 'kedro run'.",
                    where=f"node {node.name}",
                )


def check_datasets(wiring: Wiring) -> Iterator[Diagnostic]:
    """KAZ304 and KAZ306: data that another machine could not reach."""
    crossing = {dataset.name for step in wiring.steps for dataset in step.inputs}
    for dataset in wiring.datasets.values():
        for variant, config in dataset.configs.items():
            connection = _local_database(config)
            if connection:
                yield Diagnostic(
                    "KAZ304",
                    f"The dataset '{variant}' is in a database file on this machine "
                    f"({connection.split(':', 1)[0]}).",
                    "Each step runs on a machine of its own: use a database server, or a dataset "
                    "with a file path.",
                    severity="warning",
                    where=f"catalog {variant}",
                )
        config = dataset.configs[dataset.variants[0]]
        obscure = dataset.location.kind == "remote" and not dataset.location.evident
        if obscure and dataset.name in crossing and not _local_database(config):
            yield Diagnostic(
                "KAZ304",
                f"Nothing in the catalog entry of '{dataset.name}' ({_type_name(config['type'])}) "
                "says where its data is, so it is taken to be reachable from every step.",
                "If it is on this machine's disk, give its class the path as an argument.",
                severity="warning",
                where=f"catalog {dataset.name}",
            )


def check_paths(wiring: Wiring) -> Iterator[Diagnostic]:
    """KAZ308 and KAZ309: files of which a step sees less than `kedro run` does."""
    for dataset in wiring.datasets.values():
        if dataset.producer is None or dataset.location.kind != "local":
            continue
        if any(appends(config) for config in dataset.configs.values()):
            yield Diagnostic(
                "KAZ308",
                f"The dataset '{dataset.name}' adds to its file, and a step starts with an empty "
                "folder: only what this job adds will be in it.",
                "Save whole files, for example one a run (versioned: true), or keep the dataset in "
                "a database.",
                severity="warning",
                where=f"catalog {dataset.name}",
            )
    written = wiring.written
    for mount in wiring.raw_inputs:
        for path, name in written.items():
            # What is written beside a version that was asked for takes nothing from it.
            if overlap(mount, path) and mount not in wiring.chosen:
                yield from _check_order(wiring, mount, name)


def _check_order(wiring: Wiring, mount: str, name: str) -> Iterator[Diagnostic]:
    """KAZ309, unless all that is read at a path is read before a dataset is written there."""
    writer = str(wiring.datasets[name].producer)
    before = wiring.steps_before(writer)
    where = f"catalog {name}"
    unordered = False
    for step in wiring.steps:
        if not any(raw.mount == mount for raw in step.raw_inputs):
            continue
        reader = step.group.name
        if reader in before or (reader == writer and len(step.group.nodes) == 1):
            continue
        if writer in wiring.steps_before(reader):
            yield Diagnostic(
                "KAZ309",
                f"The step '{reader}' reads '{mount}' as it was before the job, although "
                f"'{writer}' writes '{name}' there before: it would get old data.",
                "Let the reader's node take the dataset that is written, by its own name.",
                where=where,
            )
            return
        unordered = True
    if unordered:
        yield Diagnostic(
            "KAZ309",
            f"The job reads '{mount}' as it is now, and also writes '{name}' there under "
            "another name: the reader does not get what the job writes.",
            "Use one catalog entry for both, so that the order is known.",
            severity="warning",
            where=where,
        )


def check_credentials(
    wiring: Wiring, project: LoadedProject, snapshot: Snapshot | None
) -> Iterator[Diagnostic]:
    """KAZ306: a dataset's credentials are in a file that stays on this machine."""
    if snapshot is None:
        return
    kept_here = _credentials_outside(project, {file.path for file in snapshot.files})
    named: dict[str, list[str]] = {}
    for dataset in wiring.datasets.values():
        for variant in dataset.variants:
            credentials = project.catalog.credentials(variant)
            if credentials in kept_here:
                named.setdefault(credentials, []).append(variant)
    for credentials, variants in named.items():
        yield Diagnostic(
            "KAZ306",
            f"{listed(variants, 4)} need{'s' if len(variants) == 1 else ''} the credentials "
            f"'{credentials}' of {kept_here[credentials]}, which is not in the code snapshot, so "
            "no step has them.",
            "Let the dataset use the compute's identity, or read the values with ${oc.env:...} in "
            "a credentials file that holds no secret and is not ignored.",
            severity="warning",
            where=f"catalog {variants[0]}",
        )


def _credentials_outside(project: LoadedProject, snapshot: set[str]) -> dict[str, str]:
    """Map the name of each credential that only an ignored file holds to that file."""
    inside: set[str] = set()
    outside: dict[str, str] = {}
    for environment in project.environments:
        for file in sorted((project.conf_source / environment).rglob("credentials*")):
            path = file.relative_to(project.path).as_posix()
            names = _top_level_keys(file)
            if path in snapshot:
                inside |= names
            else:
                outside.update(dict.fromkeys(names, path))
    return {name: path for name, path in outside.items() if name not in inside}


def _top_level_keys(file: Path) -> set[str]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return set()
    return {str(key) for key in data} if isinstance(data, dict) else set()


def check_limits(wiring: Wiring, job: PipelineJob) -> Iterator[Diagnostic]:
    """KAZ402 and KAZ403: more than Azure ML documents. KAZ404: more than Linux takes."""
    for name, job_step in job.jobs.items():
        command = job_step.component.command
        if len(command.encode()) > MAX_COMMAND_BYTES:
            yield Diagnostic(
                "KAZ404",
                f"The command of the step '{name}' has {len(command):,} characters, "
                f"more than the {MAX_COMMAND_BYTES:,} bytes that Linux gives to a shell.",
                "Group so that the step has fewer nodes, or give nodes and datasets shorter names.",
                where="azureml.yml azure.grouping",
            )
    if len(wiring.steps) > MAX_STEPS:
        yield Diagnostic(
            "KAZ403",
            f"The job has {len(wiring.steps)} steps; Azure ML takes {MAX_STEPS} in a pipeline.",
            "Select a part of the pipeline.",
        )
    for step in wiring.steps:
        if len(step.outputs) > MAX_OUTPUTS:
            yield Diagnostic(
                "KAZ402",
                f"The step '{step.group.name}' has {len(step.outputs)} outputs; Azure ML documents "
                f"{MAX_OUTPUTS}.",
                "Split the node, or return fewer datasets, for example a dictionary."
                if len(step.group.nodes) == 1
                else "Group so that the step has fewer nodes; with azure.grouping.keep_files: "
                "false, files that only the step itself reads are no outputs.",
                severity="warning",
                where=f"node {step.group.nodes[0].name}",
            )


def check_request(request: CompileRequest) -> Iterator[Diagnostic]:
    """KAZ107: environment variables and parameters on the command line."""
    for name in request.env_vars:
        if not _ENV_NAME.fullmatch(name):
            yield Diagnostic(
                "KAZ107",
                f"'{name}' cannot be the name of an environment variable.",
                "Use letters, digits and underscores, as in --env-var LOG_LEVEL=INFO.",
                where="--env-var",
            )
        elif is_secret_name(name):
            yield Diagnostic(
                "KAZ107",
                f"The value of '{name}' stands in the compiled document for everyone to read.",
                "Do not pass secrets this way: let the step use an identity or a key vault.",
                severity="warning",
                where="--env-var",
            )
    for name in _secret_parameters(request.params):
        yield Diagnostic(
            "KAZ107",
            f"The value of the parameter '{name}' stands in the compiled document for everyone to "
            "read.",
            "Do not pass secrets this way: let the step use an identity or a key vault.",
            severity="warning",
            where="--params",
        )


def _secret_parameters(params: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _secret_parameters(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value and is_secret_name(str(key)):
            yield f"{prefix}{key}"


def _local_database(value: Any) -> str | None:
    """Return an SQLite or DuckDB address anywhere in a resolved entry, or None."""
    if isinstance(value, Mapping):
        for inner in value.values():
            address = _local_database(inner)
            if address:
                return address
    return value if isinstance(value, str) and _SQLITE.match(value) else None


def _type_name(kind: Any) -> str:
    return kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
