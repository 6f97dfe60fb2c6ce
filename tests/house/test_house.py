"""The rules of the repository: what is declared, shipped, documented and kept out."""

import ast
import functools
import importlib.metadata
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kedro_azureml import __version__
from kedro_azureml.config.keys import ALIAS, all_keys
from kedro_azureml.diagnostics import CODES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kedro_azureml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

MODULES = sorted(PACKAGE.rglob("*.py"))


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


# What is declared


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    lines: list[str] = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {normalised(Requirement(line).name) for line in lines}


class WithoutTypeChecking(ast.NodeTransformer):
    """Drops what only a type checker imports."""

    def visit_If(self, node: ast.If) -> list[ast.stmt] | ast.stmt:
        checking = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return node.orelse if checking else node


def imported_modules(path: Path) -> Iterator[str]:
    """Every absolute import of a file, also those inside functions."""
    tree = WithoutTypeChecking().visit(ast.parse(path.read_text(encoding="utf-8")))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def third_party(path: Path) -> Iterator[str]:
    for module in imported_modules(path):
        top = module.partition(".")[0]
        # tomllib: of the standard library from Python 3.11 on.
        if top not in {*sys.stdlib_module_names, "kedro_azureml", "tests", "tomllib"}:
            yield module


# Reading it anew for every module would take longer than all else here.
owners_of_packages = functools.cache(importlib.metadata.packages_distributions)


def undeclared(path: Path, allowed: set[str]) -> list[str]:
    """What a file imports from distributions other than those."""
    owners = owners_of_packages()
    found = []
    for module in third_party(path):
        top = module.partition(".")[0]
        distributions = {normalised(d) for d in owners.get(top, [top])}
        if top == "azure":
            # Many distributions share this package; each is called after the modules it holds.
            distributions = {d for d in distributions if f"{module}.".startswith(dotted(d))}
        if not distributions & allowed:
            found.append(module)
    return found


