"""What the code says of the documentation, and the documentation of the code, is there."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARCHITECTURE = ROOT / "docs" / "architecture"
PACKAGE = ROOT / "kedro_azureml"


def python_files() -> Iterator[Path]:
    for folder in ("kedro_azureml", "tests", "tools", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "projects" not in path.parts:
                yield path


def prose(path: Path) -> str:
    """The comments and docstrings of a module."""
    text = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, documented))
    docstrings = [ast.get_docstring(node) or "" for node in nodes]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join([*docstrings, *(t.string for t in tokens if t.type == tokenize.COMMENT)])


@functools.cache
def anchors(page: Path) -> set[str]:
    """The anchors that the documentation's builder gives to a page's headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    ascii_only = [
        unicodedata.normalize("NFKD", h).encode("ascii", "ignore").decode() for h in headings
    ]
    words = [re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in ascii_only]
    return {re.sub(r"[-\s]+", "-", heading) for heading in words}


def test_every_page_that_a_comment_cites_exists_with_its_section() -> None:
    wrong = []
    for path in python_files():
        for page, anchor in re.findall(r"([\w./-]+\.md)\b(?:#([\w-]+))?", prose(path)):
            file = ROOT / page
            if not file.is_file() or (anchor and anchor not in anchors(file)):
                wrong.append(f"{path.relative_to(ROOT)}: {page}#{anchor}")
    assert wrong == []


def handbook() -> list[Path]:
    """The pages for those who work on this package."""
    return [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(ARCHITECTURE.rglob("*.md"))]


def test_every_file_that_the_handbook_names_exists() -> None:
    pattern = re.compile(r"`((?:kedro_azureml|tests|tools|benchmarks|starters|docs)/[\w./*-]*)`")
    wrong = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in handbook()
        for name in pattern.findall(page.read_text(encoding="utf-8"))
        if not any(ROOT.glob(name.rstrip("/")))
    ]
    assert wrong == []


def exists(dotted: str) -> bool:
    """Whether a module has this name, or defines what has it: ``package.module.Class.method``."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.is_file():
            return defines(ast.parse(file.read_text(encoding="utf-8")).body, parts[length:])
    return False


def defines(body: list[ast.stmt], names: list[str]) -> bool:
    if not names:
        return True
    for statement in body:
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef)) and statement.name == names[0]:
            return defines(statement.body, names[1:])
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        if any(isinstance(target, ast.Name) and target.id == names[0] for target in targets):
            return len(names) == 1
    return False


def test_every_function_that_the_handbook_names_exists() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in handbook()
        for name in re.findall(r"`(kedro_azureml(?:\.\w+)+)", page.read_text(encoding="utf-8"))
        if not exists(name)
    ]
    assert wrong == []


def test_the_map_shows_every_room() -> None:
    page = (ARCHITECTURE / "index.md").read_text(encoding="utf-8")
    tree = page.partition("kedro_azureml/\n")[2].partition("\nstarters/")[0]
    shown: set[str] = set()
    room = ""
    for indent, name in re.findall(r"^( +)(\w+)/", tree, re.M):
        room = name if len(indent) == 2 else room
        shown.add(name if len(indent) == 2 else f"{room}/{name}")
    folders = {
        folder.parent.relative_to(PACKAGE).as_posix()
        for pattern in ("*/__init__.py", "*/*/__init__.py")
        for folder in PACKAGE.glob(pattern)
    }
    assert shown == folders


def test_the_decisions_index_lists_every_page() -> None:
    folder = ARCHITECTURE / "decisions"
    listed = re.findall(r"\((D\d+-[\w-]+\.md)\)", (folder / "index.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("D*.md"))


def test_a_document_enters_the_room_of_submission_by_one_door() -> None:
    """Only ``compile --resolve``, which submits nothing, has a door of its own."""
    doors = {
        (path.relative_to(PACKAGE).as_posix(), module)
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(PACKAGE / "azure")
        for module in re.findall(r"from (kedro_azureml\.azure\.submit\S*) import", path.read_text())
    }
    assert {module.removeprefix("kedro_azureml.azure.") for _, module in doors} == {
        "submit.submit",
        "submit.versions",
    }
    assert [path for path, module in doors if module.endswith("versions")] == [
        "cli/commands/compile_document.py"
    ]
