"""The project as the compiler sees it, and the contract with Kedro behind it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from kedro.framework.context import KedroContext

from kedro_azureml.diagnostics import DiagnosticError
from tests.kit.inprocess import compile_here
from tests.kit.projects import make_project

SETTINGS = "from minimal.own import Short\nDATA_CATALOG_CLASS = Short\n"


def test_kedro_builds_a_catalog_of_a_given_class() -> None:
    """Contract: the private method that Kedro's own session calls, on every supported version."""
    parameters = inspect.signature(KedroContext._get_catalog).parameters
    assert "catalog_class" in parameters
    assert parameters["catalog_class"].default is not inspect.Parameter.empty


def test_the_project_s_own_catalog_class_reads_its_entries(tmp_path: Path) -> None:
    """field-defects: a new plain DataCatalog drops a custom DATA_CATALOG_CLASS."""
    catalog = """\
        from kedro.io import DataCatalog

        class Short(DataCatalog):
            @classmethod
            def from_config(cls, catalog, **rest):
                full = {
                    name: {"type": "text.TextDataset", "filepath": entry["at"]}
                    for name, entry in (catalog or {}).items()
                }
                return super().from_config(full, **rest)
        """
    project = make_project(
        tmp_path,
        'node(one, "r", "x", name="n")',
        catalog="r: {at: data/r.txt}\n",
        files={
            "src/minimal/own.py": catalog,
            "src/minimal/settings.py": SETTINGS,
            "data/r.txt": "x",
        },
    )
    job = compile_here(project).job
    assert job.inputs["r"].path == "data/r.txt"  # type: ignore[union-attr]


def test_a_pipeline_that_does_not_import_is_named(tmp_path: Path) -> None:
    registry = """\
        from kedro.framework.project import find_pipelines

        def register_pipelines():
            pipelines = find_pipelines()
            pipelines["__default__"] = pipelines["good"]
            return pipelines
        """
    good = """\
        from kedro.pipeline import Pipeline, node

        def create_pipeline():
            return Pipeline([node(lambda: 1, None, "x", name="n")])
        """
    project = make_project(
        tmp_path,
        registry=registry,
        files={
            "src/minimal/pipelines/good/__init__.py": good,
            "src/minimal/pipelines/bad/__init__.py": "import no_such_library\n",
        },
    )
    (finding,) = compile_here(project).diagnostics
    assert finding.code == "KAZ207"
    assert "minimal.pipelines.bad" in finding.message
    assert "no_such_library" in finding.message


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("conf/base/catalog.yml", "a: [", ["catalog.yml"]),
        ("conf/base/catalog.yml", "a: {filepath: x}\n", ["type"]),
        ("conf/base/parameters.yml", "a: ${nowhere}\n", ["nowhere"]),
        ("src/minimal/pipeline_registry.py", "def (\n", ["pipeline_registry.py:1"]),
    ],
)
def test_what_keeps_a_project_from_loading(
    tmp_path: Path, file: str, text: str, words: list[str]
) -> None:
    project = make_project(tmp_path, 'node(one, None, "x", name="n")')
    (project / file).write_text(text)
    with pytest.raises(DiagnosticError, match="KAZ207") as caught:
        compile_here(project)
    assert all(word in str(caught.value) for word in words)
