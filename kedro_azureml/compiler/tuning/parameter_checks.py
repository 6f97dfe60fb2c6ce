"""What keeps a parameter from being tuned, and who else reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_azureml.compiler.data.dependents import Differences
from kedro_azureml.compiler.data.parameter_inputs import parameters_overlap, sees_parameter
from kedro_azureml.config.models.tune import Space, TuneConfig
from kedro_azureml.dataset_names import PARAMETER_PREFIX, PARAMETERS, parameter_key
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.project.catalog import CatalogView
from kedro_azureml.secrets.references import secrets_in

_SHOWN = 4
_Problem = tuple[str, str]


@dataclass(frozen=True)
class ParameterChecks:
    """What the parameters of a job are checked against.

    Attributes:
        step: The tuned step.
        readers: Each step, to the parameters that its nodes read, or have their numbers from.
        catalog: Where the parameters' values are.
        inputs_of_job: The parameters that are inputs of the job.
        changes_with: What changes when a parameter has other values.
        check_values: Raises what keeps the project from being loaded with one of these values of a
            parameter, said at this place.
        place: Gives the place of a key of ``tune``, for findings.
    """

    step: str
    readers: Mapping[str, Collection[str]]
    catalog: CatalogView
    inputs_of_job: Collection[str]
    changes_with: Callable[[str, Sequence[Any]], Differences]
    check_values: Callable[[str, Sequence[Any], str], None]
    place: Callable[..., str]

    def findings(self, tune: TuneConfig) -> Iterator[Diagnostic]:
        """Report KAZ272 for parameters that cannot be tuned, KAZ273 for those that others read.

        Raises:
            DiagnosticError: The project cannot be loaded with a value that is to be tried.
        """
        earlier: list[str] = []
        for name, space in tune.spaces.items():
            where = self.place("parameters", name)
            for message, remedy in self._problems(name, space, earlier):
                message = f"The parameter '{name}' cannot be tuned. {message}"
                yield Diagnostic("KAZ272", message, remedy, where=where)
                break
            else:
                if space.type == "choice":
                    now = self.catalog.parameter(f"{PARAMETER_PREFIX}{name}")
                    self.check_values(name, (now, *space.values), where)
                yield from self._other_readers(name, space, where)
            earlier.append(name)

    def _problems(self, name: str, space: Space, earlier: Iterable[str]) -> Iterator[_Problem]:
        known = {parameter_key(each) for each in self.catalog.parameters if each != PARAMETERS}
        if name not in known:
            yield "It does not exist.", nearest(name, known)
            return
        value = self.catalog.parameter(f"{PARAMETER_PREFIX}{name}")
        if secret := next(secrets_in(value), None):
            yield f"It holds the secret '{secret}'.", "Tune another one."
            return
        for other in (*self.inputs_of_job, *earlier):
            if parameters_overlap(name, other):
                cause = (
                    f"'{other}' is an input of the job or tuned already, and one holds the other."
                )
                yield cause, "Keep one of them."
        changes = self._changes(name, space)
        for other in self.inputs_of_job:
            if any(parameters_overlap(other, each) for each in changes.parameters):
                cause = f"'{other}', which changes with it, is an input of the job, and would stay."
                yield cause, f"Leave '{other}' out of the inputs of this job, or tune that."
        read = self.readers[self.step]
        if not any(sees_parameter(read, each) for each in (name, *changes.parameters)):
            named = nearest(name, {each for each in read if each != PARAMETERS})
            yield "The tuned nodes do not read it.", named or "Tune one that they read."
        what = [f"The catalog entry of '{each}'" for each in changes.entries]
        for thing in what + ["azureml.yml"] * changes.config:
            yield (
                f"{thing} depends on it by ${{...}}, and is compiled once for all trials.",
                "Let a node read the parameter instead.",
            )

    def _other_readers(self, name: str, space: Space, where: str) -> Iterator[Diagnostic]:
        names = (name, *self._changes(name, space).parameters)
        others = [
            step
            for step, read in self.readers.items()
            if step != self.step and any(sees_parameter(read, each) for each in names)
        ]
        if others:
            read, get = ("reads", "gets") if len(others) == 1 else ("read", "get")
            yield Diagnostic(
                "KAZ273",
                f"{listed(others, _SHOWN)} {read} '{name}' too, and {get} "
                "the value of parameters.yml, not that of the best trial.",
                "Let the tuned nodes return what later nodes need of it, or tune those nodes too.",
                severity="warning",
                where=where,
            )

    def _changes(self, name: str, space: Space) -> Differences:
        now = self.catalog.parameter(f"{PARAMETER_PREFIX}{name}")
        others = [value for value in space.values if value != now]
        return self.changes_with(name, others) if others else Differences()
