"""What would make a paid run wrong without a word is said when the project is compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project

NODES = """
    node(one, ["raw", "params:split.share"], "table", name="clean", tags="chunky"),
"""
CATALOG = "raw: {type: text.TextDataset, filepath: data/raw.txt}"
PARAMETERS = "split: {share: 1}"


def project(
    path: Path, *, azureml: str = "", catalog: str = CATALOG, registry: str | None = None
) -> Path:
    return make_project(
        path,
        NODES,
        catalog=catalog,
        parameters=PARAMETERS,
        files={"data/raw.txt": "x"},
        azureml=f"{AZUREML_YML.rstrip()}\n{azureml}",
        registry=registry,
    )


def by_code(diagnostics: tuple[Diagnostic, ...]) -> dict[str, Diagnostic]:
    return {diagnostic.code: diagnostic for diagnostic in diagnostics}


def test_an_alias_that_no_node_uses(tmp_path: Path) -> None:
    made = project(tmp_path)
    text = AZUREML_YML.replace("chunky:", "chunkyy:")
    (made / "conf/base/azureml.yml").write_text(text)
    (finding,) = compile_here(made).diagnostics
    assert (finding.code, finding.severity) == ("KAZ132", "warning")
    assert finding.where == "azureml.yml azure.compute.chunkyy"
    assert "Call the alias 'chunky'" in finding.remedy


def test_jobs_that_nobody_asks_for_today(tmp_path: Path) -> None:
    azureml = "  jobs: {nightly: {pipeline: __defalt__, compute: gpuu}}\n"
    found = by_code(compile_here(project(tmp_path, azureml=azureml)).diagnostics)
    assert set(found) == {"KAZ201", "KAZ104"}
    assert {d.severity for d in found.values()} == {"warning"}
    assert found["KAZ201"].where == "azureml.yml azure.jobs.nightly.pipeline"
    assert found["KAZ104"].where == "azureml.yml azure.jobs.nightly.compute"


def test_a_parameter_that_no_node_reads(tmp_path: Path) -> None:
    made = project(tmp_path)
    (finding,) = compile_here(made, params={"split": {"shar": 2}}).diagnostics
    assert (finding.code, finding.severity) == ("KAZ210", "warning")
    assert "'split.shar'" in finding.message
    assert "'split.share'" in finding.remedy
    for params in ({"split": {"share": 2}}, {"split": {"share": {"a": 1}}}, {}):
        assert not compile_here(made, params=params).diagnostics
    catalog = "raw: {type: text.TextDataset, filepath: '${runtime_params:folder, data}/raw.txt'}"
    (made / "conf/base/catalog.yml").write_text(catalog)
    assert not compile_here(made, params={"folder": "data"}).diagnostics


@pytest.mark.parametrize(
    ("kind", "severity", "words"),
    [
        ("text.TextDatase", "error", "'text.TextDatase', which does not exist"),
        ("kedro_datasets.text.TextDatase", "error", "which does not exist"),
        ("minimal.settings.MyDataset", "error", "which does not exist"),
        ("tex.TextDataset", "error", "which does not exist"),
        ("nowhere.MyDataset", "warning", "'nowhere' is not installed here"),
        ("text.TextDataset", None, ""),
        ("kedro_datasets.text.TextDataset", None, ""),
        ("kedro_azureml.datasets.AzureMLPipelineDataset", None, ""),
    ],
)
def test_a_dataset_class_that_does_not_exist(
    kind: str, severity: str | None, words: str, tmp_path: Path
) -> None:
    inner = ", dataset: {type: text.TextDataset, filepath: x}" if "Pipeline" in kind else ""
    catalog = f"raw: {{type: {kind}, filepath: data/raw.txt{inner}}}\n"
    made = project(tmp_path, catalog=catalog)
    if "Pipeline" in kind:
        (made / "data/x").write_text("x")
    try:
        found = [d for d in compile_here(made).diagnostics if d.code == "KAZ310"]
    except DiagnosticError as error:
        found = [d for d in error.diagnostics if d.code == "KAZ310"]
    assert [d.severity for d in found] == ([severity] if severity else [])
    assert all(words in d.message for d in found)


def test_a_class_inside_of_partitions(tmp_path: Path) -> None:
    catalog = "raw: {type: partitions.PartitionedDataset, path: data, dataset: text.TexDataset}"
    with pytest.raises(DiagnosticError) as caught:
        compile_here(project(tmp_path, catalog=catalog))
    (finding,) = caught.value.diagnostics
    assert "'text.TexDataset', which does not exist" in finding.message
    assert "'TextDataset'" in finding.remedy


def test_the_import_that_fails_is_said_first(tmp_path: Path) -> None:
    registry = """\
        from kedro.framework.project import find_pipelines

        def register_pipelines():
            pipelines = find_pipelines()
            pipelines["__default__"] = sum(pipelines.values())
            return pipelines
        """
    made = project(tmp_path, registry=registry)
    package = made / "src/minimal/pipelines/broken"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text("import does_not_exist")
    with pytest.raises(DiagnosticError) as caught:
        compile_here(made)
    first, last = caught.value.diagnostics
    assert "does_not_exist" in first.message
    assert last.code == "KAZ206"


def test_configuration_outside_the_project(tmp_path: Path) -> None:
    made = project(tmp_path / "project")
    (made / "conf").rename(tmp_path / "conf")
    (made / "src/minimal/settings.py").write_text('CONF_SOURCE = "../conf"')
    with pytest.raises(DiagnosticError) as caught:
        compile_here(made)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.where) == ("KAZ504", "settings.py CONF_SOURCE")
