"""Looks for secrets in what a job uploads: code, build contexts and inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kedro_azureml.azure.submit.uploads import Uploads
from kedro_azureml.diagnostics import Diagnostic, Severity
from kedro_azureml.formatting import listed
from kedro_azureml.job.secrets.files import holds_credentials
from kedro_azureml.job.snapshot.files import SnapshotFile
from kedro_azureml.job.snapshot.listing import list_data_folder

_SECRETS_SHOWN = 8


def check_credentials(uploads: Uploads, *, allowed: bool) -> Iterator[Diagnostic]:
    """Report KAZ503 for files that commonly hold secrets: an error unless they are allowed."""
    folders = [(f"The code snapshot of '{p}'", s) for p, s in uploads.code.items()]
    folders += [(f"The build context '{p}'", c.snapshot) for p, c in uploads.contexts.items()]
    severity: Severity = "warning" if allowed else "error"
    for what, snapshot in folders:
        where = snapshot.ignore_file or ".amlignore"
        secret = [file.path for file in snapshot.files if holds_credentials(file)]
        if secret:
            yield _credentials(
                f"{what} would upload",
                secret,
                f"Add {_them(secret)} to .amlignore",
                severity,
                where,
            )
        if snapshot.version_control:
            folder = snapshot.version_control[0]
            yield Diagnostic(
                "KAZ510",
                f"{what} would upload {folder}: the whole history, and whatever login its "
                "configuration holds.",
                f"Add it to .amlignore; if it is meant, write '!{folder}/' there.",
                where=where,
            )
    for raw in (*uploads.inputs, *uploads.environment_files):
        secret = [f.path for f in _files_of(raw.source) if holds_credentials(f)]
        if secret:
            what = f"The input '{raw.path}' would upload"
            remedy = f"Move {_them(secret)} out of the data"
            yield _credentials(what, secret, remedy, severity, raw.where)


def _files_of(source: Path) -> Sequence[SnapshotFile]:
    # By its folder too: whatever lies in `~/.ssh` or `.docker` is known by that.
    if source.is_dir():
        name = source.resolve().name
        files = list_data_folder(source).files
        return [SnapshotFile(f"{name}/{file.path}", file.size, file.source) for file in files]
    return [SnapshotFile(source.resolve().as_posix(), source.stat().st_size, source)]


def _them(paths: Sequence[str]) -> str:
    return "it" if len(paths) == 1 else "them"


def _credentials(
    what: str, paths: Sequence[str], remedy: str, severity: Severity, where: str
) -> Diagnostic:
    return Diagnostic(
        "KAZ503",
        f"{what} {listed(paths, _SECRETS_SHOWN, quoted=False)}. Whoever may read the workspace "
        f"could read {_them(paths)}.",
        f"{remedy} ('kedro azureml init' writes a complete .amlignore), or give "
        "--allow-credentials.",
        severity=severity,
        where=where,
    )
