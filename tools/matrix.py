"""Runs all tests on the ends of what is supported: Kedro, Python, and every dependency's version.

Usage: python tools/matrix.py [NAME ...] [--list] [-- PYTEST ARGUMENTS ...]

Each environment lies in build/matrix/<name> and is made once. An interpreter that this machine
does not have is skipped, and the summary says so.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / "build" / "matrix"


@dataclass(frozen=True)
class Environment:
    """One column of the matrix.

    Attributes:
        name: What it is called on the command line and in the summary.
        python: The interpreter's version.
        packages: Requirements beside this package's own.
        resolution: uv's: ``highest``, or ``lowest-direct`` for the declared lower bounds.
    """

    name: str
    python: str
    packages: tuple[str, ...] = ()
    resolution: str = "highest"


MATRIX = (
    # Lower bounds older than Python 3.13 have no wheels for it: they are tested on 3.10 only.
    Environment("lowest-py310", "3.10", ("kedro==1.0.0",), "lowest-direct"),
    Environment("newest-py310", "3.10"),
    Environment("kedro1.0-py313", "3.13", ("kedro==1.0.0",)),
    Environment("newest-py313", "3.13"),
    # Kedro supports 3.14 since 1.4.
    Environment("newest-py314", "3.14"),
)


def main(arguments: list[str]) -> int:
    names, pytest_arguments = split(arguments)
    if "--list" in names:
        print("\n".join(e.name for e in MATRIX))
        return 0
    unknown = set(names) - {e.name for e in MATRIX}
    if unknown:
        print(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(e.name for e in MATRIX)}.")
        return 2
    results = {
        environment.name: run(environment, pytest_arguments)
        for environment in MATRIX
        if not names or environment.name in names
    }
    print("\nTest matrix")
    for name, result in results.items():
        print(f"  {name:<16} {result}")
    return 1 if any(result.startswith("FAILED") for result in results.values()) else 0


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the words before and after ``--``."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def run(environment: Environment, pytest_arguments: list[str]) -> str:
    """Make the environment, run the tests in it, and return how that went."""
    print(f"\n=== {environment.name}: Python {environment.python}, {environment.resolution} ===")
    interpreter = find_interpreter(environment.python)
    if interpreter is None:
        return f"skipped: this machine has no working Python {environment.python}"
    start = time.monotonic()
    python = ENVIRONMENTS / environment.name / "bin" / "python"
    if not install(environment, interpreter, python):
        return "FAILED: the dependencies cannot be installed together"
    workers = ("-n", os.environ.get("WORKERS", "3"), "--dist", "worksteal")
    command = [str(python), "-m", "pytest", *workers, *pytest_arguments]
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    code = subprocess.run(command, cwd=ROOT, env=clean, check=False).returncode
    seconds = round(time.monotonic() - start)
    kedro = version_of(python, "kedro")
    return f"{'passed' if code == 0 else 'FAILED'} in {seconds} s (Kedro {kedro})"


def find_interpreter(version: str) -> str | None:
    """Return a Python of that version that starts: on the PATH, from pyenv, or from uv."""
    for candidate in candidates(version):
        try:
            answer = subprocess.run(
                [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError:
            continue
        # A pyenv shim stands on the PATH for versions that are switched off: it exits with 127.
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return candidate
    return None


def candidates(version: str) -> Iterator[str]:
    found = shutil.which(f"python{version}")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(map(str, pyenv.glob(f"versions/{version}.*/bin/python")), reverse=True)
    managed = subprocess.run(
        [uv(), "python", "find", "--managed-python", "--no-python-downloads", version],
        capture_output=True,
        text=True,
        check=False,
    )
    if managed.returncode == 0:
        yield managed.stdout.strip()


def install(environment: Environment, interpreter: str, python: Path) -> bool:
    folder = python.parent.parent
    stamp = folder / ".ready"
    declared = ROOT / "pyproject.toml"
    if stamp.exists() and stamp.stat().st_mtime > declared.stat().st_mtime:
        return True
    commands = [
        [uv(), "venv", "--quiet", "--clear", "--python", interpreter, str(folder)],
        [
            *(uv(), "pip", "install", "--quiet", "--python", str(python)),
            *("--resolution", environment.resolution),
            *("--editable", ".[azure]", "--group", "test", *environment.packages),
        ],
    ]
    for command in commands:
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            return False
    stamp.touch()
    return True


def uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        sys.exit("The test matrix needs uv: python -m pip install uv")
    return found


def version_of(python: Path, distribution: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    answer = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
