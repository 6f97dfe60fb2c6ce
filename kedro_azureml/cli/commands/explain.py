"""``kedro azureml explain``: pages of the documentation, without a network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.diagnostics import CODES, explanation, foreign_codes, nearest

# Pages that `make docs` fills from elsewhere, and the index of the codes that is printed here.
_NOT_PAGES = {"changelog", "command-line", "contributing", "index", "security"}
# A link to another page leads nowhere on a screen; its text stays.
_RELATIVE_LINK = re.compile(r"\[([^\]]+)\]\((?!\w+:)[^)]*\)")


@click.command("explain")
@click.argument("topics", nargs=-1, metavar="[CODE|PAGE]...")
@friendly
def explain(topics: tuple[str, ...]) -> None:
    """Explain a code such as KAZ508, or show a page such as compute. It needs no network.

    Without an argument, list all codes and pages.
    """
    pages = _pages()
    if not topics:
        click.echo(_overview(pages))
        return
    for text in [_text(topic, pages) for topic in topics]:
        _show(text)


def _pages() -> dict[str, Path]:
    """Return the pages by name: those inside an installed wheel, or those of the checkout."""
    package = Path(__file__).resolve().parents[2]
    shipped = package / "_docs"
    folder = shipped if shipped.is_dir() else package.parent / "docs"
    guides = {page.stem: page for page in sorted(folder.glob("*.md"))}
    for page in sorted(folder.glob("distributed/*.md")):
        guides["distributed" if page.stem == "index" else page.stem] = page
    codes = {code: folder / "diagnostics" / f"{code}.md" for code in CODES}
    return codes | {name: page for name, page in guides.items() if name not in _NOT_PAGES}


def _overview(pages: dict[str, Path]) -> str:
    codes = [f"{code}  {title}" for code, title in (CODES | foreign_codes()).items()]
    guides = ", ".join(name for name in pages if name not in CODES)
    return "\n".join([*codes, "", f"Pages: {guides}"])


def _text(topic: str, pages: dict[str, Path]) -> str:
    # azureml.yml has a page of its own, and a file's name is what people type.
    names = {name.lower(): name for name in pages}
    name = names.get(topic.lower().replace(".", "-"))
    if name is None:
        foreign = explanation(topic.upper())
        if foreign is not None:
            return foreign.page or f"# {topic.upper()}: {foreign.title}"
        alike = [known for known in pages if known[:4].lower() == topic[:4].lower()]
        raise click.UsageError(
            f"There is no code and no page '{topic}'. {nearest(topic, alike or pages)} "
            "'kedro azureml explain' lists all of them."
        )
    return _RELATIVE_LINK.sub(r"\1", pages[name].read_text(encoding="utf-8"))


def _show(text: str) -> None:
    if not sys.stdout.isatty():
        click.echo(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
