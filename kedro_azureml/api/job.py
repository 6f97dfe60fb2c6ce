"""Compiling, reading and writing jobs from Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kedro_azureml.compiler import CompileRequest, Selection, with_job
from kedro_azureml.compiler import compile_project as compile_request
from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import count
from kedro_azureml.job import yaml
from kedro_azureml.job.model import PipelineJob, Step
from kedro_azureml.job.parameter_inputs import written
from kedro_azureml.job.set_inputs import with_inputs
from kedro_azureml.job.step_record import DEFAULT_PIPELINE
from kedro_azureml.kedro_log import kedro_silenced
from kedro_azureml.project import Project


@dataclass(frozen=True, repr=False)
class Job:
    """A job document, and the project that it belongs to.

    Attributes:
        document: The document, as it is rehearsed and submitted.
        project: The Kedro project's root.
        base: The folder that paths in the document are relative to.
        source: What to call it in messages.
        env: The conf environment; None for the project's own default.
        params: Runtime parameters.
        warnings: What the compiler has to say.
        is_loaded: Whether it was read from a file, perhaps somebody else's.
        alias: Which job of azureml.yml it is, if it is one.
    """

    document: PipelineJob
    project: Path
    base: Path
    source: str
    env: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    is_loaded: bool = False
    alias: str | None = None

    @property
    def name(self) -> str:
        """What the Studio calls the job."""
        return self.document.display_name or self.source

    @property
    def steps(self) -> Mapping[str, Step]:
        """The steps of the document, by name."""
        return self.document.jobs

    def with_inputs(self, values: Mapping[str, Any]) -> Job:
        """Return the job with other values of its inputs; see ``exposed`` of `compile_project`.

        Args:
            values: By the name of the parameter or of the input.

        Raises:
            DiagnosticError: KAZ107, the job has no such input, or a value is of another type.
        """
        return replace(self, document=with_inputs(self.document, values, written))

    def __repr__(self) -> str:
        return f"Job '{self.name}': {count(len(self.steps), 'step')}"


def compile_project(
    project_path: str | Path | None = None,
    *,
    pipeline: str | None = None,
    job: str | None = None,
    env: str | None = None,
    params: Mapping[str, Any] | None = None,
    exposed: Sequence[str] = (),
    sweep: Mapping[str, Sequence[Any]] | None = None,
    zip_sweep: bool = False,
    max_concurrent: int | None = None,
    tags: Sequence[str] = (),
    nodes: Sequence[str] = (),
    from_nodes: Sequence[str] = (),
    to_nodes: Sequence[str] = (),
    from_inputs: Sequence[str] = (),
    to_outputs: Sequence[str] = (),
    namespaces: Sequence[str] = (),
    group_by: str | None = None,
    image: str | None = None,
    environment: str | None = None,
    env_vars: Mapping[str, str] | None = None,
    load_versions: Mapping[str, str] | None = None,
    strict: bool = False,
    local: bool | None = None,
    base: str | Path | None = None,
) -> Job:
    """Compile a pipeline of a Kedro project to an Azure ML job.

    Args:
        project_path: The project, or a folder in it; the current folder by default.
        pipeline: A registered pipeline; the default one unless `job` names another.
        job: A job of azureml.yml, under ``azure.jobs``.
        env: The conf environment.
        params: Runtime parameters, nested where they are nested.
        exposed: Parameters, such as ``model.depth``, that become inputs of the job.
        sweep: Values of parameters, by their dotted names: the job runs what depends on them for
            each combination.
        zip_sweep: Whether the values of several parameters go together, instead of all
            combinations.
        max_concurrent: How many combinations may run at once.
        tags: Nodes with one of the tags.
        nodes: Nodes by their names.
        from_nodes: Start at these nodes.
        to_nodes: End at these nodes.
        from_inputs: Start at these datasets.
        to_outputs: End at these datasets.
        namespaces: Nodes of these namespaces.
        group_by: Which nodes share a step.
        image: A Docker image that replaces the environment.
        environment: An Azure ML environment, ``name@latest`` or ``name:3``; likewise.
        env_vars: Environment variables of every step.
        load_versions: Dataset to the version that is loaded.
        strict: Treat warnings as errors.
        local: Whether the job is only to be rehearsed, so that azureml.yml may be missing or name
            no compute; by default, if there is no azureml.yml.
        base: The folder that paths in the job are relative to; the project by default.

    Raises:
        DiagnosticError: Everything that would keep the job from running, at once.
    """
    project = find_project(project_path, env)
    request = CompileRequest(
        project_path=project.path,
        base=Path(base).absolute() if base is not None else project.path,
        pipeline=pipeline or DEFAULT_PIPELINE,
        env=env,
        params=dict(params or {}),
        exposed=dict.fromkeys(_names(exposed), "exposed"),
        selection=Selection(
            tags=_names(tags),
            nodes=_names(nodes),
            from_nodes=_names(from_nodes),
            to_nodes=_names(to_nodes),
            from_inputs=_names(from_inputs),
            to_outputs=_names(to_outputs),
            namespaces=_names(namespaces),
        ),
        image=image,
        environment=environment,
        env_vars=dict(env_vars or {}),
        group_by=group_by,
        load_versions=dict(load_versions or {}),
        strict=strict,
        local=bool(local),
    )
    if job is not None:
        named = with_job(request, job, project.required_config(request.params))
        request = replace(named, pipeline=pipeline or named.pipeline)
    if sweep is not None:
        content = {"parameters": {name: _plain(values) for name, values in sweep.items()}}
        bounds = {"zip": zip_sweep, "max_concurrent": max_concurrent}
        request = replace(
            request, sweep=SweepConfig.read({**content, **bounds}, "sweep"), sweep_place="sweep"
        )
    # This configures Kedro for the project, and Kedro's logging with it, which is silenced after.
    project.config(request.params)
    return _compile(project, request, may_be_local=local is None)


def _plain(values: Any) -> Any:
    """Return values as Python's own, also those of NumPy; what is no list is refused later."""
    if hasattr(values, "tolist"):
        return values.tolist()
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        return values
    return [value.tolist() if hasattr(value, "tolist") else value for value in values]


