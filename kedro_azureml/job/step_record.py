"""What one step is, and the command that says so: this module alone writes and reads that command.

`kedro_azureml.job.command_words` knows how a value becomes a word of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kedro_azureml.job.command_words import (
    Kind,
    Publication,
    needs_single_quotes,
    quoted_for_shell,
    read_environment,
    read_words,
    with_environment,
    write_words,
)
from kedro_azureml.job.expressions import output_name
from kedro_azureml.job.parameter_inputs import ParameterInput
from kedro_azureml.job.sweep import STEP, WHOLE

STEP_MODULE = "kedro_azureml.step"
_START = ("python", "-m", STEP_MODULE)
# Kedro's name for the pipeline that runs when none is named.
DEFAULT_PIPELINE = "__default__"

# Each option, its attribute and what its values are, in the order in which they are written.
# Documents compiled earlier hold these options: a new name for one has to be read beside the old.
_OPTIONS: Mapping[str, tuple[str, Kind]] = {
    "--pipeline": ("pipeline", "text"),
    "--home": ("loaded_pipeline", "text"),
    "--node": ("nodes", "texts"),
    "--env": ("env", "text"),
    "--conf-source": ("conf_source", "text"),
    "--runner": ("runner", "text"),
    "--runner-params": ("runner_params", "json"),
    "--params": ("parameters", "json"),
    "--parameter": ("parameter_inputs", "inputs"),
    "--mlflow": ("mlflow", "json"),
    "--storage": ("storage", "text"),
    "--load-version": ("load_versions", "versions"),
    "--mount": ("raw_inputs", "files"),
    "--input": ("inputs", "folders"),
    "--output": ("outputs", "folders"),
    "--stored": ("stored", "folders"),
    "--result": ("results", "folders"),
    "--publish": ("publish", "typed"),
    "--published": ("published", "folders"),
    "--export": ("export", "folder"),
    "--combination": ("combination", "folder"),
    "--outcome": ("outcome", "folder"),
    "--sweep": ("sweep", "json"),
    "--outcome-of": ("outcomes", "optional_folders"),
    "--part": ("parts", "folders"),
    "--summary": ("summary", "folder"),
    "--shard": ("shards", "literals"),
    "--merge": ("merged", "several"),
    "--partial": ("partials", "folders"),
    "--combine": ("combined", "several"),
}
# Around what a command says of an optional input, which Azure ML leaves out with the input.
_BLOCK, _BLOCK_END = "$[[", "]]"


class ArgumentError(ValueError):
    """The words are not those of a step's command; the message says which one is wrong."""


