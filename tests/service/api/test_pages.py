"""The Python sessions of the documentation and of the README, run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.projects import INIT_OPTIONS, REPOSITORY, new_starter_project
from tests.kit.shell import environment, run_kedro
from tests.kit.submission import azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures",)

# A notebook, as Python sees one: the lines are typed one after the other in the project's folder.
SESSION = """
import doctest, sys
# Kedro says on the standard output where its logging configuration comes from.
import kedro.framework.project
options = doctest.ELLIPSIS | doctest.REPORT_NDIFF
if __name__ == "__main__":
    results = doctest.testfile(sys.argv[1], module_relative=False, optionflags=options)
    print(results)
    sys.exit(results.failed > 0 or results.attempted == 0)
"""


@pytest.mark.parametrize("page", ["docs/python-api.md", "README.md"])
def test_the_session_of(page: str, azure_service: AzureService, tmp_path: Path) -> None:
    project = new_starter_project(tmp_path)
    run_kedro(project, "azureml", "init", *INIT_OPTIONS)
    (project / "conf/base/azureml.yml").write_text(azureml_yml(azure_service))
    session = tmp_path / "session.py"
    session.write_text(SESSION)
    blocks = re.findall(r"^```pycon\n(.*?)^```", (REPOSITORY / page).read_text(), re.M | re.S)
    text = tmp_path / "session.txt"
    text.write_text("\n".join(blocks))
    variables = {
        **azure_service.environment,
        "AZURE_SUBSCRIPTION_ID": azure_service.workspace.subscription,
    }
    done = subprocess.run(
        [sys.executable, str(session), str(text)],
        cwd=project,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert azure_service.jobs.created == 1
