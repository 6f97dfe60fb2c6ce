"""Paths of outputs: placeholders of this package beside expressions of Azure ML's."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.data_address import BadAddressError
from kedro_azureml.job.dates import dated
from kedro_azureml.job.export import EXPORT_VARIABLE, Export
from kedro_azureml.job.model import Component, Output, PipelineJob, Step
from kedro_azureml.job.output_path import (
    another_place,
    asset_name,
    filled,
    is_fixed,
    output_path,
    with_date,
)

MOMENT = datetime(2026, 11, 29, 14, 5, 9, tzinfo=timezone.utc)
STORE = "azureml://datastores/store/paths"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{date}/a", "2026-11-29-14-05-09/a"),
        ("{date:%Y}/{date:%H:%M}", "2026/14:05"),
        ("${{name}}/{job}/{date:%Q}", "${{name}}/{job}/{date:%Q}"),
        ("{{date}}", "{{date}}"),
    ],
)
def test_dates_are_filled(text: str, expected: str) -> None:
    assert with_date(text, MOMENT) == expected


@given(st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"])))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert with_date(text, MOMENT) == text
    assert filled(text, {}) == text


@pytest.mark.parametrize(
    "path",
    [
        f"{STORE}/a b/ü/${{{{ name }}}}/{{date}}",
        "azureml://datastores/${{default_datastore}}/paths/${{output_name}}",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/x",
        "wasbs://c@a.blob.core.windows.net/x",
        "abfss://c@a.dfs.core.windows.net/x/y",
    ],
)
def test_places_that_can_be_written_to(path: str) -> None:
    assert output_path(path) == path.replace("{{ name }}", "{{name}}")


@pytest.mark.parametrize(
    "path",
    [
        "data/out",
        "./x",
        "azureml:asset:1",
        "https://host/x",
        "azureml://datastores/store/paths/",
        "azureml://registries/r/data/d/versions/1",
        f"{STORE}/../x",
        f"{STORE}/a\\b",
        f"{STORE}/a\nb",
        f"{STORE}/${{{{inputs.x}}}}",
        f"{STORE}/{{dat}}",
        f"{STORE}/{{date:%Q}}",
        f"{STORE}/{{job:x}}",
    ],
)
def test_places_that_cannot(path: str) -> None:
    with pytest.raises(BadAddressError):
        output_path(path)


@pytest.mark.parametrize(
    ("path", "fixed"),
    [("a/b", True), ("{job}/b", True), ("{date:%Y}", False), ("${{ name }}/b", False)],
)
def test_a_fixed_place_is_known(path: str, fixed: bool) -> None:
    assert is_fixed(path) == fixed


def test_what_fills_a_name_becomes_legal() -> None:
    assert asset_name("{job}-x", {"job": "Dätä science.v2", "pipeline": "p"}) == "D-t-science-v2-x"
    with pytest.raises(BadAddressError):
        asset_name("{job}", {"job": "отчёт", "pipeline": "p"})
    with pytest.raises(BadAddressError):
        asset_name("a.b", {})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{STORE}/a/", f"{STORE}/a-again-2026-11-29-14-05-09/"),
        (f"{STORE}/a.csv", f"{STORE}/a.csv-again-2026-11-29-14-05-09"),
        (f"{STORE}/a-again-2025-01-01-00-00-00/", f"{STORE}/a-again-2026-11-29-14-05-09/"),
        (f"{STORE}/${{{{name}}}}", f"{STORE}/${{{{name}}}}"),
        ("${{parent.outputs.x}}", "${{parent.outputs.x}}"),
    ],
)
def test_a_job_that_is_run_again_writes_beside(path: str, expected: str) -> None:
    assert another_place(path, MOMENT) == expected


def test_a_document_is_dated_everywhere() -> None:
    path = f"{STORE}/{{date:%Y}}"
    step = Step(
        component=Component(command="true", outputs={"o": Output(), "p": Output()}),
        outputs={"o": Output(path=path), "p": "${{parent.outputs.q}}"},
        environment_variables={EXPORT_VARIABLE: path, "OTHER": "{date}"},
    )
    job = PipelineJob(
        tags={**Export(path, "a").tags, "mine": "{date}"},
        outputs={"q": Output(path=path)},
        jobs={"s": step},
    )
    made = dated(job, MOMENT)
    there = f"{STORE}/2026"
    assert made.tags == {"kedro_export": there, "kedro_export_asset": "a", "mine": "{date}"}
    assert made.outputs["q"].path == there
    assert made.jobs["s"].outputs["o"] == Output(path=there)
    assert made.jobs["s"].environment_variables == {EXPORT_VARIABLE: there, "OTHER": "{date}"}
    assert dated(made, MOMENT) == made
