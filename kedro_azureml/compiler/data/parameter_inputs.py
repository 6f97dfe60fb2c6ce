"""Parameters that become inputs of the job: which, with what value, and who reads them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.data.dependents import Differences
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.naming import azure_names, name_beside
from kedro_azureml.compiler.placement.distribution import sizing_parameters
from kedro_azureml.dataset_names import PARAMETER_PREFIX, PARAMETERS, is_parameter, parameter_key
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.parameter_inputs import ParameterType, type_of, written
from kedro_azureml.nested import as_runtime_value, without
from kedro_azureml.project.catalog import CatalogView
from kedro_azureml.secrets.references import secrets_in

# Before the name of an input that a dataset has already.
_BESIDE = "params_"
_JOB_INPUTS = "azureml.yml azure.job_inputs"


@dataclass(frozen=True)
class Exposed:
    """A parameter that is an input of the job.

    Attributes:
        parameter: Its dotted name.
        name: The input's name.
        type: What its values are.
        default: The project's value, as the document has it.
        is_swept: Whether the steps get their values from a sweep, and not from the job.
    """

    parameter: str
    name: str
    type: ParameterType
    default: str | bool | int | float
    is_swept: bool = False


@dataclass
class ParameterInputs:
    """The parameters of a job that are inputs of it.

    Attributes:
        exposed: In the order in which they were asked for.
        of_step: Step to those that its nodes read.
        changing: Each, to all parameters that change with it, itself among them.
        problems: KAZ211.
    """

    exposed: list[Exposed] = field(default_factory=list)
    of_step: dict[str, tuple[Exposed, ...]] = field(default_factory=dict)
    changing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def left(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the runtime parameters that are no inputs of the job."""
        left = dict(params)
        for exposed in self.exposed:
            left = without(left, exposed.parameter)
        return left

    def behind(self, parameter: str) -> str | None:
        """Return the input of the job that another parameter changes with, if it is none itself."""
        if any(e.parameter == parameter for e in self.exposed):
            return None
        return next(
            (e.parameter for e in self.exposed if self._changes(parameter, e.parameter)), None
        )

    def _changes(self, parameter: str, other: str) -> bool:
        return any(parameters_overlap(parameter, each) for each in self.changing[other])


def expose(
    asked: Mapping[str, str],
    groups: Iterable[Group],
    catalog: CatalogView,
    pipelines: Mapping[str, Pipeline],
    taken: Collection[str],
    swept: Mapping[str, ParameterType] | None = None,
    others: Mapping[str, Differences] | None = None,
) -> ParameterInputs:
    """Find the parameters of a job that are inputs of it.

    Args:
        asked: Dotted name of each, to where it is asked for, for findings; an empty place for one
            that other pipelines may have instead.
        groups: The nodes of each step.
        catalog: Where the parameters' values are.
        pipelines: The registered pipelines.
        taken: The names of the job's other inputs and outputs.
        swept: Those of them that a sweep gives values, to what these are.
        others: Parameter to what changes with it: who reads that reads it too.
    """
    swept = swept or {}
    others = others or {}
    found = ParameterInputs()
    groups = list(groups)
    readers = {group.name: set(parameters_read_by(group.nodes)) for group in groups}
    sizes = {name for group in groups for name in sizing_parameters(group.nodes)}
    chosen: list[tuple[str, Any, ParameterType]] = []
    changing = {name: others.get(name, Differences()) for name in asked}
    with_others = {name: (name, *changing[name].parameters) for name in asked}
    for name, where in asked.items():
        if name not in swept and any(
            parameters_overlap(name, each) for other in swept for each in with_others[other][1:]
        ):
            # It changes with what is swept; with an input of its own it would keep its value.
            continue
        if not any(
            sees_parameter(names, each) for names in readers.values() for each in with_others[name]
        ):
            if where or not _is_read_elsewhere(name, pipelines):
                found.problems.append(_unread(name, where, readers, catalog, name in swept))
            continue
        if f"{PARAMETER_PREFIX}{name}" not in catalog.parameters:
            # Nodes read what would hold it.
            found.problems.append(_unread(name, where, readers, catalog, name in swept))
            continue
        value = _value(name, catalog)
        earlier = [other for other, _, _ in chosen]
        moved = () if name in swept else changing[name].moved
        problem = (
            _conflict(name, with_others[name], earlier, sizes) or _secret(value) or _place(moved)
        )
        if problem is None:
            kind = swept.get(name) or type_of(value)
            try:
                chosen.append((name, written(as_runtime_value(value), kind), kind))
            except (TypeError, ValueError):
                problem = (
                    f"JSON cannot hold its value, a {type(value).__name__}.",
                    "Write it as a text in parameters.yml, or leave it out here.",
                )
        if problem is not None:
            found.problems.append(_finding(name, where, *problem, name in swept))
    found.changing = with_others
    found.problems += _keep_their_values([name for name, _, _ in chosen], with_others, asked)
    names = input_names([name for name, _, _ in chosen], taken)
    found.exposed = [Exposed(n, names[n], kind, default, n in swept) for n, default, kind in chosen]
    found.of_step = {
        group.name: tuple(
            e
            for e in found.exposed
            if _reaches(changing[e.parameter], with_others[e.parameter], group)
        )
        for group in groups
    }
    return found


