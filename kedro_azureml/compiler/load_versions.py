"""``--load-versions``: which version of a dataset the job reads."""

from __future__ import annotations

from collections.abc import Iterable

from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.dataset_names import base_name
from kedro_azureml.diagnostics import Diagnostic, nearest


def find_load_versions(
    request: CompileRequest, datasets: Iterable[str], produced: Iterable[str]
) -> tuple[dict[str, str], list[Diagnostic]]:
    """Return the versions that are asked for, by dataset, and what is wrong with them.

    Args:
        request: What is compiled.
        datasets: The datasets of the selected pipeline.
        produced: Those of them that it makes.
    """
    known = set(datasets)
    made = {base_name(name) for name in produced}
    versions: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for name, version in request.load_versions.items():
        if name not in known:
            message = f"--load-versions names '{name}', which the selected pipeline does not use."
            problems.append(
                Diagnostic("KAZ204", message, nearest(name, known), where="--load-versions")
            )
        elif base_name(name) in made:
            problems.append(
                Diagnostic(
                    "KAZ107",
                    f"--load-versions names '{name}', which the job itself makes anew.",
                    "Select the part of the pipeline that only reads it.",
                    where="--load-versions",
                )
            )
        else:
            versions[name] = version
    return versions, problems
