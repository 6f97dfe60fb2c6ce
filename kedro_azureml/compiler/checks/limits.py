"""Checks of a job against the limits of Azure ML and of Linux."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import PipelineJob

# Documented, and not known to be enforced: docs/architecture/azureml-contracts.md#limits
MAX_OUTPUTS = 20
MAX_INPUTS = 200
MAX_STEPS = 30_000
# Linux, MAX_ARG_STRLEN: a shell takes the command as one argument.
MAX_COMMAND_BYTES = 131_071


def check_limits(wiring: Wiring, job: PipelineJob) -> Iterator[Diagnostic]:
    """Report KAZ402, KAZ403 and KAZ405: more than Azure ML documents; KAZ404: than Linux takes."""
    for name, job_step in job.jobs.items():
        command = job_step.component.command
        if len(command.encode()) > MAX_COMMAND_BYTES:
            yield Diagnostic(
                "KAZ404",
                f"The command of the step '{name}' has {len(command):,} characters, "
                f"more than the {MAX_COMMAND_BYTES:,} bytes that Linux gives to a shell.",
                "Group so that the step has fewer nodes, or give nodes and datasets shorter names.",
                where="azureml.yml azure.grouping",
            )
        inputs = sum(declared.is_data for declared in job_step.component.inputs.values())
        if inputs > MAX_INPUTS:
            yield Diagnostic(
                "KAZ405",
                f"The step '{name}' reads {inputs} datasets, parts of them counted; Azure ML "
                f"documents {MAX_INPUTS}.",
                "Make fewer shards, or let the step read less.",
                severity="warning",
                where=f"step {name}",
            )
    if len(job.jobs) > MAX_STEPS:
        yield Diagnostic(
            "KAZ403",
            f"The job has {len(job.jobs)} steps; Azure ML takes {MAX_STEPS} in a pipeline.",
            "Select a part of the pipeline.",
        )
    for step in wiring.steps:
        # A sharded node's step is gone, and has one output.
        if step.group.name not in job.jobs:
            continue
        outputs = len(job.jobs[step.group.name].component.outputs)
        if outputs > MAX_OUTPUTS:
            yield Diagnostic(
                "KAZ402",
                f"The step '{step.group.name}' has {outputs} outputs; Azure ML documents "
                f"{MAX_OUTPUTS}.",
                "Split the node, or return fewer datasets, for example a dictionary."
                if len(step.group.nodes) == 1
                else "Group so that the step has fewer nodes; with azure.grouping.keep_files: "
                "false, files that only the step itself reads are no outputs.",
                severity="warning",
                where=f"node {step.group.nodes[0].name}",
            )
