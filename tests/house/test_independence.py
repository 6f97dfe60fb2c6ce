"""What must not lean on what it tests."""

from __future__ import annotations

import ast

from tests.kit.projects import REPOSITORY


def test_the_stand_in_for_azure_ml_imports_nothing_of_the_package() -> None:
    """What the rehearsal and the stand-in do alike must come from the contract alone."""
    offenders = []
    for file in sorted((REPOSITORY / "tests/kit/azureml").rglob("*.py")):
        for item in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in item.names] if isinstance(item, ast.Import) else []
            names += [str(item.module)] if isinstance(item, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "kedro_azureml" for name in names):
                offenders.append(f"{file.relative_to(REPOSITORY)}: {', '.join(names)}")
    assert offenders == []
