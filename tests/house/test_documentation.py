"""What is documented, and what the documentation says."""

from __future__ import annotations

import re

from kedro_azureml import __version__
from kedro_azureml.config.keys import ALIAS, all_keys
from kedro_azureml.diagnostics import CODES
from tests.house.repository import ROOT

PAGES = ROOT / "docs" / "diagnostics"


def test_the_changelog_speaks_of_this_version() -> None:
    release = __version__.partition(".dev")[0]
    assert re.search(rf"^## {re.escape(release)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_every_diagnostic_has_a_page() -> None:
    offenders = []
    for code, title in sorted(CODES.items()):
        page = PAGES / f"{code}.md"
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        parts = ("## What it means", "## Example", "## What to do")
        if not text.startswith(f"# {code}: {title}\n") or any(p not in text for p in parts):
            offenders.append(f"docs/diagnostics/{code}.md: {title}")
    assert offenders == []


def test_no_page_describes_a_diagnostic_that_does_not_exist() -> None:
    pages = {p.stem for p in (ROOT / "docs" / "diagnostics").glob("KAZ*.md")}
    assert pages <= set(CODES)


def test_the_diagnostics_index_lists_every_code() -> None:
    index = (ROOT / "docs" / "diagnostics" / "index.md").read_text()
    assert re.findall(r"\[(KAZ\d+)\]\(\1\.md\)", index) == sorted(CODES)


def test_the_reference_of_azureml_yml_describes_every_key() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in (ROOT / "docs" / "azureml-yml.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    described = {key.strip("`"): text.removesuffix("|").strip() for key, _, text in rows}
    assert described == {
        ".".join([*key.path, ALIAS] if key.by_alias else key.path): (key.field.description)
        for key in all_keys()
    }
