"""What another package adds is found by its entry points, used, and blamed for its own errors.

The package is installed as pip would leave it: a folder with a ``dist-info`` on the path.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kedro_azureml.job.yaml import load_job
from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro

PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "acme"
NODES = """
    node(one, "raw", "table", name="clean", tags=["team.data"]),
    node(one, "table", "features", name="enrich", tags=["team.data"]),
    node(one, "features", "model", name="train", tags=["team.ml"]),
    node(one, "model", "report", name="report"),
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/01_raw/raw.txt}
features: {type: pickle.PickleDataset, filepath: data/features.pkl}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {"data/01_raw/raw.txt": "x"}
    return make_project(tmp_path / "project", NODES, catalog=CATALOG, files=files)


def azureml(
    project: Path, *arguments: str, plugin: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": str(PLUGIN)} if plugin else {}
    return run_kedro(project, "azureml", *arguments, check=False, variables={**path, **variables})


def words(text: str) -> str:
    return " ".join(text.split())


def configure(project: Path, grouping: str) -> None:
    file = project / "conf/base/azureml.yml"
    file.write_text(f"{file.read_text().rstrip()}\n  grouping: {grouping}\n")


class TestGrouping:
    def test_of_another_package_divides_the_pipeline(self, project: Path) -> None:
        result = azureml(project, "compile", "--group-by", "by_team", "-o", "job.yml")
        assert result.returncode == 0, result.stderr
        job = load_job(project / "job.yml")
        records = job.step_records()
        nodes = {name: record.nodes if record else () for name, record in records.items()}
        assert nodes == {"data": ("clean", "enrich"), "ml": ("train",), "report": ("report",)}

    def test_is_configured_in_azureml_yml(self, project: Path) -> None:
        configure(project, "{by: by_team, options: {prefix: 'team.m'}}")
        result = azureml(project, "compile", "-o", "job.yml")
        assert result.returncode == 0, result.stderr
        assert set(load_job(project / "job.yml").jobs) == {"clean", "enrich", "l", "report"}

    def test_that_no_package_has_is_refused_with_the_names_that_there_are(
        self, project: Path
    ) -> None:
        result = azureml(project, "compile", "--group-by", "by_taem")
        assert result.returncode == 2
        assert "'by_taem' is not one of 'none', 'namespace', 'tag'" in words(result.stderr)
        assert "'by_team'" in result.stderr
        configure(project, "{by: by_team}")
        result = azureml(project, "compile", plugin=False)
        assert result.returncode == 1
        assert "error KAZ104 conf/base/azureml.yml" in words(result.stderr)
        assert "'by_team' is not a value for 'by'. Expected 'none'," in words(result.stderr)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("broken", "cannot be imported: ModuleNotFoundError: No module named"),
            ("failing", "fails: KeyError: 'clean'"),
            ("wrong", "fails: ValueError: it labels 'nobody', and the pipeline has no such node"),
        ],
    )
    def test_that_fails_is_blamed_on_its_package(
        self, project: Path, name: str, message: str
    ) -> None:
        result = azureml(project, "compile", "--group-by", name)
        assert result.returncode == 1
        assert "error KAZ141" in result.stderr
        assert f"'{name}' of the package 'acme-azureml' {message}" in words(result.stderr)
        assert "Traceback" not in result.stderr


class TestCheck:
    def test_of_another_package_speaks_with_codes_of_its_own(self, project: Path) -> None:
        result = azureml(project, "compile")
        assert result.returncode == 0, result.stderr
        shown = words(result.stderr)
        assert "warning ACME001 node report Nobody owns the step 'report'." in shown
        assert "More: kedro azureml explain ACME001" in shown
        assert azureml(project, "compile", "--strict").returncode == 1
        assert "ACME001" not in azureml(project, "compile", plugin=False).stderr

    def test_that_fails_is_blamed_on_its_package(self, project: Path) -> None:
        result = azureml(project, "compile", ACME_FAILS="yes")
        assert result.returncode == 1
        assert "'owner' of the package 'acme-azureml' fails: KeyError: 'team'" in words(
            result.stderr
        )

    def test_has_codes_that_are_explained(self, project: Path) -> None:
        assert "Each step has an owner." in azureml(project, "explain", "acme001").stdout
        assert "ACME002: too many steps" in azureml(project, "explain", "ACME002").stdout
        assert "ACME001  a step without an owner" in azureml(project, "explain").stdout
        unknown = azureml(project, "explain", "ACME003")
        assert unknown.returncode == 2


