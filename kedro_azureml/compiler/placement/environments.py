"""``azure.environments`` in the form that a job document has: a name, or what to build."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kedro_azureml.compiler.placement.requirements import (
    EXTRA,
    PLUGIN,
    names_package,
    names_plugin,
    problem_of,
    read_requirements,
    reads_vaults,
)
from kedro_azureml.config.models.environments import BASE_IMAGE, EnvironmentConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.references import environment_reference
from kedro_azureml.job.safe_yaml import load_yaml

# docs/architecture/azureml-contracts.md#limits
MAX_CONTEXT_FILES = 100
MAX_CONTEXT_BYTES = 1024**2

Environment = str | dict[str, Any]


def describe(
    alias: str, config: EnvironmentConfig, project: Path, base: Path
) -> tuple[Environment | None, list[Diagnostic]]:
    """Return an environment as the document has it, and what is wrong with its files.

    Args:
        alias: Its name under ``azure.environments``.
        config: What azureml.yml says of it.
        project: The folder that its files are relative to.
        base: The folder that the document's paths are relative to.

    Returns:
        The environment, None if its files cannot be used, and the findings.
    """
    where = f"azure.environments.{alias}"
    if config.name:
        return environment_reference(config.name), []
    if config.build:
        folder = project / config.build.path
        context: Environment = {
            "build": {
                "path": _relative(folder, base),
                "dockerfile_path": config.build.dockerfile,
            }
        }
        return context, list(_check_context(folder, config.build.dockerfile, f"{where}.build"))
    image = config.image or BASE_IMAGE
    if config.conda_file:
        file = project / config.conda_file
        diagnostics = list(_check_conda(file, f"{where}.conda_file"))
        return {"image": image, "conda_file": _relative(file, base)}, diagnostics
    if config.requirements:
        conda, diagnostics = _conda_of_requirements(
            project / config.requirements, config.python_version, f"{where}.requirements"
        )
        return {"image": image, "conda_file": conda}, diagnostics
    return {"image": image}, []


def check_reads_vaults(
    alias: str, config: EnvironmentConfig, project: Path
) -> Iterator[Diagnostic]:
    """Report KAZ122 for files without what the steps of an environment read secrets with."""
    file, key, lines = _file_of(config, project)
    if names_plugin(lines) and not reads_vaults(lines):
        yield Diagnostic(
            "KAZ122",
            f"'{file}' names {PLUGIN} without its extra '{EXTRA}', with which steps "
            "read their secrets.",
            f"Write '{PLUGIN}[{EXTRA}]' there.",
            severity="warning",
            where=f"azure.environments.{alias}.{key}",
        )


def check_logs_metrics(
    alias: str, config: EnvironmentConfig, project: Path
) -> Iterator[Diagnostic]:
    """Report KAZ332 for files without what the trials of a tuned step log their metric with."""
    file, key, lines = _file_of(config, project)
    known = names_package(lines, "azureml-mlflow") or names_package(lines, "kedro-mlflow")
    if file and not known:
        yield Diagnostic(
            "KAZ332",
            f"'{file}' does not name azureml-mlflow, and the trials of a tuned step log their "
            "metric with MLflow.",
            "Add 'mlflow' and 'azureml-mlflow'.",
            severity="warning",
            where=f"azure.environments.{alias}.{key}",
        )


def _file_of(config: EnvironmentConfig, project: Path) -> tuple[str, str, list[str]]:
    """Return the file that describes an environment, its key, and what pip installs.

    Nothing of an environment without such a file; what is wrong with the file is said elsewhere.
    """
    file = config.requirements or config.conda_file
    if config.name or config.build or file is None:
        return "", "", []
    key = "requirements" if config.requirements else "conda_file"
    try:
        if config.requirements:
            lines = read_requirements(project / file).lines
        else:
            lines = _pip_lines(load_yaml((project / file).read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return "", "", []
    return Path(file).name, key, lines


def _conda_of_requirements(
    file: Path, python: str | None, where: str
) -> tuple[dict[str, Any], list[Diagnostic]]:
    try:
        requirements = read_requirements(file)
    except (OSError, UnicodeDecodeError) as error:
        return {}, [_unreadable(file, error, where)]
    diagnostics = [_unusable(file, why, where) for file, why in requirements.problems]
    if not diagnostics and not names_plugin(requirements.lines):
        diagnostics.append(_without_plugin(file, where))
    if not requirements.problems:
        diagnostics += _check_mlflow(file, requirements.lines, where)
    version = python or f"{sys.version_info[0]}.{sys.version_info[1]}"
    packages: list[Any] = [f"python={version}", "pip"]
    if requirements.lines:
        packages.append({"pip": requirements.lines})
    return {"name": "kedro", "channels": ["conda-forge"], "dependencies": packages}, diagnostics


def _check_conda(file: Path, where: str) -> Iterator[Diagnostic]:
    try:
        content = load_yaml(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        yield _unreadable(file, error, where)
        return
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = str(getattr(error, "problem", None) or "unreadable").rstrip(".")
        yield _problem(f"'{file.name}{line}' is not valid YAML: {reason}.", "Fix the file.", where)
        return
    packages = content.get("dependencies") if isinstance(content, dict) else None
    if not isinstance(packages, list):
        yield _problem(
            f"'{file.name}' is not a conda environment: it has no list 'dependencies'.",
            "Write it as 'conda env export --from-history' does.",
            where,
        )
        return
    installed = _pip_lines(content)
    wrong = [(line, why) for line in installed if (why := _problem_in_conda(line))]
    for _, why in wrong:
        yield _unusable(file.name, why, where)
    if not wrong and not names_plugin(installed):
        yield _without_plugin(file, where)
    if not wrong:
        yield from _check_mlflow(file, installed, where)


def _pip_lines(content: Any) -> list[str]:
    packages = content.get("dependencies") if isinstance(content, dict) else None
    mappings = [p for p in packages or () if isinstance(p, dict)]
    return [str(line) for each in mappings for line in each.get("pip") or ()]


def _problem_in_conda(line: str) -> str | None:
    if line.startswith(("-r", "--requirement")):
        return "includes a requirements file (-r), which Azure ML does not get"
    return problem_of(line)


def _check_context(folder: Path, dockerfile: str, where: str) -> Iterator[Diagnostic]:
    if not folder.is_dir():
        yield _problem(
            f"The build context '{folder.name}' does not exist.",
            "Name a folder of the project that holds a Dockerfile.",
            f"{where}.path",
        )
        return
    if not (folder / dockerfile).is_file():
        yield _problem(
            f"The build context '{folder.name}' has no '{dockerfile}'.",
            "Write one, or name the right one.",
            f"{where}.dockerfile",
        )
        return
    sizes = [f.stat().st_size for f in folder.rglob("*") if f.is_file()]
    if len(sizes) > MAX_CONTEXT_FILES or sum(sizes) > MAX_CONTEXT_BYTES:
        yield Diagnostic(
            "KAZ121",
            f"The build context '{folder.name}' has {len(sizes)} files of "
            f"{sum(sizes) / 1024**2:.1f} MB; Azure ML documents {MAX_CONTEXT_FILES} files, 1 MB.",
            "Keep only what the Dockerfile needs in it, or list the rest in its .amlignore.",
            severity="warning",
            where=f"{where}.path",
        )


def _relative(path: Path, base: Path) -> str:
    return Path(os.path.relpath(path, base)).as_posix()


def _unreadable(file: Path, error: Exception, where: str) -> Diagnostic:
    named = Path(error.filename).name if isinstance(error, OSError) and error.filename else ""
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return _problem(
        f"'{named or file.name}' cannot be read: {reason}.",
        "Paths are relative to the project.",
        where,
    )


def _unusable(file: str, why: str, where: str) -> Diagnostic:
    return _problem(
        f"A line of '{file}' {why}.",
        "Name the package as a package index has it, or use 'build' with a Dockerfile.",
        where,
    )


def _without_plugin(file: Path, where: str) -> Diagnostic:
    return Diagnostic(
        "KAZ122",
        f"'{file.name}' does not name {PLUGIN}, and every step starts with it.",
        f"Add '{PLUGIN}', in the version that you have here.",
        severity="warning",
        where=where,
    )


def _check_mlflow(file: Path, lines: list[str], where: str) -> Iterator[Diagnostic]:
    if names_package(lines, "kedro-mlflow") and not names_package(lines, "azureml-mlflow"):
        yield Diagnostic(
            "KAZ332",
            f"'{file.name}' names kedro-mlflow and not azureml-mlflow, without which MLflow cannot "
            "log to Azure ML.",
            "Add 'azureml-mlflow'.",
            severity="warning",
            where=where,
        )


def _problem(message: str, remedy: str, where: str) -> Diagnostic:
    return Diagnostic("KAZ121", message, remedy, where=where)
