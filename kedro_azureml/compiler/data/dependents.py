"""What of a project changes with a parameter, beside the nodes that read it.

Kedro lays runtime parameters over the project's own before it resolves ``${...}``, so that one
parameter can change another one, a catalog entry or azureml.yml. The project is loaded with another
value, and compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kedro_azureml.dataset_names import PARAMETERS, is_parameter, parameter_key
from kedro_azureml.datasets.location import Location, locate
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.nested import as_runtime_value, laid_over, nested, without
from kedro_azureml.project import Project
from kedro_azureml.project.loaded import LoadedProject

_REFERENCE = "${"
# What a resolver makes of a value may be the same for some values, and another thing for others.
_RESOLVED = re.compile(r"\$\{[^${}]+:[^{}]*\$\{")


@dataclass(frozen=True)
class Differences:
    """What changes with a parameter.

    Attributes:
        parameters: Other parameters; of one in a mapping, the mapping is not named.
        entries: Datasets whose catalog entries do.
        moved: Those of them that are files of another path then.
        config: Whether azureml.yml does.
        anything: Whether nobody can tell, and anything may.
    """

    parameters: frozenset[str] = frozenset()
    entries: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    config: bool = False
    anything: bool = False


def changes_with(
    project: Project,
    params: Mapping[str, Any],
    name: str,
    values: Sequence[Any],
    datasets: Iterable[str] = (),
) -> Differences:
    """Return what changes when a parameter has another value.

    Args:
        project: The project.
        params: Runtime parameters.
        name: The parameter, by its dotted name.
        values: The other values. What the first one does not change, no other one does, unless they
            are mappings, or a resolver makes something of them.
        datasets: The datasets whose entries are compared.

    Raises:
        DiagnosticError: The project cannot be loaded with a value.
    """
    one = project.load(params)
    texts = list(_texts(one.conf_source))
    if not any(_REFERENCE in text for text in texts):
        return Differences()
    entries = [n for n in sorted(set(datasets)) if not is_parameter(n)]
    if not any(map(_RESOLVED.search, texts)) and not any(isinstance(v, dict) for v in values):
        values = values[:1]
    found = [
        _differences(project, one, params, _with(params, name, value), entries) for value in values
    ]
    parameters = {each for differences in found for each in differences.parameters}
    return Differences(
        frozenset(_without_holders(name, parameters)),
        tuple(n for n in entries if any(n in differences.entries for differences in found)),
        tuple(n for n in entries if any(n in differences.moved for differences in found)),
        any(differences.config for differences in found),
    )


def _with(params: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return runtime parameters in which one has another value; mappings are not merged."""
    return laid_over(without(params, name), nested({name: value}))


def _differences(
    project: Project,
    one: LoadedProject,
    params: Mapping[str, Any],
    other_params: Mapping[str, Any],
    entries: Iterable[str],
) -> Differences:
    other = project.load(other_params)
    changed = [n for n in entries if one.catalog.resolve(n) != other.catalog.resolve(n)]
    return Differences(
        frozenset(_changed_parameters(one, other)),
        tuple(changed),
        tuple(n for n in changed if _location(one, n) != _location(other, n)),
        project.config(params) != project.config(other_params),
    )


def check_values(
    project: Project, params: Mapping[str, Any], name: str, values: Sequence[Any], where: str
) -> None:
    """See to it that the project can be loaded with each value of a parameter, as with the first.

    Args:
        project: The project.
        params: Runtime parameters.
        name: The parameter, by its dotted name.
        values: Its values.
        where: Where these are said, for findings.

    Raises:
        DiagnosticError: It cannot be loaded with one of them.
    """
    with placed_at(where):
        for value in _unlike_the_first(values):
            project.load(_with(params, name, value))


@contextmanager
def placed_at(where: str) -> Iterator[None]:
    """Raise findings about runtime parameters as such about another place, which gave them."""
    try:
        yield
    except DiagnosticError as error:
        raise DiagnosticError(_placed(d, where) for d in error.diagnostics) from error


def _placed(problem: Diagnostic, where: str) -> Diagnostic:
    if problem.where != "--params":
        return problem
    remedy = problem.remedy
    if remedy and not where.startswith("--"):
        # OmegaConf reads azureml.yml too, and takes one layer of escapes off.
        remedy = remedy.replace(r"'\${'", r"'\\\${' in single quotes")
    return replace(problem, where=where, remedy=remedy)


def _unlike_the_first(values: Sequence[Any]) -> Iterator[Any]:
    """Yield the values with which a project may not load though it does with the first one.

    Those are a reference, and one of each other shape: a list cannot be laid over a section.
    """
    shapes = {_shape(values[0])}
    for value in values[1:]:
        if _REFERENCE in str(value) or _shape(value) not in shapes:
            shapes.add(_shape(value))
            yield value


def _shape(value: Any) -> type | None:
    return type(value) if isinstance(value, dict | list) else None


def dependents(
    project: Project,
    params: Mapping[str, Any],
    names: Iterable[str],
    known: Mapping[str, Sequence[Any]],
    datasets: Collection[str],
) -> dict[str, Differences]:
    """Return what changes with parameters, whatever value these will have.

    Args:
        project: The project.
        params: Runtime parameters.
        names: The parameters, by their dotted names; one that does not exist changes nothing.
        known: Those of them that are to have other values, and these.
        datasets: The datasets whose entries are compared.

    Raises:
        DiagnosticError: The project cannot be loaded with a value that is known.
    """
    found: dict[str, Differences] = {}
    catalog = project.load(params).catalog
    for name in names:
        key = f"params:{name}"
        if name in known:
            found[name] = changes_with(project, params, name, known[name], datasets)
        elif key in catalog.parameters:
            another = as_runtime_value(_another(catalog.parameter(key)))
            try:
                found[name] = changes_with(project, params, name, [another], datasets)
            except DiagnosticError:
                # It is not a value that anybody asked for, and something depends on it.
                found[name] = Differences(anything=True)
    return found


def _texts(conf_source: Path) -> Iterator[str]:
    files = (path for path in conf_source.rglob("*.y*ml") if path.is_file())
    return (path.read_text("utf-8", "replace") for path in files)


def _another(value: Any) -> Any:
    """Return another value of the same type, of which each part is another one too."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value[:-1]}{'2' if value.endswith('1') else '1'}"
    if isinstance(value, list):
        return [*map(_another, value), 1]
    parts = value.items() if isinstance(value, dict) else ()
    return {**{key: _another(part) for key, part in parts}, "another": 1}


def _changed_parameters(one: LoadedProject, other: LoadedProject) -> Iterator[str]:
    for name in one.catalog.parameters & other.catalog.parameters:
        if name != PARAMETERS and _text(one, name) != _text(other, name):
            yield parameter_key(name)


def _without_holders(name: str, changed: Collection[str]) -> Iterator[str]:
    """Yield what changes with a parameter: no part of that, and nothing that only holds a change.

    Beside what changes in a mapping there may be what does not.
    """
    for each in changed:
        holds = any(other.startswith(f"{each}.") for other in (*changed, name))
        if not holds and not f"{each}.".startswith(f"{name}."):
            yield each


def _location(project: LoadedProject, dataset: str) -> Location:
    return locate(project.catalog.resolve(dataset), project.path)


def _text(project: LoadedProject, name: str) -> str:
    """Return a parameter's value as a text: 1, 1.0 and true are three."""
    return json.dumps(project.catalog.parameter(name), default=repr)