class TestRunner:
    def test_of_ones_own_runs_every_step(self, project: Path) -> None:
        configure(project, "{by: tag, tag_prefix: 'team.', runner: acme_azureml.runner.LoudRunner}")
        result = azureml(project, "run", "--local", "--pass-env", "PYTHONPATH")
        assert result.returncode == 0, result.stderr
        (run,) = (project / ".kedro_azureml/runs").glob("2*")
        logs = {p.parts[-3]: p.read_text() for p in run.glob("steps/*/user_logs/std_log.txt")}
        assert "LOUD clean enrich" in logs["data"]
        assert "LOUD report" in logs["report"]

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("acme_azureml.runner.NoRunner", "is no subclass of kedro.runner.AbstractRunner."),
            ("acme_azureml.runner.HalfRunner", "lacks _get_executor and _run."),
            ("acme_azureml.gone.Runner", "cannot be imported: ModuleNotFoundError"),
            ("acme_azureml.runner.Gone", "cannot be imported: AttributeError"),
            ("SequentalRunner", "Did you mean 'SequentialRunner'?"),
            ("no runner", "is no runner of Kedro's."),
        ],
    )
    def test_that_is_none_is_refused(self, project: Path, path: str, message: str) -> None:
        configure(project, f"{{by: pipeline, runner: {path}}}")
        result = azureml(project, "compile")
        assert result.returncode == 1
        assert "error KAZ104" in result.stderr
        assert message in words(result.stderr)


class TestLauncher:
    def test_of_another_package_starts_the_steps(self, project: Path) -> None:
        result = azureml(project, "run", "--local", "--launcher", "nice", "--into-catalog")
        assert result.returncode == 0, result.stderr
        (run,) = (project / ".kedro_azureml/runs").glob("2*")
        logs = [path.read_text() for path in run.glob("steps/*/user_logs/std_log.txt")]
        assert len(logs) == 4
        assert all(log.startswith("NICE\n") for log in logs)
        steps = sorted((run / "nice.txt").read_text().split())
        assert steps == ["clean", "enrich", "report", "train"]

    def test_that_cannot_be_used_is_refused(self, project: Path) -> None:
        for name, message in (
            ("broken", "'broken' of the package 'acme-azureml' fails: RuntimeError: no machine"),
            ("nicer", "No package adds 'nicer' (kedro_azureml.launchers). Did you mean 'nice'?"),
        ):
            result = azureml(project, "run", "--local", "--launcher", name)
            assert result.returncode == 1
            assert "error KAZ141 --launcher" in words(result.stderr)
            assert message in words(result.stderr)
            assert list((project / ".kedro_azureml/runs").glob("2*")) == []
        result = azureml(project, "run", "--local", "--launcher", "nice", "--warm")
        assert "--warm and --launcher both say how steps are started." in words(result.stderr)
        assert azureml(project, "run", "--launcher", "nice").returncode == 1


IN_ITS_STORE = """
import sys
from pathlib import Path
from kedro_azureml.job.yaml import load_job
from kedro_azureml.rehearsal import RehearsalOptions, rehearse

options = RehearsalOptions(storage=None, pass_env=("PYTHONPATH", "ACME_SHARE"))
report = rehearse(load_job(Path("job.yml")), Path.cwd(), options, source="job.yml")
print(report.status, *(step.reason for step in report.steps.values() if step.reason))
"""


class TestStore:
    @pytest.fixture
    def share(self, project: Path, tmp_path: Path) -> Path:
        file = project / "conf/base/azureml.yml"
        text = f"{file.read_text().rstrip()}\n  temporary_storage: {{url: share://team/data}}\n"
        file.write_text(text)
        share = tmp_path / "share"
        share.mkdir()
        return share

    def test_of_another_package_holds_what_passes_between_steps(
        self, project: Path, share: Path
    ) -> None:
        assert azureml(project, "compile", "-o", "job.yml").returncode == 0
        assert "share://team/data" in (project / "job.yml").read_text()
        done = subprocess.run(
            [sys.executable, "-c", IN_ITS_STORE],
            cwd=project,
            env=environment(PYTHONPATH=str(PLUGIN), ACME_SHARE=str(share)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.splitlines()[-1] == "Completed", done.stdout + done.stderr
        (run,) = (share / "team/data/kedro-azureml-temp").iterdir()
        assert sorted(path.name.partition("-")[0] for path in run.iterdir()) == [
            "features",
            "model",
            "table",
        ]
        listed = azureml(project, "storage", "list", ACME_SHARE=str(share))
        assert "Temporary storage: share://team/data" in listed.stderr
        assert f"{run.name} 3 datasets" in words(listed.stdout)

    def test_is_a_folder_in_a_rehearsal(self, project: Path, share: Path) -> None:
        # Nothing but the package that compiles knows the address, and nothing has to.
        command = ("run", "--local", "--into-catalog")
        result = azureml(project, *command, AZURE_STORAGE_CONNECTION_STRING="AccountName=x")
        assert result.returncode == 0, result.stderr
        (run,) = (project / ".kedro_azureml/runs").glob("2*")
        assert (run / "storage/kedro-azureml-temp").is_dir()
        assert list(share.iterdir()) == []
        assert (project / "data/features.pkl").is_file()

    def test_that_cannot_be_opened_is_an_error_that_says_why(
        self, project: Path, share: Path
    ) -> None:
        result = azureml(project, "storage", "list")
        assert result.returncode == 1
        assert "share://team/data is not mounted here: ACME_SHARE is not set." in words(
            result.stderr
        )
        assert "Traceback" not in result.stderr

    def test_that_no_package_has_is_refused(self, project: Path, share: Path) -> None:
        result = azureml(project, "compile", plugin=False)
        assert result.returncode == 1
        assert "error KAZ104 conf/base/azureml.yml" in words(result.stderr)
        assert "No package knows an address that begins with 'share://'." in words(result.stderr)
