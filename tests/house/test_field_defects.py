"""What goes wrong in plugins of this kind, and the test that keeps it from going wrong here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

DEFECTS: dict[str, str] = {
    # Install, start-up, hooks
    "an import that is not a declared dependency": (
        "test_house::test_every_module_imports_with_nothing_but_the_declared_dependencies"
    ),
    "plain kedro run fails without azureml.yml, or with a malformed one": (
        "test_plugin::test_azureml_yml_cannot_break_a_command_that_is_not_ours"
    ),
    "the Azure SDK is imported at plugin load": (
        "test_house::test_loading_every_entry_point_imports_nothing_heavy"
    ),
    "every subcommand is imported at every kedro command": (
        "test_plugin::test_the_command_line_imports_nothing_heavy"
    ),
    "an unused dataset with a missing dependency stops kedro run": (
        "test_plugin::test_an_unused_dataset_with_a_missing_dependency_stops_nothing"
    ),
    "an unused dataset with a missing dependency stops a step": (
        "test_step::test_only_what_the_step_uses_is_touched"
    ),
    "exceptions that are not Exceptions": ("test_field_defects::test_our_exceptions_are_ordinary"),
    "warnings for every user at import": ("test_house::test_the_entry_points_leave_no_warning"),
    "private names of Kedro: the catalog": (
        "test_project::test_kedro_builds_a_catalog_of_a_given_class"
    ),
    "private names of Kedro: a dataset's configuration": (
        "test_rebuild::test_the_configuration_rebuilds_the_object"
    ),
    # Wrong or lost data
    "a catalog-declared local intermediate is lost": (
        "test_step::test_a_declared_file_goes_into_the_output_folder"
    ),
    "an unmodified project does not give what kedro run gives": (
        "test_projects::test_rehearsal_gives_what_kedro_run_gives"
    ),
    "transcoding loses the edge": ("test_compile::test_transcoding_is_one_dataset_and_one_edge"),
    "datasets of a factory are replaced or never re-pointed": (
        "test_compile::test_a_factory_is_resolved_through_the_catalog"
    ),
    "names merge silently": "test_compile::test_names_never_merge",
    "a plain DataCatalog drops a custom class": (
        "test_project::test_the_project_s_own_catalog_class_reads_its_entries"
    ),
    "a plain DataCatalog drops load versions": ("test_compile::test_versioned_raw_input"),
    "the declared output folder stays empty": (
        "test_step::test_what_nobody_reads_need_not_be_picklable"
    ),
    "a truncated folder is read as a whole one": (
        "test_step::test_a_truncated_input_is_an_error_without_a_traceback"
    ),
    "a missing parameter falls back to the top level": ("test_compile::test_missing_parameter"),
    "a root input missing from the catalog becomes a local folder": (
        "test_compile::test_missing_roots"
    ),
    "a run id fixed at compile time": ("test_temporary_storage::test_as_a_job"),
    # Security
    "the storage account key stands in every step's environment": (
        "test_temporary_storage::test_as_a_job"
    ),
    "compile prompts for the storage account key": (
        "test_storage_access::test_compile_and_dry_run_ask_for_nothing"
    ),
    "a storage key or another secret stands in the compiled YAML": (
        "test_compile::test_writes_the_file_and_ends_with_a_table"
    ),
    "init writes an empty .amlignore": "test_init::test_init_writes_a_real_amlignore",
    "credentials would be uploaded": "test_compile::test_snapshot_findings",
    "--params is pasted into the command": ("test_arguments::test_bash_hands_over_the_value"),
    # Distributed
    "the decorator marks the original function": (
        "test_decorators::test_the_wrapper_alone_is_marked"
    ),
    "every other use of a decorated function becomes distributed": (
        "test_distribution::test_another_node_of_the_same_function_is_ordinary"
    ),
    "functools.partial loses the mark, and a bound method raises": (
        "test_decorators::test_the_mark_is_kept"
    ),
    "num_nodes as a shared parameter in a namespace: KeyError": (
        "test_distribution::test_parameters_resolve_as_the_node_s_inputs_do"
    ),
    "TensorFlow ignores processes per node and knows no parameter servers": (
        "test_distribution::test_each_framework"
    ),
    "a keyword typo of the decorator is swallowed until run time": (
        "test_decorators::test_wrong_use_is_refused_when_applied"
    ),
    # Command line and configuration
    "init overwrites an existing azureml.yml": (
        "test_init::test_init_refuses_to_overwrite_azureml_yml"
    ),
    "the generated configuration cannot be run": (
        "test_init::test_the_configuration_is_runnable_as_generated"
    ),
    "-e works only before the subcommand": (
        "test_plugin::test_env_before_and_after_the_subcommand"
    ),
    "an unknown pipeline is a bare KeyError": "test_compile::test_unknown_names",
    "JSON only for --params": "test_compile::test_both_forms_of_parameters",
    "an empty conf environment prompts, so it aborts in CI": (
        "test_step::test_a_conf_environment_that_vanished_is_made_again"
    ),
    "compute omitted gives the literal {cluster_name}": (
        "test_compile::test_no_compute_and_no_environment"
    ),
    "serverless cannot be used": "test_computes::test_every_setting_reaches_the_service",
    "compute instances cannot be used": "test_computes::test_a_running_instance",
    "the experiment name is missing from the compiled file": (
        "test_compile::test_edges_and_raw_inputs"
    ),
    "a failed run prints a traceback of ours": ("test_run_command::test_a_failure"),
    "a job's compute alias is taken for a cluster name": ("test_jobs::test_all_that_a_job_says"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_has_a_test(defect: str) -> None:
    module, _, name = DEFECTS[defect].partition("::")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in TESTS.rglob(f"{module}.py")]
    names = {item.name for tree in trees for item in tree.body if isinstance(item, ast.FunctionDef)}
    assert name in names


def test_our_exceptions_are_ordinary() -> None:
    from kedro_azureml.diagnostics import DiagnosticError
    from kedro_azureml.step.errors import StepError
    from kedro_azureml.step.folders import FolderError

    assert all(issubclass(error, Exception) for error in (DiagnosticError, StepError, FolderError))
