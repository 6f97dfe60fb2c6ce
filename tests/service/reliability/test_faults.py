"""Every request of a submission, a watch and a download fails, once and always, in every way.

The requests are those of a clean run, so a new one is covered by itself. Each case has a door of
its own to the service, through which it alone goes, and a temporary folder of its own.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.door import Route, door
from tests.kit.azureml.http.faults import Fault, Kind
from tests.kit.azureml.http.messages import Seen
from tests.kit.azureml.service import AzureService
from tests.kit.client import Client
from tests.kit.forking import ForkServer
from tests.kit.submission import Kedro, small_project

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

#: A single one of these goes by unnoticed.
HEALED: tuple[Kind, ...] = (
    "throttle",
    "error",
    "unavailable",
    "cut",
    "html",
    "drop",
    "lose",
    "slow",
)
#: These may be an answer: a single one is told, unless it does no harm.
ANSWERED: tuple[Kind, ...] = ("forbidden", "missing")
ALWAYS: tuple[Kind, ...] = ("throttle", "error", "forbidden", "missing", "cut", "html", "drop")
AT_ONCE = 6
#: `make test` tries each so manieth case, `make test-reliability` tries them all.
SAMPLED = 7
ALL_VARIABLE = "EVERY_FAULT"


@dataclass(frozen=True)
class Case:
    """One fault.

    Attributes:
        route: The requests that it hits.
        kind: What happens to them.
        times: How many are hit; None for all.
    """

    route: Route
    kind: Kind
    times: int | None

    @property
    def heals(self) -> bool:
        return self.times == 1 and self.kind in HEALED

    def __str__(self) -> str:
        often = "once" if self.times == 1 else "always"
        return f"{self.kind} {often}: {self.route.method} {self.route.host} {self.route.path}"


def cases_of(routes: list[Route]) -> list[Case]:
    once = itertools.product(routes, (*HEALED, *ANSWERED), (1,))
    always = itertools.product(routes, ALWAYS, (None,))
    cases = [Case(*each) for each in itertools.chain(once, always)]
    return cases if os.environ.get(ALL_VARIABLE) else cases[::SAMPLED]


@dataclass(frozen=True)
class Attempt:
    """What came of an action, and what it left."""

    case: Case
    outcome: dict[str, Any]
    seen: tuple[Seen, ...]
    left: tuple[str, ...]

    @property
    def codes(self) -> set[str]:
        return {code for code, _ in self.outcome.get("findings", [])}

    def problems(self) -> Iterator[str]:
        """What is wrong whatever the action is."""
        if self.case.heals and self.codes:
            yield "does not heal"
        if self.codes & {"RAISED", "HANGS", "KAZ901"}:
            yield "is a defect"
        if self.left:
            yield f"leaves {self.left}"


class Bench:
    """Runs actions with faults."""

    def __init__(self, service: AzureService, client: Client, folder: Path) -> None:
        self.service = service
        self.client = client
        self.folder = folder
        self._numbers = itertools.count()

    def attempt(
        self, action: str, template: Path, case: Case | None = None, job: str = ""
    ) -> tuple[Attempt, list[Route], Path]:
        """Do something in a copy of a project, whose code and data nobody else has."""
        number = next(self._numbers)
        project = self.folder / str(number) / "project"
        shutil.copytree(template, project)
        (project / "src/minimal/number.py").write_text(f"NUMBER = {number}\n")
        (project / "data/01_raw/companies.csv").write_text(f"id\n{number}\n")
        temporary = self.folder / str(number) / "temporary"
        temporary.mkdir()
        before = set(project.rglob("*"))
        with door(self.service) as way:
            if case is not None:
                way.faults.add(
                    Fault(
                        case.kind,
                        case.route.method,
                        case.route.host,
                        case.route.path,
                        times=case.times,
                    )
                )
            variables = {**way.variables, "TMPDIR": str(temporary)}
            outcome = self.client.run(action, project, variables, job)
            seen, routes = tuple(way.gateway.seen), way.routes()
        made = set(project.rglob("*")) - before
        left = [str(p) for p in temporary.iterdir()]
        if "files" not in outcome:
            left += [str(path) for path in made]
        clean = case or Case(Route("", "", ""), "drop", 0)
        return Attempt(clean, outcome, seen, tuple(left)), routes, project

    def problems(
        self,
        action: str,
        template: Path,
        job: str,
        check: Callable[[Attempt, Path], Iterator[str]],
    ) -> tuple[int, list[str]]:
        """Do something cleanly, then with each fault; how many there are, and what is wrong."""
        clean, routes, project = self.attempt(action, template, None, job)
        assert not [*clean.problems(), *check(clean, project)], clean.outcome
        assert not clean.codes, clean.outcome
        cases = cases_of(routes)

        def one(case: Case) -> list[str]:
            attempt, _, project = self.attempt(action, template, case, job)
            found = [*attempt.problems(), *check(attempt, project)]
            shutil.rmtree(project.parent)
            lines = [f"{case}: {problem}: {attempt.outcome}" for problem in found]
            print("\n".join(lines), end="", flush=True)
            return lines

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return len(cases), [text for texts in pool.map(one, cases) for text in texts]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture
def template(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Path:
    project = small_project(azure_service, tmp_path / "template" / "project")
    Kedro(azure_service, project, fork_server)("compile", "-o", "pipeline.yml")
    return project


@pytest.fixture
def bench(azure_service: AzureService, client: Client, tmp_path: Path) -> Bench:
    return Bench(azure_service, client, tmp_path / "cases")


@pytest.fixture
def completed(template: Path, azure_service: AzureService, fork_server: ForkServer) -> str:
    """A job that has completed, with outputs and logs."""
    azure_service.execution.mode = "real"
    kedro = Kedro(azure_service, template, fork_server)
    kedro("run", "--wait-for-completion", "-f", "pipeline.yml")
    return kedro.job


def report(name: str, count: int, problems: list[str]) -> None:
    print(f"\n{name}: {count} cases")
    assert not problems, f"{len(problems)} of {count}:\n" + "\n".join(problems)


def test_submission(bench: Bench, template: Path) -> None:
    """One job or none, told truthfully."""
    service = bench.service
    service.execution.mode = "instant"

    def check(attempt: Attempt, project: Path) -> Iterator[str]:
        puts = {s.path.rpartition("/")[2] for s in attempt.seen if s.method == "PUT"}
        jobs = puts & set(service.jobs.runs)
        if len(jobs) > 1:
            yield f"makes {len(jobs)} jobs"
        if attempt.codes and jobs and "KAZ715" not in attempt.codes:
            yield "makes a job of which it does not tell"
        if not attempt.codes and jobs != {attempt.outcome["job"]}:
            yield "tells of a job that it did not make"

    report("submission", *bench.problems("submit", template, "", check))


def test_watch(bench: Bench, template: Path, completed: str) -> None:
    """The job's own end, or why nobody knows it."""

    def check(attempt: Attempt, project: Path) -> Iterator[str]:
        if attempt.case.times == 1 and attempt.codes - {"KAZ702", "KAZ703"}:
            yield "ends at a single answer"
        if not attempt.codes and attempt.outcome["status"] != "Completed":
            yield "tells another end"

    report("watch", *bench.problems("watch", template, completed, check))


def test_download(bench: Bench, template: Path, completed: str) -> None:
    """All files, each whole, or none."""

    def check(attempt: Attempt, project: Path) -> Iterator[str]:
        files = sorted(p for p in (project / "fetched").rglob("*") if p.is_file())
        if attempt.codes and files:
            yield f"leaves {files}"
        if not attempt.codes and "result.json" not in attempt.outcome["files"]:
            yield "misses a file"

    report("download", *bench.problems("download", template, completed, check))
