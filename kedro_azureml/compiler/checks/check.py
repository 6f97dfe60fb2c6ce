"""Checks of other packages: what a compiled job must be for a team, a company, a cluster.

They are entry points `kedro_azureml.checks`, and all of them run at every compilation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kedro.pipeline import Pipeline

from kedro_azureml import extensions
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_record import StepRecord


@dataclass(frozen=True)
class CheckRequest:
    """What there is to check.

    Attributes:
        project_path: The Kedro project's root.
        pipeline: The Kedro pipeline that was compiled.
        config: azureml.yml.
        dataset_config: Gives the catalog's configuration of a dataset by its name.
        job: The document.
        records: Each step's name, and what it runs, reads and writes.
        local: Whether the document is for a rehearsal.
    """

    project_path: Path
    pipeline: Pipeline
    config: AzureMLConfig
    dataset_config: Callable[[str], Mapping[str, Any]]
    job: PipelineJob
    records: Mapping[str, StepRecord]
    local: bool


class Check(Protocol):
    """A check, such as a function; its codes have a prefix of its package.

    Example:
        ```python
        def check_owner(request: CheckRequest) -> Iterator[Diagnostic]:
            if "owner" not in request.job.tags:
                yield Diagnostic("ACME001", "The job has no owner.", "Give it the tag 'owner'.")
        ```
    """

    def __call__(self, request: CheckRequest, /) -> Iterable[Diagnostic]:
        """Return what is wrong: warnings, and errors, which keep the job from being compiled."""


def run_checks(request: CheckRequest) -> Iterator[Diagnostic]:
    """Yield what the checks of all other packages find.

    Raises:
        DiagnosticError: KAZ141 for a check that cannot be imported or that fails.
    """
    for extension in extensions.find_all(extensions.CHECKS):
        with extension.blamed():
            findings = list(extension.value(request))
            if wrong := [f for f in findings if not isinstance(f, Diagnostic)]:
                raise TypeError(f"it gives {wrong[0]!r}, and not a Diagnostic")
        yield from findings
