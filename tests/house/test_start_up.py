"""What importing the package and its entry points costs and needs."""

from __future__ import annotations

import subprocess
import sys

from tests.house.repository import ROOT, run_python
from tests.house.test_dependencies import declared

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
names = ("_starters", "azure", "secrets.vault", "storage")
elsewhere = tuple(f"kedro_azureml.{name}" for name in names)
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
    assert ours <= {
        "kedro_azureml",
        *("kedro_azureml.plugin", "kedro_azureml.diagnostics", "kedro_azureml.standard_output"),
        # Two milliseconds of a session, and none of a command without one.
        *("kedro_azureml.hooks", "kedro_azureml.hooks.assets", "kedro_azureml.hooks.secrets"),
        "kedro_azureml.secrets",
        *(f"kedro_azureml.secrets.{name}" for name in ("here", "masking", "names", "references")),
        "kedro_azureml.secrets.resolver",
        *("kedro_azureml.job", "kedro_azureml.job.secrets", "kedro_azureml.job.secrets.shapes"),
    }


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


def test_starting_python_imports_nothing_of_ours() -> None:
    code = "import sys; print(*(m for m in sys.modules if m.startswith('kedro')))"
    for words in ([], ["azureml"], ["kedro", "azureml"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        )
        # Another program that has such a word keeps its standard output.
        assert set(done.stdout.split()) <= {"kedro_azureml", "kedro_azureml.standard_output"}
        assert done.stdout == "\n" or "azureml" in words


def test_a_submission_without_secrets_imports_nothing_of_vaults() -> None:
    code = "import sys, kedro_azureml.azure.submit.submit; print('azure.keyvault' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