def parameters_read_by(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the parameters that nodes read, by dotted name; ``parameters`` for all of them."""
    for node in nodes:
        yield from (parameter_key(name) for name in node.inputs if is_parameter(name))


def datasets_of(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the datasets that nodes read and write, as they name them."""
    for node in nodes:
        yield from (name for name in (*node.inputs, *node.outputs) if not is_parameter(name))


def sees_parameter(read: Collection[str], name: str) -> bool:
    """Tell whether who reads these parameters sees a change of another one."""
    return any(r == PARAMETERS or parameters_overlap(r, name) for r in read)


def parameters_overlap(one: str, other: str) -> bool:
    """Tell whether two dotted names are one parameter, or one holds the other."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _is_read_elsewhere(name: str, pipelines: Mapping[str, Pipeline]) -> bool:
    return any(
        sees_parameter(set(parameters_read_by(pipeline.nodes)), name)
        for pipeline in pipelines.values()
    )


def _value(name: str, catalog: CatalogView) -> Any:
    return catalog.parameter(f"{PARAMETER_PREFIX}{name}")


def _unread(
    name: str,
    where: str,
    readers: Mapping[str, Collection[str]],
    catalog: CatalogView,
    is_swept: bool,
) -> Diagnostic:
    known = {parameter_key(k) for k in catalog.parameters if k != PARAMETERS}
    if name not in known:
        return _finding(name, where, "It does not exist.", nearest(name, known), is_swept)
    read = {r for names in readers.values() for r in names} - {PARAMETERS}
    return _finding(name, where, "No node of this job reads it.", nearest(name, read), is_swept)


def _keep_their_values(
    names: Sequence[str], changing: Mapping[str, Sequence[str]], places: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Warn of inputs that refer to other ones: `--params` would change them with these."""
    for name, other in itertools.permutations(names, 2):
        if any(parameters_overlap(name, each) for each in changing[other][1:]):
            yield Diagnostic(
                "KAZ211",
                f"The input '{name}' keeps its value when '{other}', which it refers to, is set.",
                f"Set both, or leave '{name}' out of the inputs.",
                severity="warning",
                where=places[name] or _JOB_INPUTS,
            )


def _conflict(
    name: str, changing: Collection[str], others: Iterable[str], sizes: Collection[str]
) -> tuple[str, str] | None:
    if any(parameters_overlap(each, size) for each in changing for size in sizes):
        return (
            "It decides how many machines or processes a distributed node has, which is compiled.",
            "Give it with --params when you compile.",
        )
    for other in others:
        if parameters_overlap(name, other):
            return f"'{other}' is an input already, and one holds the other.", "Keep one of them."
    return None


def _secret(value: Any) -> tuple[str, str] | None:
    if secret := next(secrets_in(value), None):
        return (
            f"It holds the secret '{secret}', and everyone sees the inputs of a job.",
            "Leave it out: a step reads its secrets by itself.",
        )
    return None


def _reaches(changes: Differences, names: Collection[str], group: Group) -> bool:
    read = set(parameters_read_by(group.nodes))
    return (
        changes.anything
        or any(sees_parameter(read, name) for name in names)
        or not set(changes.entries).isdisjoint(datasets_of(group.nodes))
    )


def _place(moved: Sequence[str]) -> tuple[str, str] | None:
    if moved:
        return (
            f"It says where the catalog has the files of {listed(moved)}, which is compiled.",
            "Leave it out, and give it with --params, or in the job's parameters.",
        )
    return None


def _finding(name: str, where: str, problem: str, remedy: str, is_swept: bool) -> Diagnostic:
    role = "be swept" if is_swept else "be an input of the job"
    return Diagnostic(
        "KAZ211",
        f"The parameter '{name}' cannot {role}. {problem}",
        remedy or "Correct its name, or leave it out.",
        where=where or _JOB_INPUTS,
    )


def input_names(parameters: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """Name the inputs; one that a dataset has already gets another name."""
    names = azure_names(parameters, "parameter")
    used = {*taken, *names.values()}
    for parameter, name in names.items():
        if name in taken:
            names[parameter] = name_beside(_BESIDE, name, used)
            used.add(names[parameter])
    return names
