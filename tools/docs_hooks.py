"""Makes pages of what stands elsewhere: files of the repository's root, and the commands' help."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from kedro_azureml.plugin import SUBCOMMANDS, azureml_group

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
COMMANDS = "<!-- every command, by tools/docs_hooks.py -->"
LINK = re.compile(r"(?P<before>\]\(|(?:src|href)=\")(?P<target>[^)\s\"]+)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages of folders that hold a page a subject; MkDocs calls this first."""
    _fill_in(config.nav, "diagnostics", "KAZ*.md")
    _fill_in(config.nav, "architecture/decisions", "D*.md")
    return config


def _fill_in(nav: Any, folder: str, pattern: str) -> None:
    """Put the pages behind the index of their folder, wherever in the navigation that is."""
    if isinstance(nav, dict):
        for section in nav.values():
            _fill_in(section, folder, pattern)
    elif isinstance(nav, list):
        for item in nav:
            _fill_in(item, folder, pattern)
        if nav == [f"{folder}/index.md"]:
            for page in sorted((ROOT / "docs" / folder).glob(pattern)):
                nav.append({page.stem.partition("-")[0]: f"{folder}/{page.name}"})


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill a page that stands elsewhere; MkDocs calls this for every page."""
    for source, uri in PAGES.items():
        if page.file.src_uri == uri:
            return LINK.sub(_from_docs, (ROOT / source).read_text(encoding="utf-8"))
    return markdown.replace(COMMANDS, "\n".join(_help()))


def _from_docs(link: re.Match[str]) -> str:
    """Return a link as the docs folder sees it: without ``docs/`` in front."""
    path, hash_sign, anchor = link["target"].partition("#")
    path = PAGES.get(path, path.removeprefix("docs/"))
    return link["before"] + path + hash_sign + anchor


def _help() -> Iterator[str]:
    """Yield a section a command, with the help that the command itself prints."""
    group = click.Context(azureml_group, info_name="kedro azureml", max_content_width=88)
    for name in (name for name, command in SUBCOMMANDS.items() if not command.hidden):
        command = azureml_group.get_command(group, name)
        assert command is not None
        context = click.Context(command, group, name, terminal_width=88)
        yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
