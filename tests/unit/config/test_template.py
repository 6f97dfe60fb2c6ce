"""What `init` writes reads back as what it was told, whatever that was."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.init.template import InitialValues, quote, render
from kedro_azureml.config.models import values
from kedro_azureml.config.reference import renewed

DOCS = Path(__file__).resolve().parents[3] / "docs" / "azureml-yml.md"
SOME = InitialValues("rg", "ws", "exp", "cpu", environment_name="env@latest")


def read_back(initial: InitialValues) -> AzureMLConfig:
    return AzureMLConfig.model_validate(yaml.safe_load(render(initial)))


def accepted(text: str) -> bool:
    try:
        return values.text(text) == text
    except values.BadValueError:
        return False


@given(st.text().filter(accepted))
def test_any_text_reads_back_as_itself(text: str) -> None:
    assert yaml.safe_load(quote(text)) == text


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{2,30}", fullmatch=True))
def test_any_name_reads_back_as_itself(text: str) -> None:
    config = read_back(replace(SOME, resource_group=text, workspace_name=text))
    assert config.azure.resource_group == config.azure.workspace_name == text


@pytest.mark.parametrize("text", ["null", "1e3", "0x1F", "012", "true", "2026-01-01"])
def test_texts_that_yaml_takes_for_something_else(text: str) -> None:
    assert read_back(replace(SOME, workspace_name=text)).azure.workspace_name == text


def test_the_code_is_uploaded_for_an_environment_and_in_the_image_otherwise() -> None:
    with_environment = read_back(SOME)
    assert with_environment.azure.code_directory == "."
    assert with_environment.azure.environment_name == "env@latest"
    with_image = read_back(replace(SOME, environment_name=None, docker_image="reg/i:1"))
    assert with_image.azure.code_directory is None
    assert with_image.azure.working_directory == "/home/kedro"
    assert with_image.docker.image == "reg/i:1"


@pytest.mark.parametrize("storage", [True, False])
def test_storage_or_data_passing(storage: bool) -> None:
    chosen = (
        replace(SOME, storage_account_name="acc", storage_container="con")
        if storage
        else replace(SOME, use_pipeline_data_passing=True)
    )
    azure = read_back(chosen).azure
    assert azure.pipeline_data_passing is not None
    assert azure.pipeline_data_passing.enabled is not storage
    assert (azure.temporary_storage is not None) is storage


def test_every_line_is_short_and_no_placeholder_is_left() -> None:
    text = render(replace(SOME, storage_account_name="acc", storage_container="con"))
    assert max(map(len, text.splitlines())) <= 100
    assert not re.search(r"\{[a-z_]+\}|<[a-z_]+>", text)
    assert text.endswith("\n")


def test_the_reference_page_is_current() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert renewed(page) == page, (
        "run `python -m kedro_azureml.config.reference docs/azureml-yml.md`"
    )


def test_the_example_of_the_reference_page_is_valid() -> None:
    example = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    config = AzureMLConfig.model_validate(yaml.safe_load(example[1]))
    assert config.azure.compute["chunky"].cluster_name == "cpu-cluster-8"
