"""``python -m kedro_azureml.step.process.ahead``: a step's process before anyone knows the step.

For a rehearsal: these processes start while the job is compiled, and import of Kedro and of this
package what every step does. For a job of one step they also import the libraries that the
project's files name, which all steps together would. Nothing of the project itself is imported:
that the step does, from its own copy of the code and with its own variables, like any other. A
library that is named like a folder or file of the project is left to the step as well.

Through a socket it then says ``r``, reads one line of JSON, ``{"argv", "env", "cwd", "log",
"early"}``, and is the step from then on; one that is early waits there for its start. The end of
the socket without an object means that it is not needed.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from kedro_azureml.job.step_record import STEP_MODULE
from kedro_azureml.step.main import choose_logging, has_own_logging, main
from kedro_azureml.step.process.becoming import become
from kedro_azureml.step.process.start import START_VARIABLE

LOG = "log.txt"
READY = b"r"
_MOST_FILES = 500
# These look for a project, which is not there yet; what steps need of them is imported apart.
_NOT_YET = ("kedro.framework", "kedro.runner", "kedro_azureml")
# What every step needs of Kedro and of this package, and what does not look for a project.
_ALWAYS = (
    "kedro.config",
    "kedro.io",
    "kedro.pipeline",
    "dynaconf",
    "dynaconf.loaders.py_loader",
    "pluggy",
    "rich.logging",
    "toml",
    "cloudpickle",
    "zstandard",
)
_DATASET_TYPE = re.compile(r"^\s*(?:type:|.*[{,]\s*type:)\s*[\"']?([a-z_]\w*)\.(\w+)", re.M)


def serve(orders: int, project: Path, *libraries: Path) -> int:
    """Import libraries, wait for the step, be the step.

    Args:
        orders: Descriptor of a socket.
        project: The project's root, which says how it logs.
        libraries: Where to look for more to import: the project's Python package, and its
            configuration folder.

    Returns:
        The exit code.
    """
    # Collecting garbage while hundreds of modules are imported costs more than it finds.
    gc.disable()
    before = {*os.environ, "KEDRO_LOGGING_CONFIG"}
    if not has_own_logging(project):
        # Kedro reads the logging configuration when it is imported: the same here as in the step.
        choose_logging(project)
        importlib.import_module("kedro_azureml.step.session.session")
    for module, name in _wanted(*libraries):
        # Whatever fails here is the step's to report.
        with contextlib.suppress(BaseException):
            imported = importlib.import_module(module)
            if name and not hasattr(imported, name):
                importlib.import_module(f"{module}.{name}")
    gc.freeze()
    with contextlib.suppress(OSError):
        os.write(orders, READY)
    # Unbuffered: what follows the line is the step's to read.
    with open(orders, "rb", buffering=0, closefd=False) as file:
        line = file.readline()
    if not line:
        return 0
    order = json.loads(line)
    said = Path(LOG).read_bytes()
    # A library may have set a variable that it needs.
    added = {name: value for name, value in os.environ.items() if name not in before}
    become(order["argv"], order["cwd"], {**added, **order["env"]}, order["log"])
    os.write(1, said)
    # What `python -m` puts there: the folder in which it is started.
    sys.path[0] = order["cwd"]
    if order["early"]:
        os.environ[START_VARIABLE] = str(orders)
    else:
        os.close(orders)
    if _was_in_vain(Path(order["cwd"])):
        command = [sys.executable, "-m", STEP_MODULE, *order["argv"]]
        os.execv(sys.executable, command)  # noqa: S606 - no shell, as it should be
    gc.enable()
    return main(order["argv"])


def _was_in_vain(code: Path) -> bool:
    """Tell whether something was imported that the step would import otherwise."""
    if has_own_logging(code) and "kedro.framework.project" in sys.modules:
        return True
    imported = {module.partition(".")[0] for module in sys.modules}
    # A file of the project hides a library of that name.
    return any(
        path.stem in imported and (path.suffix == ".py" or (path / "__init__.py").is_file())
        for folder in (code, code / "src")
        for path in _in(folder)
    )


def _wanted(*libraries: Path) -> Iterator[tuple[str, str | None]]:
    """Yield modules, and with each a name in it that may be a module too."""
    for module in _ALWAYS:
        yield module, None
    if not libraries:
        return
    package, conf_source = libraries
    own = {path.stem for folder in (package.parent, package.parent.parent) for path in _in(folder)}
    for module, name in outside_imports(package):
        if module.partition(".")[0] not in own and not module.startswith(_NOT_YET):
            yield module, name
    for file in sorted(conf_source.glob("base/**/catalog*.y*ml")):
        with contextlib.suppress(OSError, ValueError):
            for found in _DATASET_TYPE.finditer(file.read_text(encoding="utf-8")):
                yield f"kedro_datasets.{found[1]}", found[2]


def outside_imports(package: Path) -> Iterator[tuple[str, str | None]]:
    """Yield what the files import that Kedro loads for all pipelines, and their imports.

    Other files of the package are left out: a library that only they import is none that the step
    could have without importing it itself.
    """
    todo = [package / "settings.py", package / "pipeline_registry.py"]
    todo += [*package.glob("pipelines/*/__init__.py"), *package.glob("pipelines/*.py")]
    seen: set[Path] = set()
    while todo:
        file = todo.pop(0)
        if file in seen or len(seen) > _MOST_FILES:
            continue
        seen.add(file)
        with contextlib.suppress(OSError, ValueError, SyntaxError):
            for statement in ast.parse(file.read_text(encoding="utf-8")).body:
                for level, module, name in _imports(statement):
                    inside = _inside(package, file, level, module, name)
                    todo += inside
                    if level == 0 and module.partition(".")[0] != package.name:
                        yield module, name


def _imports(statement: ast.stmt) -> Iterator[tuple[int, str, str | None]]:
    """Dots before it, module, and name in it, of each import of a statement."""
    if isinstance(statement, ast.Import):
        yield from ((0, alias.name, None) for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            name = None if alias.name == "*" else alias.name
            yield statement.level, statement.module or "", name


def _inside(package: Path, file: Path, level: int, module: str, name: str | None) -> Iterator[Path]:
    """Yield the files of the package that an import reads."""
    folder = file.parents[level - 1] if level else package.parent
    place = folder.joinpath(*filter(None, module.split(".")))
    for found in (place, place / name if name else place):
        for candidate in (found.with_suffix(".py"), found / "__init__.py"):
            if candidate.is_relative_to(package) and candidate.is_file():
                yield candidate


def _in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1]), *map(Path, sys.argv[2:])))
