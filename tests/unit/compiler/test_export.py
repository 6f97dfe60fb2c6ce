"""`azure.export`: the step that puts the results of a job together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.compiler import Compilation, CompileRequest, compile_project, with_job
from kedro_azureml.job.model import Output, Resources
from kedro_azureml.project import Project
from tests.kit.inprocess import compile_here, enter
from tests.kit.projects import AZUREML_YML, make_project
from tests.unit.compiler.test_compile import findings, record

NODES = """
    node(one, "params:n", "table", name="make"),
    node(two, "table", ["report", "note"], name="read", tags="chunky"),
"""
CATALOG = """\
table: {type: text.TextDataset, filepath: data/table.txt}
report: {type: text.TextDataset, filepath: data/report.txt}
"""


def project(path: Path, export: str, catalog: str = CATALOG, nodes: str = NODES) -> Path:
    azureml = f"{AZUREML_YML}  export: {export}\n"
    return make_project(path, nodes, catalog=catalog, parameters="n: 1\n", azureml=azureml)


def compiled(path: Path, export: str, **request: Any) -> Compilation:
    return compile_here(project(path, export), **request)


def test_final_outputs_are_put_together(tmp_path: Path) -> None:
    done = compiled(tmp_path, '{register: "{job}"}')
    job = done.job
    step = job.jobs["export"]
    path = "azureml://datastores/workspaceblobstore/paths/{date:%Y-%m-%d-%H-%M-%S}/minimal/"
    assert step.outputs == {"export": Output(path=path, name="minimal")}
    assert step.inputs == {"report": "${{parent.jobs.read.outputs.report}}"}
    assert step.component.code is None
    assert step.compute is None
    assert step.component.environment == "azureml:env@latest"
    assert record(job, "export").export == "${{outputs.export}}"
    assert record(job, "export").inputs == {"report": "${{inputs.report}}"}
    assert job.tags["kedro_export"] == path
    assert job.tags["kedro_export_asset"] == "minimal"
    (warning,) = done.diagnostics
    assert (warning.code, warning.severity) == ("KAZ328", "warning")
    assert "'note' is not exported" in warning.message
    assert [step.name for step in done.steps] == ["make", "read", "export"]


def test_datasets_and_compute_can_be_named(tmp_path: Path) -> None:
    done = compiled(tmp_path, "{datasets: [table], compute: chunky, datastore: other, path: a/b}")
    step = done.job.jobs["export"]
    assert step.inputs == {"table": "${{parent.jobs.make.outputs.table}}"}
    assert step.compute == "azureml:big"
    assert step.outputs == {"export": Output(path="azureml://datastores/other/paths/a/b/")}
    assert [d.code for d in done.diagnostics] == ["KAZ326"]


def test_one_machine_exports(tmp_path: Path) -> None:
    made = project(tmp_path, "{datasets: [table], compute: chunky}")
    file = made / "conf/base/azureml.yml"
    several = "cluster_name: big\n      instance_count: 2\n      shm_size: 4g"
    file.write_text(file.read_text().replace("cluster_name: big", several))
    job = compile_here(made).job
    assert job.jobs["read"].component.resources == Resources(instance_count=2, shm_size="4g")
    assert job.jobs["export"].component.resources == Resources(shm_size="4g")


def test_what_is_exported_does_not_go_through_temporary_storage(tmp_path: Path) -> None:
    made = project(tmp_path, "{datasets: [table]}")
    file = made / "conf/base/azureml.yml"
    storage = "  temporary_storage: {account_name: account, container: data}\n"
    file.write_text(file.read_text() + storage)
    assert record(compile_here(made).job, "make").stored == {}


def test_a_step_of_that_name_is_left_alone(tmp_path: Path) -> None:
    nodes = 'node(one, "params:n", "report", name="export"),'
    job = compile_here(project(tmp_path, "{}", nodes=nodes)).job
    assert list(job.jobs) == ["export", "export_"]
    assert record(job, "export_").export == "${{outputs.export}}"


def test_a_job_has_its_own(tmp_path: Path) -> None:
    made = project(tmp_path, "{path: 'all/{date}'}")
    file = made / "conf/base/azureml.yml"
    file.write_text(file.read_text() + "  jobs: {weekly: {export: {path: 'w/{job}/{date}'}}}\n")
    enter(made)
    opened = Project(made)
    request = CompileRequest(project_path=made, base=made)
    named = with_job(request, "weekly", opened.required_config({}))
    path = compile_project(named, opened).job.tags["kedro_export"]
    assert path == "azureml://datastores/workspaceblobstore/paths/w/weekly/{date}/"


@pytest.mark.parametrize(
    ("export", "said"),
    [
        ("{datasets: [nobody]}", "KAZ327"),
        ("{datasets: [note]}", "KAZ327"),
        ("{datasets: []}", "KAZ327"),
        ("{compute: nobody}", "KAZ104"),
        ("{path: '../up/{date}'}", "KAZ104"),
        ("{path: '{dat}'}", "KAZ104"),
        ("{register: 'a b'}", "KAZ104"),
        ("{register: '{date}'}", "KAZ104"),
        ("{datastor: x}", "KAZ103"),
    ],
)
def test_bad_exports_are_refused(tmp_path: Path, export: str, said: str) -> None:
    errors = [text for text in findings(project(tmp_path, export)) if "KAZ328" not in text]
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"{said}")
    assert "conf/base/azureml.yml:" in errors[0]


def test_the_export_has_a_name_of_its_own(tmp_path: Path) -> None:
    catalog = CATALOG.replace("report.txt}", "report.txt, metadata: {azureml: {register: r}}}")
    made = project(tmp_path, "{register: r}", catalog=catalog)
    errors = [text for text in findings(made) if "KAZ328" not in text]
    assert len(errors) == 1
    assert errors[0].startswith("KAZ324")
    assert "Both the export and 'report' are registered as 'r'" in errors[0]


def test_a_name_of_which_nothing_is_left(tmp_path: Path) -> None:
    made = project(tmp_path, "{register: '{job}'}")
    errors = [text for text in findings(made, job="отчёт") if "KAZ328" not in text]
    assert len(errors) == 1
    assert errors[0].startswith("KAZ322")


def test_a_project_without_results_has_nothing_to_export(tmp_path: Path) -> None:
    done = compile_here(project(tmp_path, "{}", catalog="{}"))
    (finding,) = done.diagnostics
    assert (finding.code, finding.severity) == ("KAZ327", "warning")
    assert list(done.job.jobs) == ["make", "read"]
    assert "kedro_export" not in done.job.tags


def test_what_another_pipeline_writes_is_left_out_of_this_one(tmp_path: Path) -> None:
    """`azure.export` is for every job; one of `azure.jobs` names what it writes itself."""
    made = project(tmp_path, "{datasets: [table, elsewhere]}")
    registry = made / "src/minimal/pipeline_registry.py"
    text = registry.read_text()
    assert text.count('{"__default__": ') == 1
    other = '"other": Pipeline([node(one, None, "elsewhere", name="other")]), "__default__": '
    registry.write_text(text.replace('"__default__": ', other))
    done = compile_here(made)
    assert "export" in done.job.jobs
    assert "KAZ327" not in {d.code for d in done.diagnostics}
