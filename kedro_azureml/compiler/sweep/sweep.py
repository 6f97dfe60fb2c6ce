"""A job as a sweep: its combinations, its copied steps and its summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_azureml.compiler.data.dependents import Differences, check_values, placed_at
from kedro_azureml.compiler.data.parameter_inputs import ParameterInputs
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.job_parts import JobParts
from kedro_azureml.compiler.placement.computes import place_added_step
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.sweep.combinations import Combinations, combine
from kedro_azureml.compiler.sweep.copies import Copies, StepCopy, copy_steps
from kedro_azureml.compiler.sweep.places import places_shared
from kedro_azureml.compiler.sweep.rebinding import needs_of
from kedro_azureml.compiler.sweep.summary import with_summary
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.dataset_names import PARAMETERS, parameter_key
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.job.model import Literal_, Output, PipelineJob
from kedro_azureml.job.parameter_inputs import ParameterType
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.nested import laid_over, nested
from kedro_azureml.project import Project
from kedro_azureml.project.loaded import LoadedProject


@dataclass(frozen=True)
class Sweep:
    """A job over many values.

    Attributes:
        config: What is asked for.
        where: Where that stands, for findings.
        combinations: The values.
    """

    config: SweepConfig
    where: str
    combinations: Combinations

    @classmethod
    def of(cls, request: CompileRequest) -> Sweep:
        """Return the sweep that a request asks for.

        Raises:
            DiagnosticError: KAZ261 and KAZ262; KAZ107, an option that no sweep can have.
        """
        if request.only_missing_outputs:
            option = "--only-missing-outputs"
            message = (
                "The catalog does not tell which outputs of the combinations of a sweep exist."
            )
            remedy = f"Leave {option} out, or begin at a node: --from-nodes."
            raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where=option))
        assert request.sweep is not None  # noqa: S101 - who calls has looked
        combinations = combine(request.sweep, request.sweep_place)
        return cls(request.sweep, request.sweep_place, combinations)

    @property
    def types(self) -> dict[str, ParameterType]:
        """The swept parameters, to what their values are."""
        return {each.parameter: each.type for each in self.combinations.swept}

    @property
    def literals(self) -> dict[str, list[Literal_]]:
        """The swept parameters, to all values as a document has them."""
        return {
            e.parameter: [*map(e.literal, range(len(e.values)))] for e in self.combinations.swept
        }

    @property
    def others(self) -> dict[str, Sequence[Any]]:
        """All but the first value of each swept parameter that has more."""
        swept = self.combinations.swept
        return {e.parameter: e.values[1:] for e in swept if len(e.values) > 1}

    def with_first(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return runtime parameters with the values of the first combination laid over them."""
        return laid_over(params, nested(self.combinations.values(self.combinations.rows[0])))

    def load(self, project: Project, params: Mapping[str, Any]) -> LoadedProject:
        """Load the project with the first combination; it has to load with all others too.

        Args:
            project: The project.
            params: Runtime parameters with the values of the first combination.

        Raises:
            DiagnosticError: The project cannot be loaded with a value.
        """
        with placed_at(self.where):
            loaded = project.load(params)
        for each in self.combinations.swept:
            check_values(project, params, each.parameter, each.values, self.where)
        return loaded

    def check(self, changes: Mapping[str, Differences]) -> Iterator[Diagnostic]:
        """Report KAZ261 for what depends on a swept parameter and is compiled once.

        Args:
            changes: Parameter to what changes with it.
        """
        for parameter in self.others:
            what = [f"The catalog entry of '{name}'" for name in changes[parameter].entries]
            for thing in what + ["azureml.yml"] * changes[parameter].config:
                yield Diagnostic(
                    "KAZ261",
                    f"{thing} depends on the parameter '{parameter}' by ${{...}}, and is compiled "
                    "once for all combinations.",
                    "Let a node read the parameter instead, or run a job for each value.",
                    where=self.where,
                )

    def unknown(
        self, project: Project, params: Mapping[str, Any], parameters: ParameterInputs
    ) -> Iterator[Diagnostic]:
        """Report KAZ261 for a part of a parameter that is read, and that has no such part so far.

        A node may look for it. More often the name is misspelt, and each combination is paid for.

        Args:
            project: The project.
            params: Runtime parameters without those of the sweep.
            parameters: Which parameters can be swept.
        """
        try:
            known = project.load(params).catalog.parameters
        except DiagnosticError:
            # It needs the values of the sweep.
            return
        names = {parameter_key(name) for name in known} - {PARAMETERS}
        for each in parameters.exposed:
            if each.is_swept and each.parameter not in names:
                yield Diagnostic(
                    "KAZ261",
                    f"The project has no parameter '{each.parameter}' yet, and nodes read what "
                    "would hold it.",
                    nearest(each.parameter, names) or "Add it to parameters.yml.",
                    severity="warning",
                    where=self.where,
                )

    def apply(
        self,
        job: PipelineJob,
        records: Mapping[str, StepRecord],
        parts: JobParts,
        request: CompileRequest,
        config: AzureMLConfig,
    ) -> Copies:
        """Make a job run what depends on the swept parameters for each combination.

        Args:
            job: The document, in which each swept parameter is an input.
            records: What each of its steps runs.
            parts: What the job consists of.
            request: What is compiled.
            config: azureml.yml.

        Raises:
            DiagnosticError: KAZ262.
        """
        inputs = {e.name: e.parameter for e in parts.parameters.exposed if e.is_swept}
        bound = self.config.max_concurrent
        copies = copy_steps(job, records, inputs, self.combinations, bound, self.where)
        # A shard has a name of its own, and the place of its node.
        placements = parts.placements
        beside = next((name for name in copies.of if name in placements.of), None)
        placed = place_added_step(beside or next(iter(placements.of)), request, config, placements)
        copies.job = with_summary(copies, self.combinations, placed, self.where)
        return copies

    def problems(
        self,
        job: PipelineJob,
        copies: Mapping[str, Sequence[StepCopy]],
        records: Mapping[str, StepRecord],
        wiring: Wiring,
    ) -> Iterator[Diagnostic]:
        """Report KAZ263: the copies of a step make versions of one asset.

        And KAZ261: the summary would take a combination for completed whose last step failed; and
        KAZ264: combinations write to one place.
        """
        yield from places_shared(wiring, copies, records, self.where)
        for name in _untold(job, copies):
            yield Diagnostic(
                "KAZ261",
                f"The component of '{name}' is not this package's and no node reads what it "
                "writes, so the table could not tell whether it completed.",
                "Let a node read what it writes.",
                where=self.where,
            )
        for name in copies:
            for output in job.jobs[name].outputs.values():
                if isinstance(output, Output) and output.name is not None:
                    yield Diagnostic(
                        "KAZ263",
                        f"Each combination registers a version of '{output.name}', in the order "
                        "in which they end.",
                        "Register the best one afterwards, or leave 'register' out.",
                        severity="warning",
                        where=self.where,
                    )


def _untold(job: PipelineJob, copies: Mapping[str, Sequence[StepCopy]]) -> Iterator[str]:
    """Yield the steps of which neither they nor a step behind them says how they went."""
    known: set[str] = set()
    left = [name for name, each in copies.items() if each[0].outcome is not None]
    while left:
        name = left.pop()
        if name not in known:
            known.add(name)
            left += needs_of(job.jobs[name])
    yield from (name for name in copies if name not in known)
