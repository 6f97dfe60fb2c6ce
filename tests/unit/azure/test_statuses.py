"""The statuses of a run are Azure ML's own."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from azure.ai.ml.operations._run_history_constants import RunHistoryConstants

from kedro_azureml.job.run.model import ENDED, STALLED, STATUSES


def test_the_words_are_those_of_the_sdk() -> None:
    assert set(RunHistoryConstants.ALL_STATUSES) <= STATUSES
    assert set(RunHistoryConstants.TERMINAL_STATUSES) == ENDED | STALLED
