"""What a completed step leaves in its working directory, which Azure ML throws away."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator

from kedro_azureml.formatting import listed
from kedro_azureml.job.snapshot.ignore import IgnoreRules
from kedro_azureml.job.snapshot.listing import Snapshot
from kedro_azureml.rehearsal.workspace.read_only import Fingerprint, fingerprint
from kedro_azureml.rehearsal.workspace.staging import NodeFolders, StepFolders

# ./outputs and ./logs of the working directory reach the job's history.
KEPT_BY_AZURE = ("outputs/", "logs/")
# What Python, Kedro and its plugins write beside the data: caches, the log of Kedro's own
# logging.yml, Kedro-Viz's statistics, and Git's index, which asking Git for its state renews.
_BY_PRODUCT = re.compile(
    r"(.*/)?__pycache__/.*|(info|errors?|debug)\.log(\.\d+)?|\.telemetry|(.*/)?\.(viz|git)/.*"
)
# An ignore file names it because a job's data travels as inputs and outputs. What a node writes
# there behind the catalog's back is lost all the same.
_DATA = "data/"
_SHOWN = 3


def take_leavings(folders: StepFolders, before: list[Fingerprint]) -> list[str]:
    """Move what a completed step wrote out of its working directories.

    Args:
        folders: The step's folders, its outputs collected.
        before: The fingerprint of the fresh working directory on each machine.

    Returns:
        Files that the step wrote where Azure ML does not keep them.
    """
    nodes = [(folders.on_node(number), mark) for number, mark in enumerate(before)]
    return sorted({path for node, mark in nodes for path in _take_from(node, mark)})


def discard_warning(leavings: list[str], snapshot: Snapshot | None) -> Iterator[str]:
    """Warn of files that are lost on Azure ML and that somebody may miss.

    Args:
        leavings: Files in the working directory.
        snapshot: The code that the step ran; what its ignore file names, nobody misses.
    """
    rules = snapshot.rules if snapshot else IgnoreRules()
    missed = [
        path
        for path in leavings
        if not _BY_PRODUCT.fullmatch(path) and (path.startswith(_DATA) or not rules.excludes(path))
    ]
    if missed:
        files = listed(missed, _SHOWN)
        yield f"Azure ML would discard what it wrote into its working directory: {files}"


def _take_from(folders: NodeFolders, before: Fingerprint) -> list[str]:
    root = folders.working_copy
    written = [
        path
        for path, mark in fingerprint(root).items()
        if not stat.S_ISDIR(mark.kind) and before.get(path) != mark
    ]
    for path in written:
        target = folders.leavings / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (root / path).replace(target)
    return [path for path in written if not path.startswith(KEPT_BY_AZURE)]
