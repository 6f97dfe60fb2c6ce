"""What the commands of a job's steps tell together, and which of them needs no shell."""

from __future__ import annotations

from collections.abc import Iterable

from kedro_azureml.job.command_words import EXPANDED_BY_SHELLS
from kedro_azureml.job.step_record import StepRecord


def storage_of(records: Iterable[StepRecord | None]) -> str | None:
    """Return the address of the container that steps pass their data through, or None."""
    return next((record.storage for record in records if record and record.storage), None)


def literal_arguments(command: str) -> list[str] | None:
    """Return the words that a shell would hand to a step, to start it without a shell.

    Whoever starts it so sets the variables of its record. None for any other command, for one that
    changes the folder first, and for one in which a shell would act on more than quotes.
    """
    record = StepRecord.from_command(command)
    # The record's own spelling, to the letter, holds nothing else that a shell acts on.
    if record is None or record.working_directory is not None or record.command() != command:
        return None
    folders = (
        record.raw_inputs,
        record.inputs,
        record.outputs,
        record.stored,
        record.results,
        record.published,
        record.parts,
        record.partials,
    )
    paths = [path for mapping in folders for path in mapping.values()]
    paths += [
        p for several in (record.merged, record.combined) for ps in several.values() for p in ps
    ]
    alone = (record.export, record.combination, record.outcome, record.summary)
    paths += [path for path in alone if path is not None]
    paths += [each.place for each in record.publish.values()]
    return record.arguments() if all(map(EXPANDED_BY_SHELLS.isdisjoint, paths)) else None