@dataclass(frozen=True)
class StepRecord:
    """What one step is: nodes of a pipeline, or what puts together what the other steps wrote.

    A folder is an expression (``${{inputs.companies}}``) in a document, and a path in the step
    itself.

    Attributes:
        pipeline: The pipeline that was compiled.
        nodes: Names of the Kedro nodes, in the order in which they run; none for an export.
        loaded_pipeline: A smaller registered pipeline that holds the nodes too, and that Kedro
            imports in place of `pipeline` where it can; None when there is none.
        env: The conf environment, or None for the project's default.
        conf_source: The configuration folder, or None for the one that the project's settings name.
        parameters: Runtime parameters.
        parameter_inputs: Parameter, by its dotted name, to the literal input that gives its value.
        mlflow: What azureml.yml says of the step's MLflow run, where it says anything.
        load_versions: Dataset to version.
        runner: The class of Kedro's that runs the nodes; None for Kedro's default.
        runner_params: What the runner is made with.
        raw_inputs: Project-relative path of a raw input to where Azure ML mounts it.
        inputs: Dataset to the folder that an earlier step wrote.
        outputs: Dataset to the folder that this step writes.
        results: Likewise, for objects that no step reads and the catalog does not store: kept
            where they can be, because ``kedro run`` asks nothing of them.
        storage: Address of the container that stored datasets travel through; None without one.
        stored: Dataset to a folder that only says where in that container the data is, which a
            later step reads.
        publish: Dataset to the output that holds its files and nothing else. The folder of
            `outputs` then holds its manifest alone.
        published: Dataset to where an earlier step published it; `inputs` has its manifest.
        export: The folder that the datasets of `inputs` and `merged` are copied to.
        combination: The input that says for which values of a sweep's parameters the step is a
            copy; in the step itself, these values.
        outcome: The folder in which the step says how it went, for the summary of a sweep.
        sweep: The combinations that a summary is of, see `kedro_azureml.job.sweep.SummaryPlan`.
        outcomes: Step to its `outcome`, for those that a summary reads.
        parts: Step to the `summary` that it wrote of a part of the combinations.
        summary: The folder that the summary of a sweep is written to.
        shards: The input of the node whose partitions are shared, to the share of this step, such
            as ``3/8``; by the name that the node uses.
        merged: Dataset to the folders of an earlier step's shards, in their order: each has a part
            of its partitions.
        partials: Dataset to the folder for what this shard makes of it: an object, which a later
            step combines with those of the others.
        combined: Dataset to the folders with what the shards have made of it, in their order. The
            step combines that, and does not call the node's function.
        working_directory: The folder of the image that holds the project; None when the code is
            uploaded, or lies where the image starts.
        environment: Variables that the command sets for itself: those of a sweep step, of which
            Azure ML hands none on.
        code: The folder that is uploaded as the step's code, as the document has it; None when the
            code is in the image. It is no part of the command.
    """

    pipeline: str
    nodes: tuple[str, ...]
    loaded_pipeline: str | None = None
    env: str | None = None
    conf_source: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    parameter_inputs: Mapping[str, ParameterInput] = field(default_factory=dict)
    mlflow: Mapping[str, Any] = field(default_factory=dict)
    load_versions: Mapping[str, str] = field(default_factory=dict)
    runner: str | None = None
    runner_params: Mapping[str, Any] = field(default_factory=dict)
    raw_inputs: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    storage: str | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    publish: Mapping[str, Publication] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)
    export: str | None = None
    combination: str | None = None
    outcome: str | None = None
    sweep: Mapping[str, Any] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    summary: str | None = None
    shards: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partials: Mapping[str, str] = field(default_factory=dict)
    combined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    working_directory: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None

    @classmethod
    def from_command(cls, command: str, code: str | None = None) -> StepRecord | None:
        """Read a command's text; None when it does not run a step of this package.

        Args:
            command: The text.
            code: The code folder beside it in the document.
        """
        try:
            words = shlex.split(command)
            directory = words[1] if words[:1] == ["cd"] and words[2:3] == ["&&"] else None
            if directory is not None:
                words = words[3:]
            environment, words = read_environment(words)
            if tuple(words[: len(_START)]) != _START:
                return None
            record = cls.from_arguments(list(map(_without_block, words[len(_START) :])))
        except (ValueError, RecursionError):
            return None
        return replace(record, working_directory=directory, environment=environment, code=code)

    @classmethod
    def from_arguments(cls, words: Sequence[str]) -> StepRecord:
        """Read the words that a shell makes of the command, without ``python -m ...``.

        Raises:
            ArgumentError: An option is unknown, lacks its value or is missing.
        """
        values: dict[str, Any] = {}
        remaining = iter(words)
        for option in remaining:
            if option not in _OPTIONS:
                problem = "unknown option" if option.startswith("--") else "unexpected"
                raise ArgumentError(f"{problem} '{option}' in the step's command")
            attribute, kind = _OPTIONS[option]
            try:
                read_words(values, attribute, kind, remaining)
            except (StopIteration, ValueError):
                message = f"the option '{option}' of the step's command has no such value"
                raise ArgumentError(message) from None
        has_work = any(map(values.get, ("nodes", "export", "summary")))
        if not values.get("pipeline") or not has_work:
            raise ArgumentError("the step's command needs --pipeline and --node")
        for files, manifests in (("publish", "outputs"), ("published", "inputs")):
            alone = values.get(files, {}).keys() - values.get(manifests, {}).keys()
            if alone:
                option = f"--{manifests.removesuffix('s')}"
                raise ArgumentError(f"--{files} of the step's command needs {option}: {min(alone)}")
        return cls(**{**values, "nodes": tuple(values.get("nodes", ()))})

    @property
    def reads(self) -> tuple[str, ...]:
        """What the step reads: raw inputs by their paths, then datasets of earlier steps."""
        return (*self.raw_inputs, *self.inputs, *self.merged, *self.combined)

    @property
    def is_quoted_singly(self) -> bool:
        """Whether a raw input's name puts its path between single quotes, and so forbids these."""
        return any(map(needs_single_quotes, self.raw_inputs))

    @property
    def writes(self) -> tuple[str, ...]:
        """The datasets that leave the step, or a part of which does."""
        return (*self.outputs, *self.stored, *self.results, *self.partials)

    @property
    def output_names(self) -> dict[str, str]:
        """Each dataset that leaves the step, to the document's output that has its manifest."""
        summary = {STEP: self.summary} if self.summary and self.sweep.get(WHOLE) else {}
        return _names({**self.outputs, **self.stored, **self.results, **summary})

    @property
    def manifest_outputs(self) -> tuple[str, ...]:
        """The document's outputs in which the step says last what it has written."""
        return (*self.output_names.values(), *_names(self.partials).values())

    @property
    def published_names(self) -> dict[str, str]:
        """Each dataset that the step publishes, to the document's output that has its files."""
        return _names({dataset: each.place for dataset, each in self.publish.items()})

    def without_outputs(self) -> StepRecord:
        """Return the record of a process that leaves saving to another."""
        return replace(self, outputs={}, results={}, stored={}, publish={}, outcome=None)

    def command(self) -> str:
        """Write the command's text, one option after another."""
        text = " ".join([*_START, *(quoted for _, quoted in self._words())])
        text = with_environment(text, self.environment)
        if self.working_directory is None:
            return text
        return f"cd {_quoted_folder(self.working_directory)} && {text}"

    def arguments(self) -> list[str]:
        """Return the words that a shell makes of the command, without ``python -m ...``."""
        return [word for word, _ in self._words()]

    def _words(self) -> Iterator[tuple[str, str]]:
        """Yield each word as the step gets it, and as the shell reads it."""
        for option, (attribute, kind) in _OPTIONS.items():
            is_optional = kind == "optional_folders"
            for *words, (last, quoted) in write_words(kind, getattr(self, attribute)):
                yield option, f"{_BLOCK}{option}" if is_optional else option
                yield from words
                yield last, f"{quoted}{_BLOCK_END}" if is_optional else quoted


def _without_block(word: str) -> str:
    """Return a word of a document's command as a step gets it."""
    if word.startswith(f"{_BLOCK}--"):
        return word.removeprefix(_BLOCK)
    return word.removesuffix(_BLOCK_END) if word.endswith(f"}}}}{_BLOCK_END}") else word


def _names(places: Mapping[str, str]) -> dict[str, str]:
    names = {dataset: output_name(place) for dataset, place in places.items()}
    return {dataset: name for dataset, name in names.items() if name is not None}


def _quoted_folder(path: str) -> str:
    # `cd` takes a dash in front for an option.
    return quoted_for_shell(f"./{path}" if path.startswith("-") else path)
