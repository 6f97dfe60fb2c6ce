"""Run the packaged project: ``python -m {{ cookiecutter.python_package }}``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Call the project's ``kedro run`` with the given command-line arguments."""
    package_name = Path(__file__).parent.name
    configure_project(package_name)
    return find_run_command(package_name)(*args, **kwargs)


if __name__ == "__main__":
    main()
