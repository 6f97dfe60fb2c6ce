"""Why something cannot be uploaded, in a user's words."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.safe_yaml import load_yaml
from kedro_azureml.job.snapshot.listing import dropped_data, list_data_folder


def missing_environment_file(path: str, where: str) -> Diagnostic:
    """Say that a file of an environment does not exist."""
    return Diagnostic(
        "KAZ121",
        f"'{path}', which an environment is made of, does not exist.",
        "Paths are relative to the document: keep the file where it was compiled.",
        where=where,
    )


def environment_file_problem(path: str, source: Path, where: str) -> Diagnostic | None:
    """Say why a conda file cannot be read, before the SDK reads it; None if it can."""
    try:
        load_yaml(source.read_bytes())
    except OSError as error:
        reason = str(error.strerror or error)
    except yaml.YAMLError as error:
        reason = str(getattr(error, "problem", None) or error)
    else:
        return None
    return Diagnostic(
        "KAZ121",
        f"'{path}', which an environment is made of, cannot be read: {reason.rstrip('.')}.",
        "Correct the file.",
        where=where,
    )


def missing_code(path: str, step: str) -> Diagnostic:
    """Say that a code folder does not exist."""
    return Diagnostic(
        "KAZ505",
        f"The code folder '{path}' does not exist.",
        "Paths are relative to the document: keep the file where it was compiled.",
        where=f"jobs.{step}.component.code",
    )


def empty_code(path: str, step: str) -> Diagnostic:
    """Say that nothing in a code folder would be uploaded."""
    return Diagnostic(
        "KAZ505",
        f"Nothing in the code folder '{path}' would be uploaded.",
        "Correct .amlignore, or azure.code_directory.",
        where=f"jobs.{step}.component.code",
    )


def input_problem(path: str, kind: str | None, source: Path, where: str) -> Diagnostic | None:
    """Say why an input cannot be uploaded; None if it can.

    Args:
        path: As the document has it.
        kind: Its type; None where the document leaves it open.
        source: Where it is.
        where: Its place in the document.
    """
    if not source.exists():
        message = f"The input '{path}' does not exist."
        remedy = "Paths are relative to the document: keep the file where it was compiled."
    elif kind is not None and source.is_dir() != (kind == "uri_folder"):
        actual = "folder" if source.is_dir() else "file"
        message = f"The input '{path}' is a {actual}, and its type is {kind}."
        remedy = "Compile the document again."
    elif source.is_dir() and (dropped := dropped_data(list_data_folder(source), path, where)):
        return dropped
    elif source.is_dir() and not list_data_folder(source).files:
        message = f"The input folder '{path}' holds no file that would be uploaded."
        remedy = "Azure ML cannot upload an empty folder: put the data there."
    elif not os.access(source, os.R_OK):
        message = f"The input '{path}' cannot be read."
        remedy = "Make it readable."
    else:
        return None
    return Diagnostic("KAZ302", message, remedy, where=where)
