"""A run as JSON: `report.json` of a rehearsal, and what the commands print with ``--json``.

The published schemas, `docs/schemas/`, are generated from the models here by `tools/schemas.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, TypeAdapter, WithJsonSchema

from kedro_azureml.job.published import Published
from kedro_azureml.job.run.failure import Failure
from kedro_azureml.job.run.model import Run, RunOutput, RunStatus, RunStep
from kedro_azureml.job.run.parts_json import (
    AssetJson,
    ExportJson,
    FailureJson,
    OutputJson,
    TuningJson,
    assets_json,
    export_json,
    relative_to_run,
    tuning_json,
)

FORMAT = 1
_BETWEEN_NODES = ", "


def _iso(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.isoformat(timespec="milliseconds")


_Moment = Annotated[
    datetime,
    PlainSerializer(_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
_Started = Annotated[_Moment | None, Field(description="When it began.")]
_Ended = Annotated[_Moment | None, Field(description="When it was over.")]
_Status = Annotated[RunStatus, Field(description="How it stands, in Azure ML's words.")]
_Studio = Annotated[str | None, Field(description="Where Azure ML Studio shows it.")]
_ASSETS = "What is registered in the workspace, or would be."
_Export = Annotated[
    ExportJson | None, Field(description="Where the results are put together, or would be.")
]
_Reason = Annotated[str | None, Field(description="Why it failed, was canceled or never started.")]


class StepJson(Published):
    """One step of a run. A null says that the fact is not known, or not yet."""

    name: Annotated[str, Field(description="Its name in the document.")] = ""
    run: Annotated[str | None, Field(description="What Azure ML calls the step's run.")] = None
    status: _Status
    nodes: Annotated[str, Field(description="Its Kedro nodes, joined by ', '.")] = ""
    compute: Annotated[str | None, Field(description="Where it runs.")] = None
    started: _Started = None
    ended: _Ended = None
    seconds: Annotated[
        float | None,
        Field(description="How long it ran; so far, if it runs (null then in report.json)."),
    ] = None
    exit_code: Annotated[
        int | None, Field(description="The exit code of its process, negative for a signal.")
    ] = None
    reason: _Reason = None
    failure: Annotated[
        FailureJson | None, Field(description="Why it failed, as the step itself knew it.")
    ] = None
    error: Annotated[str | None, Field(description="The same as 'reason', an older name.")] = None
    timed_out: Annotated[
        bool, Field(description="Whether it was canceled because of its own limit.")
    ] = False
    log: Annotated[str | None, Field(description="Its log, relative to the folder of the run.")] = (
        None
    )
    logs: list[str] = Field(
        default=[], description="The logs of all its processes, where there are several."
    )
    warnings: list[str] = Field(default=[], description="What Azure ML would do differently.")
    outputs: Annotated[
        dict[str, OutputJson] | None, Field(description="What it wrote in a rehearsal, by name.")
    ] = None
    tuning: Annotated[TuningJson | None, Field(description="Its trials, if it is tuned.")] = None
    studio: _Studio = None
    combination: Annotated[
        str | None,
        Field(description="The values of a sweep's parameters that it is a copy for."),
    ] = None

    @property
    def node_names(self) -> list[str]:
        """Its Kedro nodes."""
        return self.nodes.split(_BETWEEN_NODES)


class RunJson(Published):
    """A run without its steps, as `job list --json` prints it."""

    name: Annotated[
        str, Field(description="What Azure ML calls it; of a rehearsal, the name of its folder.")
    ] = ""
    status: _Status
    display_name: Annotated[str | None, Field(description="What the Studio calls it.")] = None
    experiment: Annotated[str | None, Field(description="Its experiment.")] = None
    pipeline: Annotated[
        str | None,
        Field(description="The Kedro pipeline; of a rehearsal, the display name of the job."),
    ] = None
    created: Annotated[_Moment | None, Field(description="When it was submitted.")] = None
    started: _Started = None
    ended: _Ended = None
    seconds: Annotated[float | None, Field(description="How long it took, if it is over.")] = None
    reason: _Reason = None
    studio: _Studio = None


class JobJson(RunJson):
    """A job on Azure ML with its steps, as `job show --json` prints it."""

    steps: Annotated[list[StepJson], Field(description="In the order of the document.")]
    assets: list[AssetJson] = Field(default=[], description=_ASSETS)
    export: _Export = None


class KeptRunJson(Published):
    """A rehearsal that is kept, as `run --list-runs --json` prints it."""

    name: Annotated[str, Field(description="The name of its folder.")]
    status: Annotated[
        RunStatus | Literal["Interrupted"],
        Field(description="How it stands; 'Interrupted' when its process was killed."),
    ]
    steps: Annotated[int, Field(description="How many steps it has.")]
    completed: Annotated[int, Field(description="How many of them completed.")]
    bytes: Annotated[int, Field(description="How much its folder holds.")]
    folder: Annotated[str, Field(description="Its folder, absolute.")]


class ReportJson(RunJson):
    """A rehearsal, as its `report.json` tells it."""

    version: Annotated[int, Field(description="Changes if a key changes its meaning.")] = FORMAT
    run_id: Annotated[str, Field(description="The same as 'name', an older name.")] = ""
    source: Annotated[str, Field(description="The document or project that was rehearsed.")] = ""
    process: Annotated[int, Field(description="The number of the process that runs it.")]
    process_started: Annotated[
        float | None, Field(description="When that process started, in seconds since 1970.")
    ] = None
    bytes: Annotated[
        int | None, Field(description="How much its folder held when it was over.")
    ] = None
    assets: list[AssetJson] = Field(default=[], description=_ASSETS)
    export: _Export = None
    steps: Annotated[
        dict[str, StepJson], Field(description="By name, in the order in which they can run.")
    ]


SCHEMAS: dict[str, TypeAdapter[Any]] = {
    "report": TypeAdapter(ReportJson),
    "job": TypeAdapter(JobJson),
    "jobs": TypeAdapter(list[RunJson]),
    "runs": TypeAdapter(list[KeptRunJson]),
}


def job_json(run: Run) -> JobJson:
    """Return a job with its steps."""
    return JobJson(**_facts(run), **_results(run), steps=_steps(run))


def jobs_json(runs: Iterable[Run]) -> list[RunJson]:
    """Return jobs without their steps."""
    return [RunJson(**_facts(run)) for run in runs]


def report_json(
    run: Run, *, source: str, process: int, process_started: float | None, bytes: int | None
) -> ReportJson:
    """Return a rehearsal without its steps."""
    return ReportJson.model_construct(
        **_facts(run),
        run_id=run.name,
        source=source,
        process=process,
        process_started=process_started,
        bytes=bytes,
        **_results(run),
        steps={},
    )


def _facts(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "status": run.status,
        "display_name": run.display_name,
        "experiment": run.experiment,
        "pipeline": run.pipeline,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds if run.ended else None,
        "reason": run.reason,
        "studio": run.address,
    }


def _results(run: Run) -> dict[str, Any]:
    return {"assets": assets_json(run.assets), "export": export_json(run.export)}


def _steps(run: Run) -> list[StepJson]:
    return [step_json(step, run.folder) for step in run.steps.values()]


def step_json(step: RunStep, folder: Path | None) -> StepJson:
    """Return a step, of the rehearsal in a folder if it is one."""
    # A file that says how long a step has been running is wrong when it is read.
    lasting = folder is None or step.ended is not None
    # Built unchecked, because it is built for every change of every step.
    return StepJson.model_construct(
        name=step.name,
        run=step.run,
        status=step.status,
        nodes=_BETWEEN_NODES.join(step.nodes),
        compute=step.compute,
        started=step.started,
        ended=step.ended,
        seconds=step.seconds if lasting else None,
        exit_code=step.exit_code,
        reason=step.reason,
        failure=_failure(step.failure),
        error=step.reason,
        timed_out=step.timed_out,
        log=relative_to_run(step.log, folder),
        logs=[str(relative_to_run(log, folder)) for log in step.logs],
        warnings=step.warnings,
        tuning=tuning_json(step.tuning, folder),
        outputs=None if folder is None else {o.name: _output(o, folder) for o in step.outputs},
        studio=step.address,
        combination=step.combination,
    )


def _failure(failure: Failure | None) -> FailureJson | None:
    return None if failure is None else FailureJson.model_validate(failure.as_data())


def _output(output: RunOutput, folder: Path) -> OutputJson:
    return OutputJson.model_construct(
        path=str(relative_to_run(output.path, folder)),
        dataset=output.dataset,
        kind=output.kind,
        final=output.final,
    )
