"""Runs a pipeline job document on this machine, as strictly as Azure ML would."""

from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.rehearse import rehearse
from kedro_azureml.rehearsal.report import RunReport

__all__ = ["RehearsalOptions", "RunReport", "rehearse"]
