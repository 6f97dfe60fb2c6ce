"""Files that this package writes for a person: recognised by what stands in them, never code."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.job.tags import PIPELINE_TAG, SCHEDULE_TAG

SCHEMA = "https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json"
SCHEDULE_SCHEMA = "https://azuremlschemas.azureedge.net/latest/schedule.schema.json"
PAGE_MARK = '<meta name="generator" content="kedro azureml plan">'
_SUFFIXES = (".yml", ".yaml", ".html")
_HEAD_BYTES = 64 * 1024


def is_own_suffix(path: str) -> bool:
    """Tell whether `compile` or `plan --html` writes files with the suffix of `path`."""
    return path.endswith(_SUFFIXES)


def is_document(text: str) -> bool:
    """Tell whether a text is a pipeline job, or a schedule, that `compile` wrote."""
    if text.startswith(f"$schema: {SCHEDULE_SCHEMA}"):
        return f"{SCHEDULE_TAG}:" in text
    return text.startswith(f"$schema: {SCHEMA}") and f"{PIPELINE_TAG}:" in text


def is_page(text: str) -> bool:
    """Tell whether a text is a page that `plan --html` wrote."""
    return PAGE_MARK in text


def is_own_file(path: Path) -> bool:
    """Tell whether `compile` or `plan --html` wrote a file; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return False
    return is_page(text) if path.suffix == ".html" else is_document(text)
