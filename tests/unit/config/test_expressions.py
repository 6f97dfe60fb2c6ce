"""How an expression of Azure ML is written in azureml.yml, and what is said of other ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from kedro_azureml.config import load_config
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

pytestmark = pytest.mark.filterwarnings(r"ignore:register_new_resolver\(\):UserWarning")


def loader_of(project: Path, path: str) -> OmegaConfigLoader:
    conf = project / "conf"
    (conf / "base").mkdir(parents=True)
    (conf / "local").mkdir()
    (conf / "base/azureml.yml").write_text(f"azure:\n  export:\n    path: {path}\n")
    return OmegaConfigLoader(str(conf), base_env="base", default_run_env="local")


def refusal(project: Path, path: str) -> Diagnostic:
    with pytest.raises(DiagnosticError) as refused:
        load_config(project, loader_of(project, path))
    (found,) = refused.value.diagnostics
    return found


@pytest.mark.parametrize("path", [r"'\${{name}}/{job}'", r"\${{name}}/{job}"])
def test_a_backslash_keeps_it_from_kedro(tmp_path: Path, path: str) -> None:
    config = load_config(tmp_path, loader_of(tmp_path, path))
    assert config is not None
    assert config.azure.export is not None
    assert config.azure.export.path == "${{name}}/{job}"


def test_without_a_backslash(tmp_path: Path) -> None:
    found = refusal(tmp_path, "${{name}}/{job}")
    assert (found.code, found.where) == ("KAZ104", "conf/base/azureml.yml:3 azure.export.path")
    assert r"'\${{name}}', in single quotes" in found.remedy


def test_in_double_quotes(tmp_path: Path) -> None:
    found = refusal(tmp_path, r'"\${{name}}/{job}"')
    assert (found.code, found.where) == ("KAZ102", "conf/base/azureml.yml:3")
    assert "single quotes" in found.remedy