def dotted(distribution: str) -> str:
    return distribution.replace("-", ".") + "."


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_import_is_of_a_declared_dependency(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    allowed = declared("azure") if room in {"azure", "storage"} else declared()
    assert undeclared(path, allowed) == []


def test_what_the_tests_import_is_declared() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    allowed = declared("azure") | {normalised(Requirement(line).name) for line in groups["test"]}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if "projects" not in path.parts:
            assert undeclared(path, allowed) == [], path


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_azure_sdk_stays_in_its_room(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    if room == "azure":
        return
    allowed = ("azure.core", "azure.identity", "azure.storage.blob") if room == "storage" else ()
    found = [m for m in third_party(path) if m.startswith("azure.") and not m.startswith(allowed)]
    assert found == []


ONLY_DECLARED = """
import importlib, importlib.abc, importlib.metadata, pkgutil, re, sys
from packaging.requirements import Requirement

def closure(names):
    # The declared dependencies and all that they need in turn.
    seen, todo = set(), [(name, frozenset()) for name in names]
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, lines):
            chosen = [{"extra": extra} for extra in extras or {""}]
            if requirement.marker is None or any(map(requirement.marker.evaluate, chosen)):
                key = re.sub(r"[-_.]+", "-", requirement.name).lower()
                todo.append((key, frozenset(requirement.extras)))
    return {name for name, _ in seen}

allowed = closure(sys.argv[1:])
owners = {
    package: {re.sub(r"[-_.]+", "-", d).lower() for d in distributions}
    for package, distributions in importlib.metadata.packages_distributions().items()
}

class Fence(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        names = owners.get(fullname.partition(".")[0], set())
        if names and not names & allowed and "kedro-azureml" not in names:
            raise ModuleNotFoundError(f"{fullname} is not a declared dependency", name=fullname)
        return None

sys.meta_path.insert(0, Fence())
for module in list(sys.modules):
    if module.partition(".")[0] in owners:
        del sys.modules[module]

import kedro_azureml
elsewhere = tuple(f"kedro_azureml.{name}" for name in ("_starters", "azure", "storage"))
for module in pkgutil.walk_packages(kedro_azureml.__path__, "kedro_azureml."):
    if not module.name.startswith(elsewhere) and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""


def test_every_module_imports_with_nothing_but_the_declared_dependencies() -> None:
    done = run_python(ONLY_DECLARED, *declared())
    assert done.returncode == 0, done.stderr
    assert "kedro_azureml.diagnostics" in done.stdout.split()


HEAVY = ("azure", "mlflow", "pandas", "numpy", "psutil", "pydantic", "cloudpickle", "zstandard")

ENTRY_POINTS = """
import importlib.metadata, sys
import kedro.framework.cli.cli, kedro.framework.cli.starters
before = set(sys.modules)
found = [
    point
    for point in importlib.metadata.distribution("kedro-azureml").entry_points
    if point.group.startswith("kedro.")
]
for point in found:
    point.load()
print(*sorted(point.group for point in found))
print(*sorted(set(sys.modules) - before))
"""


def test_loading_every_entry_point_imports_nothing_heavy() -> None:
    done = run_python(ENTRY_POINTS)
    assert done.returncode == 0, done.stderr
    # Kedro says on the same stream where its logging configuration comes from.
    groups, added = (line.split() for line in done.stdout.splitlines()[-2:])
    assert {"kedro.project_commands", "kedro.starters"} <= set(groups)
    assert [m for m in added if m.partition(".")[0] in HEAVY] == []
    ours = {m for m in added if m.startswith("kedro_azureml")}
    assert ours <= {"kedro_azureml", "kedro_azureml.plugin", "kedro_azureml.diagnostics"}


def test_the_entry_points_leave_no_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:kedro_azureml", "-c", ENTRY_POINTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_decorators_costs_nothing() -> None:
    heavy = {"kedro", "pydantic", "numpy", "yaml", "rich", "torch", "tensorflow", "mpi4py"}
    code = f"import sys, kedro_azureml.distributed; print(*{heavy!r} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


# What is shipped


def build(source: Path, kind: str, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)],
        cwd=source,
        capture_output=True,
        check=True,
    )
    return next(folder.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def starter_files() -> set[str]:
    folder = ROOT / "starters"
    ignored = {"__pycache__", ".ruff_cache", ".pytest_cache", ".mypy_cache"}
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and not ignored & set(file.parts)
    }


def test_the_wheel_holds_the_types_the_license_and_every_file_of_the_starter(
    tmp_path: Path,
) -> None:
    names = zipfile.ZipFile(build(ROOT, "wheel", tmp_path)).namelist()
    info = f"kedro_azureml-{__version__}.dist-info"
    assert {"kedro_azureml/py.typed", f"{info}/licenses/LICENSE"} <= set(names)
    prefix = "kedro_azureml/_starters/"
    assert {n.removeprefix(prefix) for n in names if n.startswith(prefix)} == starter_files()
    assert {n.partition("/")[0] for n in names} == {"kedro_azureml", info}


EXPLAIN = """
import sys
sys.path.insert(0, sys.argv[1])
from kedro_azureml.cli.commands import explain
assert explain.__file__.startswith(sys.argv[1])
explain.explain(sys.argv[2:])
"""


def test_the_wheel_holds_the_pages_that_explain_shows(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(ROOT, "wheel", tmp_path)) as wheel:
        wheel.extractall(tmp_path / "installed")
    done = run_python(EXPLAIN, str(tmp_path / "installed"), *CODES, "azureml.yml", "distributed")
    assert done.returncode == 0, done.stderr
    for code, title in CODES.items():
        assert f"# {code}: {title}\n" in done.stdout


def test_a_wheel_from_the_sdist_is_the_wheel_from_the_repository(tmp_path: Path) -> None:
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    from_sdist = zipfile.ZipFile(build(unpacked, "wheel", tmp_path / "1")).namelist()
    from_repository = zipfile.ZipFile(build(ROOT, "wheel", tmp_path / "2")).namelist()
    assert from_sdist == from_repository


# What is kept out


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [p for p in paths if p.is_file()]


# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of someone's machine": r"(?<![\w.])/(?:root|Users)/\w|/home/(?!kedro)\w|/tmp/dev\b"
    r"|/work/(?:main|shared)\b|[A-Z]:\\Users",
    "a package registry": r"pypi\.(?:org|io|python)|python" + r"hosted\.org|anaconda\.(?:org|com)"
    r"|registry\.npm|--(?:extra-)?index-url",
    "a private key": "-----BEGIN [A-Z ]*PRIVATE " + "KEY-----",
    "a storage account key": r"(?i)account_?key\W{1,4}[A-Za-z0-9+/]{60,}",
    "a signed URL": r"[?&]sig=[A-Za-z0-9%+/]{20,}",
    "a token": r"\b(?:ghp_\w{30}|AKIA[A-Z0-9]{16}|eyJ[\w-]{20,}\.[\w-]{20,}\.)",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__):
            found += [f"{path.relative_to(ROOT)}: {m.group()}" for m in pattern.finditer(text)]
    assert found == []


# What is documented


def test_the_changelog_speaks_of_this_version() -> None:
    release = __version__.partition(".dev")[0]
    assert re.search(rf"^## {re.escape(release)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_diagnostic_has_a_page(code: str) -> None:
    page = ROOT / "docs" / "diagnostics" / f"{code}.md"
    assert page.is_file(), f"write docs/diagnostics/{code}.md: {CODES[code]}"
    text = page.read_text()
    assert text.startswith(f"# {code}: {CODES[code]}\n")
    for heading in ("## What it means", "## Example", "## What to do"):
        assert heading in text


def test_no_page_describes_a_diagnostic_that_does_not_exist() -> None:
    pages = {p.stem for p in (ROOT / "docs" / "diagnostics").glob("KAZ*.md")}
    assert pages <= set(CODES)


def test_the_diagnostics_index_lists_every_code() -> None:
    index = (ROOT / "docs" / "diagnostics" / "index.md").read_text()
    assert re.findall(r"\[(KAZ\d+)\]\(\1\.md\)", index) == sorted(CODES)


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_every_lower_bound_is_stated(extra: str) -> None:
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]]:
        assert ">=" in line, line


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