def _names(names: Sequence[str] | str) -> tuple[str, ...]:
    """Return several names; one text is one name, and not its letters."""
    return (names,) if isinstance(names, str) else tuple(names)


def load_job(path: str | Path, *, project_path: str | Path | None = None) -> Job:
    """Read a job from a file that `dump_job` or ``kedro azureml compile`` wrote.

    Args:
        path: The file.
        project_path: The project that the job belongs to, or a folder in it; by default the one
            around the file.

    Raises:
        DiagnosticError: KAZ601, the file is no pipeline job.
    """
    file = Path(path).absolute()
    document = yaml.load_job(file)
    project = find_project(file.parent if project_path is None else project_path)
    record = document.first_record()
    return Job(
        document,
        project.path,
        file.parent,
        str(path),
        env=record.env if record else None,
        params=record.parameters if record else {},
        is_loaded=True,
    )


def dump_job(job: Job, path: str | Path | None = None) -> str:
    """Return a job as YAML, and write it to a file if one is named.

    Args:
        job: The job.
        path: A file in the folder that the job's paths are relative to.

    Raises:
        DiagnosticError: KAZ107 for a file in another folder.
    """
    text = yaml.dump_job(job.document)
    if path is not None:
        file = Path(path).absolute()
        if file.parent.resolve() != job.base.resolve():
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"The paths in the job are relative to {job.base}, and {file} is not there.",
                    "Write the file there, or compile with 'base' set to the file's folder.",
                    where="path",
                )
            )
        file.write_text(text, encoding="utf-8", newline="\n")
    return text


def find_project(path: str | Path | None = None, env: str | None = None) -> Project:
    """Find the Kedro project that a folder belongs to.

    Args:
        path: The folder; the current one by default.
        env: The conf environment.

    Raises:
        DiagnosticError: KAZ207, there is none.
    """
    from kedro.utils import find_kedro_project

    folder = Path(path if path is not None else Path.cwd()).absolute()
    root = find_kedro_project(folder)
    if root is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ207",
                f"{folder} is not in a Kedro project.",
                "Name the project's folder with 'project_path'.",
            )
        )
    return Project(Path(root), env)


@kedro_silenced()
def _compile(project: Project, request: CompileRequest, *, may_be_local: bool) -> Job:
    try:
        compilation = compile_request(request, project)
    except DiagnosticError as error:
        if not may_be_local or [d.code for d in error.diagnostics] != ["KAZ101"]:
            raise
        compilation = compile_request(replace(request, local=True), project)
    return Job(
        document=compilation.job,
        project=request.project_path,
        base=request.base,
        source=f"the job '{request.job}'" if request.job else f"the pipeline '{request.pipeline}'",
        env=request.env,
        params=request.params,
        warnings=compilation.diagnostics,
        alias=request.job,
    )
