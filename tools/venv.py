"""Makes the virtual environment that the Makefile's targets work in.

Usage: python3 tools/venv.py FOLDER [GROUP | REQUIREMENTS.txt ...]

Installs this package, editable, with the named dependency groups of pyproject.toml and what the
files require. Needs nothing but Python's standard library; uv does the work where it can be had,
and pip where it cannot.
"""

import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 14)
# The tests and the type checks import the Azure SDK; plain use of the package does not.
WITH_AZURE = {"bench", "lint", "test"}
# On Linux the registry's own build of torch brings several gigabytes for graphics cards with it.
TORCH = "torch==2.13.0"


def main() -> int:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return fail(
            "this project needs Python 3.10 to 3.14, but this is "
            f"Python {sys.version_info[0]}.{sys.version_info[1]} ({sys.executable}).",
            "Name another one: make PYTHON=python3.12 ...",
        )
    folder, wanted = Path(sys.argv[1]), sys.argv[2:]
    python = folder / "bin" / "python"
    if not works(python):
        say(f"Making a virtual environment in {folder}.")
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
        if made.returncode != 0:
            return fail(
                f"{sys.executable} cannot make a virtual environment.",
                "On Debian and Ubuntu: apt install python3-venv. Elsewhere, name another Python: "
                "make PYTHON=python3.12 ...",
            )
    arguments = ["--editable", ".[azure]" if WITH_AZURE.intersection(wanted) else "."]
    for name in wanted:
        arguments += ["--requirement" if name.endswith(".txt") else "--group", name]
    say(f"Installing what it needs into {folder}; the first time takes a minute or more.")
    if "distributed" in wanted:
        install_torch_for_cpus(python)
    return install(python, arguments)


def works(python: Path) -> bool:
    """Tell whether an earlier run left an environment that still starts."""
    if not python.exists():
        return False
    return subprocess.run([str(python), "-c", "import pip"], check=False).returncode == 0


def install(python: Path, arguments: "list[str]") -> int:  # quoted: Python 3.6 reads this file too
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = python.with_name("uv")
    if not uv.exists():
        subprocess.run([*pip, "uv"], check=False)
    if uv.exists():
        # Byte code once, here: where nothing may write it later, each process would compile pandas.
        options = ["--compile-bytecode", "--python", str(python)]
        if not sys.stderr.isatty():
            # On a terminal uv shows how far it is.
            options.append("--quiet")
        command = [str(uv), "pip", "install", *options, *arguments]
        if subprocess.run(command, check=False).returncode == 0:
            return 0
        print("uv could not install this; trying pip.", file=sys.stderr)
    # Dependency groups need pip 25.1.
    subprocess.run([*pip, "pip>=25.1"], check=True)
    return subprocess.run([*pip, *arguments], check=False).returncode


def install_torch_for_cpus(python: Path) -> None:
    """Install a build of torch without CUDA, if there is one; else the group installs what it can.

    pip takes one from wherever this machine's own configuration says, and uv knows where PyTorch
    publishes its own.
    """
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = python.with_name("uv")
    attempts = [
        [str(python), "-c", "import torch"],
        [*pip, f"{TORCH}+cpu"],
        [str(uv), "pip", "install", "--python", str(python), "--torch-backend=cpu", TORCH],
    ]
    for command in attempts:
        if Path(command[0]).exists() and succeeds(command):
            return


def succeeds(command: "list[str]") -> bool:
    """Tell whether a command works; what it says when it does not is of no interest."""
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def say(line: str) -> None:
    print(line, flush=True)


def fail(cause: str, remedy: str) -> int:
    print(f"\nkedro-azureml: {cause}\n{remedy}\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
