"""A hundred steps submitted to the tests' Azure ML service: requests, and seconds at 200 ms."""

import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from kit.measuring import KEDRO, ROOT, SCRATCH, environment, row, verdict

sys.path.insert(0, str(ROOT))

from tests.kit.azureml.running import running_service
from tests.kit.azureml.service import AzureService
from tests.kit.submission import small_project

STEPS = 100
LATENCY_SECONDS = 0.2
MAX_SECONDS = 8.0
RUNS = 3


@dataclass(frozen=True)
class Submission:
    """One run of the command.

    Attributes:
        seconds: From the moment when the document was there to the end of the command.
        network: From the first request to the last answer.
        requests: Requests to the workspace.
        all_requests: Those to the login and to storage too.
    """

    seconds: float
    network: float
    requests: int
    all_requests: int


def main() -> None:
    with running_service() as service:
        service.execution.mode = "instant"
        project = small_project(service, SCRATCH / "submission", chain(STEPS))
        first = submit(service, project)
        limit = 1.2 * STEPS + 15
        row(
            f"submission of {STEPS} steps, requests",
            "the workspace",
            f"{first.requests} ({first.all_requests} in all)",
            *("", "", verdict(first.requests, limit)),
        )
        for title, fresh in (("with", True), ("without", False)):
            samples = []
            for _ in range(RUNS):
                if fresh:
                    service.reset()
                    service.execution.mode = "instant"
                    project = small_project(service, SCRATCH / "submission", chain(STEPS))
                service.faults.latency = LATENCY_SECONDS
                samples.append(submit(service, project))
            best = sorted(samples, key=lambda sample: sample.seconds)[len(samples) // 2]
            row(
                f"the same, {title} an upload of the code",
                "a network of 200 ms",
                f"{best.seconds:.2f} s ({best.network:.2f} s requests)",
                *("", "", f"{verdict(best.seconds, MAX_SECONDS)} s"),
            )


def chain(steps: int) -> str:
    """So many nodes, each reading what the one before wrote."""
    sources = ["None", *(f'"d{number}"' for number in range(steps))]
    return "".join(f'node(one, {s}, "d{n}", name="n{n}"),' for n, s in enumerate(sources[:steps]))


def submit(service: AzureService, project: Path) -> Submission:
    """Compile and submit, timed from the line that follows compiling."""
    service.gateway.seen.clear()
    variables = {
        **service.environment,
        "AZURE_SUBSCRIPTION_ID": service.workspace.subscription,
    }
    process = subprocess.Popen(
        [str(KEDRO), "azureml", "run"],
        cwd=project,
        env=environment(variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    started = requested = 0.0
    waiting = threading.Event()

    def wait_for_request() -> None:
        nonlocal requested
        while not service.gateway.seen and not waiting.is_set():
            time.sleep(0.005)
        requested = time.perf_counter() - service.faults.latency

    watcher = threading.Thread(target=wait_for_request)
    watcher.start()
    said = []
    for line in process.stderr:
        said.append(line)
        if re.match("Workspace: ", line):
            started = time.perf_counter()
    code = process.wait()
    ended = time.perf_counter()
    waiting.set()
    watcher.join()
    if code != 0:
        sys.exit("".join(said))
    return Submission(
        ended - started, ended - requested, len(service.control_requests), len(service.requests)
    )


if __name__ == "__main__":
    main()
