r"""The step's command line: written by the compiler, read by the step.

Azure ML substitutes ``${{...}}`` and ``$[[...]]`` in the text of a command and hands it to a shell,
quoting nothing. So a value that is not plain is written as JSON between single quotes, with ``$``
as ``\u0024`` and ``'`` as ``\u0027``: neither the service nor the shell finds anything to expand.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

_PLAIN = re.compile(r"^[A-Za-z0-9_./@:+][A-Za-z0-9_./@:+-]*$", re.ASCII)
MODULE = "kedro_azureml.step"


@dataclass(frozen=True)
class StepArguments:
    """What one step is told.

    Attributes:
        pipeline: The pipeline that was compiled.
        home: A registered pipeline that holds the step's nodes and less than `pipeline` does, so
            that Kedro imports less; None when there is none.
        nodes: Names of the Kedro nodes, in the order in which they run.
        env: The conf environment, or None for the project's default.
        params: Runtime parameters.
        load_versions: Dataset name to version.
        runner: The class of Kedro's that runs the nodes; None for Kedro's default.
        mounts: Project-relative path of a raw input to the expression of its Azure ML path.
        inputs: Dataset name to the expression of the folder that an earlier step wrote.
        outputs: Dataset name to the expression of the folder that this step writes.
        results: Likewise, for objects that no step reads and the catalog does not store: kept
            where they can be, because ``kedro run`` asks nothing of them.
        storage: Address of the container that stored datasets travel through; None without one.
        stored: Dataset name to the expression of a folder that only says where in that container
            the data is, which a later step reads.
    """

    pipeline: str
    nodes: tuple[str, ...]
    home: str | None = None
    env: str | None = None
    params: dict[str, Any] | None = None
    load_versions: dict[str, str] | None = None
    runner: str | None = None
    mounts: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    storage: str | None = None
    stored: tuple[tuple[str, str], ...] = ()

    def without_outputs(self) -> StepArguments:
        """What a process does that leaves saving to another."""
        return replace(self, outputs=(), results=(), stored=())

    def command(self) -> str:
        """The command text, one option after another."""
        words = ["python", "-m", MODULE, "--pipeline", quote(self.pipeline)]
        if self.home:
            words += ["--home", quote(self.home)]
        for node in self.nodes:
            words += ["--node", quote(node)]
        if self.env:
            words += ["--env", quote(self.env)]
        if self.runner:
            words += ["--runner", quote(self.runner)]
        if self.params:
            words += ["--params", quote_json(self.params)]
        if self.storage:
            words += ["--storage", quote(self.storage)]
        for name, version in sorted((self.load_versions or {}).items()):
            words += ["--load-version", quote(name), quote(version)]
        for option, pairs in (
            ("--mount", self.mounts),
            ("--input", self.inputs),
            ("--output", self.outputs),
            ("--stored", self.stored),
            ("--result", self.results),
        ):
            for name, expression in pairs:
                words += [option, quote(name), f'"{expression}"']
        return " ".join(words)


class ArgumentError(ValueError):
    """The command line is not one that `StepArguments.command` writes."""


def quote(value: str) -> str:
    """A string for the command line: as it is when plain, else as quoted JSON."""
    return value if _PLAIN.fullmatch(value) else quote_json(value)


def quote_json(value: Any) -> str:
    """Any JSON value as one shell word that holds no ``$``, no quote and no backquote to expand.

    Raises:
        ValueError: The value is NaN or infinite, which JSON cannot hold.
        TypeError: The value is not JSON.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=False)
    return f"'{text.replace('$', chr(92) + 'u0024').replace(chr(39), chr(92) + 'u0027')}'"


def unquote(word: str) -> str:
    """What `quote` was given, from the word that the shell hands over."""
    return str(json.loads(word)) if word.startswith('"') else word


def parse(argv: list[str]) -> StepArguments:
    """Read the words that a shell makes of `StepArguments.command`, without ``python -m ...``.

    Raises:
        ArgumentError: An option is unknown or lacks its value.
    """
    two = ("--mount", "--input", "--output", "--stored", "--result", "--load-version")
    arity = dict.fromkeys(two, 2)
    single: dict[str, str] = {}
    nodes: list[str] = []
    pairs: dict[str, list[tuple[str, str]]] = {option: [] for option in arity}
    words = list(argv)
    while words:
        option = words.pop(0)
        count = arity.get(option, 1)
        if not option.startswith("--") or len(words) < count:
            raise ArgumentError(f"unexpected '{option}' in the step's command")
        values = [words.pop(0) for _ in range(count)]
        if option in pairs:
            second = unquote(values[1]) if option == "--load-version" else values[1]
            pairs[option].append((unquote(values[0]), second))
        elif option == "--node":
            nodes.append(unquote(values[0]))
        elif option in ("--pipeline", "--home", "--env", "--runner", "--params", "--storage"):
            single[option] = values[0]
        else:
            raise ArgumentError(f"unknown option '{option}' in the step's command")
    if "--pipeline" not in single or not nodes:
        raise ArgumentError("the step's command needs --pipeline and --node")
    return StepArguments(
        pipeline=unquote(single["--pipeline"]),
        home=unquote(single["--home"]) if "--home" in single else None,
        nodes=tuple(nodes),
        env=unquote(single["--env"]) if "--env" in single else None,
        runner=unquote(single["--runner"]) if "--runner" in single else None,
        params=json.loads(single["--params"]) if "--params" in single else None,
        load_versions=dict(pairs["--load-version"]) or None,
        mounts=tuple(pairs["--mount"]),
        inputs=tuple(pairs["--input"]),
        outputs=tuple(pairs["--output"]),
        results=tuple(pairs["--result"]),
        storage=unquote(single["--storage"]) if "--storage" in single else None,
        stored=tuple(pairs["--stored"]),
    )


def storage_in(commands: Iterable[str]) -> str | None:
    """The address of the container that steps with these commands use; None without one."""
    for command in commands:
        arguments = parse_command(command)
        if arguments is not None and arguments.storage is not None:
            return arguments.storage
    return None


def parse_command(command: str) -> StepArguments | None:
    """Read a whole command text; None when it does not run a step of this plugin."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if words[:1] == ["cd"] and words[2:3] == ["&&"]:
        # Where the code is in the image.
        words = words[3:]
    if words[:3] != ["python", "-m", MODULE]:
        return None
    try:
        return parse(words[3:])
    except (ArgumentError, ValueError):
        return None
