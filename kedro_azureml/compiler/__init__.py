"""The compiler turns a Kedro pipeline and azureml.yml into a pipeline job document.

Pure: no network, no Azure import, no file written.
"""

from kedro_azureml.compiler.compile import compile_project
from kedro_azureml.compiler.jobs import with_job
from kedro_azureml.compiler.request import Compilation, CompileRequest, Selection, StepSummary

__all__ = [
    "Compilation",
    "CompileRequest",
    "Selection",
    "StepSummary",
    "compile_project",
    "with_job",
]
