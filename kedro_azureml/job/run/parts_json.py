"""The parts of a run's JSON: an output, an asset, a failure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field

from kedro_azureml.job.export import Export
from kedro_azureml.job.published import Published
from kedro_azureml.job.run.model import RegisteredOutput, RunStatus, RunTuning


class OutputJson(Published):
    """One output of a step of a rehearsal."""

    path: Annotated[str, Field(description="Where it lies, relative to the folder of the run.")]
    dataset: Annotated[str | None, Field(description="The Kedro dataset.")] = None
    kind: Annotated[
        str | None,
        Field(
            description="'local': files of the dataset's own type; 'object': a Python object; "
            "'remote': the data is where the catalog says."
        ),
    ] = None
    final: Annotated[bool, Field(description="Whether no step of the job reads it.")] = False


class AssetJson(Published):
    """An output that Azure ML registers in the workspace."""

    name: Annotated[str, Field(description="The name of the data asset, or of the model.")]
    type: Annotated[
        str | None, Field(description="In Azure ML's words, such as 'mlflow_model'.")
    ] = None
    step: Annotated[str, Field(description="The step that writes it.")]
    output: Annotated[str, Field(description="The output's name.")]
    dataset: Annotated[str | None, Field(description="The Kedro dataset.")] = None


class ExportJson(Published):
    """Where the results of a job are put together."""

    path: Annotated[str, Field(description="The folder, in a datastore.")]
    asset: Annotated[str | None, Field(description="The data asset that it becomes.")] = None


class TrialJson(Published):
    """One trial of a sweep step."""

    name: Annotated[str, Field(description="What it is called: its number in a rehearsal.")]
    run: Annotated[str | None, Field(description="What Azure ML calls its run.")] = None
    status: Annotated[RunStatus, Field(description="How it stands, in Azure ML's words.")]
    parameters: dict[str, str] = Field(default={}, description="Its values, by parameter.")
    metric: Annotated[float | None, Field(description="What it has logged.")] = None
    best: Annotated[bool, Field(description="Whether its outputs are those of the step.")] = False
    seconds: Annotated[float | None, Field(description="How long it ran.")] = None
    reason: Annotated[str | None, Field(description="Why it failed or was canceled.")] = None
    log: Annotated[str | None, Field(description="Its log, relative to the folder of the run.")] = (
        None
    )


class TuningJson(Published):
    """The trials of a sweep step."""

    metric: Annotated[str, Field(description="What the trials log.")]
    goal: Annotated[str, Field(description="'maximize' or 'minimize'.")]
    trials: Annotated[list[TrialJson], Field(description="In the order of their numbers.")]


class FrameJson(Published):
    """One call in the project's own code."""

    file: Annotated[str, Field(description="The file, relative to the project.")]
    line: Annotated[int, Field(description="The line in it.")]
    function: Annotated[str, Field(description="The function.")] = ""
    source: Annotated[str, Field(description="What stands in that line.")] = ""


class FailureJson(Published):
    """Why a step failed, as the step itself knew it."""

    type: Annotated[str | None, Field(description="The class of the exception.")] = None
    message: Annotated[str, Field(description="What the exception says.")]
    node: Annotated[str | None, Field(description="The Kedro node that failed.")] = None
    begun: Annotated[bool, Field(description="Whether that node had begun.")] = True
    frames: list[FrameJson] = Field(
        default=[], description="Calls in the project's code, the innermost last."
    )
    process: Annotated[
        str | None, Field(description="Which process it was, where the step has several.")
    ] = None


def assets_json(outputs: Iterable[RegisteredOutput]) -> list[AssetJson]:
    """Return what is registered."""
    return [AssetJson(**vars(output)) for output in outputs]


def tuning_json(tuning: RunTuning | None, folder: Path | None) -> TuningJson | None:
    """Return the trials of a step, of the rehearsal in a folder if it is one."""
    if tuning is None:
        return None
    return TuningJson(
        metric=tuning.metric,
        goal=tuning.goal,
        trials=[
            TrialJson(
                name=trial.name,
                run=trial.run,
                status=trial.status,
                parameters=dict(trial.parameters),
                metric=trial.metric,
                best=trial.best,
                seconds=trial.seconds if trial.ended else None,
                reason=trial.reason,
                log=relative_to_run(trial.log, folder),
            )
            for trial in tuning.trials
        ],
    )


def relative_to_run(path: Path | None, folder: Path | None) -> str | None:
    """Return a path relative to the folder of a rehearsal; None without either."""
    return None if path is None or folder is None else path.relative_to(folder).as_posix()


def export_json(export: Export | None) -> ExportJson | None:
    """Return where results are put together."""
    return ExportJson(**vars(export)) if export else None
