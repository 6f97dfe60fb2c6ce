"""From a pipeline job to a plan, with everything that is wrong with it said at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from kedro_azureml.diagnostics import DiagnosticError, nearest
from kedro_azureml.job.expressions import ExpressionError, input_expression, render_command
from kedro_azureml.job.model import PipelineJob, Step, SweepStep
from kedro_azureml.job.order import in_order
from kedro_azureml.job.references import is_local
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.tags import combination_in
from kedro_azureml.rehearsal.plan.bindings import Bindings
from kedro_azureml.rehearsal.plan.findings import REPAIR, Findings
from kedro_azureml.rehearsal.plan.model import (
    MAX_TRIALS,
    Plan,
    PlannedDistribution,
    PlannedInput,
    PlannedStep,
    PlannedTuning,
    Upstream,
)

# The documented default: docs/architecture/azureml-contracts.md#orchestration
CONTINUE_ON_STEP_FAILURE = True

_STEP_NAME = re.compile(r"^[a-z_][a-z0-9_]*$")
_IO_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$")
_LONGEST_NAME = 255


def make_plan(
    job: PipelineJob,
    base: Path,
    source: str,
    project: Path | None = None,
    max_trials: int = MAX_TRIALS,
) -> Plan:
    """Resolve every binding of a job.

    Args:
        job: The document.
        base: The folder that its paths are relative to.
        source: What to call the document in messages.
        project: The project that has the local copies of what lies in Azure; `base` by default.
        max_trials: How many trials of a sweep step are run at most.

    Raises:
        DiagnosticError: Everything that would keep a step from running, at once.
    """
    planner = _Planner(job, base, Findings(source), project, max_trials)
    steps = {name: planner.step(name, step) for name, step in job.jobs.items()}
    planner.check_upstream(steps)
    planner.check_names("", "inputs", job.inputs, ())
    if not steps:
        planner.wrong("jobs", "The job has no steps.")
    order, circular = in_order({name: step.needs() for name, step in steps.items()})
    if circular:
        names = ", ".join(f"'{name}'" for name in circular)
        planner.wrong("jobs", f"These steps wait for one another, or for such a step: {names}.")
    if planner.problems:
        raise DiagnosticError(planner.problems)
    keep_going = job.settings.continue_on_step_failure
    return Plan(
        name=job.display_name or job.name or job.experiment_name or "pipeline",
        experiment=job.experiment_name or base.name or "Default",
        steps={name: steps[name] for name in order},
        outputs=planner.outputs,
        continue_on_step_failure=CONTINUE_ON_STEP_FAILURE if keep_going is None else keep_going,
    )


class _Planner:
    """Resolves one job and gathers what is wrong on the way."""

    def __init__(
        self,
        job: PipelineJob,
        base: Path,
        findings: Findings,
        project: Path | None,
        max_trials: int,
    ) -> None:
        self._max_trials = max_trials
        self._bindings = Bindings(job, base, findings, project)
        self.wrong = findings.wrong
        self._unsupported = findings.unsupported
        self.problems = findings.problems
        self.outputs: dict[str, Upstream] = {}
        self._unknown: set[str] = set()

    def step(self, name: str, step: Step) -> PlannedStep:
        """Resolve one step."""
        where = f"jobs.{name}"
        if not _STEP_NAME.match(name) or len(name) > _LONGEST_NAME:
            self.wrong(
                where,
                f"'{name}' cannot be the name of a step.",
                "Use lower-case letters, digits and underscores, at most 255 characters.",
                "KAZ401",
            )
        if reference := step.component.reference:
            self._unsupported(
                f"{where}.component", f"A component of the workspace ('{reference}') cannot"
            )
            self._unknown.add(name)
            return PlannedStep(name, "", None, {}, {}, {})
        self.check_names(f"{where}.", "inputs", step.component.inputs, step.inputs)
        self.check_names(f"{where}.", "outputs", step.component.outputs, step.outputs)
        record = step.component.record()
        mounts = {text: path for path, text in record.raw_inputs.items()} if record else {}
        tuning = self._tuning(where, name, step, record)
        planned = PlannedStep(
            name=name,
            command=step.component.command,
            code=self._code(f"{where}.component.code", step.component.code),
            inputs={
                key: PlannedInput(key, tuning.trials[0].inputs[key], declared=declared.type)
                if tuning and key in tuning.trials[0].inputs
                else self._bindings.input(
                    f"{where}.inputs.{key}",
                    key,
                    declared,
                    step.inputs.get(key),
                    mounts.get(input_expression(key)),
                )
                for key, declared in step.component.inputs.items()
            },
            outputs={
                key: self._bindings.output(
                    f"{where}.outputs.{key}", key, declared, step.outputs.get(key)
                )
                for key, declared in step.component.outputs.items()
            },
            environment=dict(step.variables),
            timeout=step.limits.timeout if step.limits else None,
            distribution=self._distribution(where, step),
            combination=combination_in(step.tags),
            record=record,
            tuning=tuning,
        )
        for key, bound in step.outputs.items():
            target = self._bindings.pipeline_output(f"{where}.outputs.{key}", bound)
            if target is not None:
                self.outputs[target] = Upstream(name, key)
        self._check_texts(where, planned)
        return planned

    def _tuning(
        self, where: str, name: str, step: Step, record: StepRecord | None
    ) -> PlannedTuning | None:
        if not isinstance(step, SweepStep):
            return None
        if find_spec("mlflow") is None:
            self.wrong(
                f"{where}.objective",
                f"The trials of '{name}' log a metric with MLflow, which is not installed here.",
                "Install it: pip install mlflow",
                "KAZ608",
            )
        from kedro_azureml.rehearsal.plan.tuning import planned_tuning

        return planned_tuning(name, step, record, self._max_trials)

    def _distribution(self, where: str, step: Step) -> PlannedDistribution | None:
        """Return the processes of a step, with the defaults of reference-yaml-job-command."""
        distribution = step.component.distribution
        resources = step.resources or step.component.resources
        nodes = (resources and resources.instance_count) or 1
        if distribution is None:
            if nodes > 1:
                subject = "A step on several machines without a distribution cannot"
                self._unsupported(f"{where}.resources", subject)
            return None
        if distribution.type == "ray":
            # What Ray's processes are told is documented nowhere.
            subject = "A distributed step (ray) cannot"
            self._unsupported(f"{where}.component.distribution", subject)
            return None
        if distribution.type == "tensorflow":
            workers = distribution.worker_count or nodes
            return PlannedDistribution(
                distribution.type, nodes, workers, distribution.parameter_server_count or 0
            )
        per_node = distribution.process_count_per_instance or 1
        return PlannedDistribution(distribution.type, nodes, nodes * per_node)

    def check_names(
        self, where: str, side: str, declared: Iterable[str], bound: Iterable[str]
    ) -> None:
        """Check names of inputs or outputs: legal, unique ignoring case, and none unknown."""
        known = list(declared)
        for name in bound:
            if name not in known:
                self.wrong(
                    f"{where}{side}.{name}",
                    f"The component declares no '{name}' in its {side}.",
                    nearest(name, known) or "Declare it in the component, or remove it.",
                )
        lowered: dict[str, str] = {}
        for name in known:
            if not _IO_NAME.match(name) or len(name) > _LONGEST_NAME:
                self.wrong(f"{where}{side}", f"'{name}' cannot be a name in {side}.")
            other = lowered.setdefault(name.lower(), name)
            if other != name:
                self.wrong(f"{where}{side}", f"'{other}' and '{name}' differ in case only.")

    def _code(self, where: str, code: str | None) -> Path | None:
        if code is None:
            return None
        if not is_local(code):
            self._unsupported(where, f"Code that is not on this machine ('{code}') cannot")
            return None
        path = self._bindings.local_path(code)
        if not path.is_dir():
            problem = "is not a folder" if path.exists() else "does not exist"
            remedy = "Name an existing folder, relative to the document."
            self.wrong(where, f"The code folder '{code}' {problem}.", remedy, "KAZ505")
        return path

    def check_upstream(self, steps: Mapping[str, PlannedStep]) -> None:
        """Check each binding to a step's output, now that all steps are known."""
        for step in steps.values():
            for planned, source in step.upstream():
                where = f"jobs.{step.name}.inputs.{planned.name}"
                if source.step not in steps:
                    hint = nearest(source.step, steps)
                    self.wrong(where, f"There is no step '{source.step}'.", hint or REPAIR)
                    continue
                if source.step in self._unknown:
                    continue
                outputs = steps[source.step].outputs
                if source.output not in outputs:
                    hint = nearest(source.output, outputs)
                    message = f"The step '{source.step}' has no output '{source.output}'."
                    self.wrong(where, message, hint or REPAIR)
                elif outputs[source.output].type != planned.declared:
                    message = f"A {planned.declared} cannot be bound to a "
                    self.wrong(where, f"{message}{outputs[source.output].type}.")

    def _check_texts(self, where: str, step: PlannedStep) -> None:
        """Report text with which no process can be started."""
        for name, value in step.environment.items():
            if not name or "=" in name or "\0" in name + value:
                place = f"{where}.environment_variables"
                self.wrong(place, f"'{name}' cannot be set as an environment variable.")
        if "\0" in step.command:
            self.wrong(f"{where}.component.command", "The command holds a NUL character.")
        try:
            for inputs in _possible_values(step):
                render_command(
                    step.command, inputs, dict.fromkeys(step.outputs, "x"), step.optional_inputs
                )
        except ExpressionError as error:
            self.wrong(f"{where}.component.command", f"The command cannot be resolved: {error}.")


def _possible_values(step: PlannedStep) -> Iterator[dict[str, str | None]]:
    """Return the known values, and those that remain if every optional step fails."""
    yield {i.name: None if i.source is None else "x" for i in step.inputs.values()}
    failed = {i.name for i, _ in step.upstream() if i.optional}
    yield {
        i.name: None if i.source is None or i.name in failed else "x" for i in step.inputs.values()
    }
