"""What `import kedro_azureml` offers, and what it costs."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import kedro_azureml

ONLY_IMPORT = """
import sys
before = set(sys.modules)
import kedro_azureml
print(*sorted(m for m in set(sys.modules) - before if m.startswith("kedro")))
"""
INTERNAL = ("ForkServer", "ForkLauncher", "RehearsalOptions", "CompileRequest", "Progress")


def test_the_import_brings_nothing_with_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONLY_IMPORT], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["kedro_azureml"]


def test_every_name_is_there_documented_and_typed() -> None:
    assert set(kedro_azureml.__all__) <= set(dir(kedro_azureml))
    for name in kedro_azureml.__all__:
        value = getattr(kedro_azureml, name)
        assert inspect.getdoc(value), name
        if not inspect.isclass(value):
            signature = inspect.signature(value)
            assert signature.return_annotation is not inspect.Signature.empty, name
            assert all(p.annotation is not p.empty for p in signature.parameters.values()), name


def test_no_signature_holds_an_internal() -> None:
    for name in kedro_azureml.__all__:
        value = getattr(kedro_azureml, name)
        if not inspect.isclass(value):
            text = str(inspect.signature(value))
            assert not [internal for internal in INTERNAL if internal in text], name


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'resume'"):
        _ = kedro_azureml.resume
