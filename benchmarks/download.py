"""An output of many small files downloaded, beside a plain parallel copy of the same files.

The plain copy is azure-storage-blob with a pool of threads, and no more: no job is looked up, no
manifest read, nothing written beside its place first. Both are processes of their own and talk to
the tests' Azure ML service, each request of which takes 20 ms more than it does. FILES=10000 takes
another number of files.

Then few large files behind 1 Gbit/s: the download, and the upload of an input, of which counts what
it adds to a submission. The plain upload is azure-storage-blob's own with eight connections, to the
same storage by the same way. Where no network namespace can be made, that is said instead.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.measuring import KEDRO, ROOT, SCRATCH, Sample, environment, row, verdict
from kit.network import behind_a_network, is_possible

sys.path.insert(0, str(ROOT))

from tests.kit.azureml.running import running_service
from tests.kit.azureml.service import AzureService
from tests.kit.submission import Kedro, small_project

FILES = int(os.environ.get("FILES", "2000"))
BYTES = 1000
LATENCY_SECONDS = 0.02
THREADS = 16
RUNS = 3
AIM = 2.0
PLAIN = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azure.storage.blob import ContainerClient

url, prefix, folder = sys.argv[1:]
container = ContainerClient.from_container_url(url)


def copy(name):
    target = Path(folder, name.removeprefix(prefix))
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        container.download_blob(name).readinto(file)


with ThreadPoolExecutor({THREADS}) as pool:
    list(pool.map(copy, container.list_blob_names(name_starts_with=prefix)))
"""
LARGE_BYTES = 100_000_000
LARGE_FILES = 4
NETWORK_AIM = 1.3
INSIDE = "--inside"
UPLOAD = """
import sys
from azure.storage.blob import ContainerClient

url, file, name = sys.argv[1:]
with open(file, "rb") as data:
    ContainerClient.from_container_url(url).upload_blob(name, data, max_concurrency=8)
"""


def main() -> None:
    if INSIDE in sys.argv:
        measure_network()
        return
    many_files()
    behind_1_gbit()


def many_files() -> None:
    with running_service() as service:
        project = small_project(service, SCRATCH / "download")
        kedro = Kedro(service, project)
        service.execution.mode = "real"
        kedro("run", "--wait-for-completion")
        prefix = enlarge(service, {f"data/parts/{n:05}.bin": BYTES for n in range(FILES)})
        service.faults.latency = LATENCY_SECONDS
        ours, plain = SCRATCH / "downloaded", SCRATCH / "copied"
        for folder in (ours, plain):
            shutil.rmtree(folder, ignore_errors=True)
        url = service.storage.container_url(service.workspace.blob_container)
        (SCRATCH / "plain.py").write_text(PLAIN)
        copy: list[str | Path] = [sys.executable, SCRATCH / "plain.py", url, prefix, plain]
        job = ("azureml", "job", "download", kedro.job, "result")
        download: list[str | Path] = [KEDRO, *job, "--force", "-o", ours]
        samples = [
            (
                run(download, project, kedro.variables()),
                run(copy, project, service.network),
            )
            for _ in range(RUNS)
        ]
        us, they = map(Sample.median, zip(*samples, strict=True))
        ratio = us.seconds / they.seconds
        row(
            f"job download of {FILES} files",
            f"plain copy, {THREADS} threads",
            f"{ratio:.2f} ({us.seconds:.2f} s / {they.seconds:.2f} s)",
            f"{us.cpu / they.cpu:.2f} ({us.cpu:.2f} s / {they.cpu:.2f} s)",
            f"{us.memory / 1e6:.0f} / {they.memory / 1e6:.0f} MB",
            verdict(ratio, AIM),
        )
        copied = {p.relative_to(plain) for p in plain.rglob("*.bin")}
        assert len(copied) == FILES == len(list(ours.rglob("*.bin")))


def run(arguments: Sequence[str | Path], project: Path, variables: dict[str, str]) -> Sample:
    """Run a command once. `Command` would wait for Azurite too, a child of this process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        cwd=project,
        env=environment(variables),
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    seconds = time.perf_counter() - start
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def enlarge(service: AzureService, files: dict[str, int]) -> str:
    """Let the output `result` of the newest job hold these files, and return its prefix."""
    storage, container = service.storage, service.workspace.blob_container
    names = storage.names(container)
    (manifest,) = [name for name in names if name.endswith("/result/_manifest.json")]
    prefix = manifest.removesuffix("_manifest.json")
    record = json.loads(storage.read(container, manifest)) | {"files": files}
    storage.write(container, manifest, json.dumps(record).encode())

    def write(file: tuple[str, int]) -> None:
        storage.write(container, prefix + file[0], os.urandom(file[1]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, files.items()))
    return prefix


def behind_1_gbit() -> None:
    if is_possible():
        subprocess.run(behind_a_network(__file__, INSIDE), check=True)
    else:
        row("uploads and downloads behind 1 Gbit/s", "", "no network namespace can be made here")


def measure_network() -> None:
    with running_service() as service:
        project = small_project(service, SCRATCH / "network")
        kedro = Kedro(service, project)
        service.execution.mode = "real"
        kedro("run", "--wait-for-completion")
        download_large(service, kedro)
        service.execution.mode = "instant"
        upload_large(service, kedro)


def download_large(service: AzureService, kedro: Kedro) -> None:
    files = {f"data/part_{number}.bin": LARGE_BYTES // LARGE_FILES for number in range(LARGE_FILES)}
    prefix = enlarge(service, files)
    ours, plain = SCRATCH / "downloaded", SCRATCH / "copied"
    (SCRATCH / "plain.py").write_text(PLAIN)
    copy: list[str | Path] = [sys.executable, SCRATCH / "plain.py", url_of(service), prefix, plain]
    job = ("azureml", "job", "download", kedro.job, "result")
    us, they = [], []
    for _ in range(RUNS):
        for folder in (ours, plain):
            shutil.rmtree(folder, ignore_errors=True)
        us.append(run([KEDRO, *job, "-o", ours], kedro.project, kedro.variables()).seconds)
        they.append(run(copy, kedro.project, service.network).seconds)
    report("job download of 100 MB, 1 Gbit/s", us, they)


def upload_large(service: AzureService, kedro: Kedro) -> None:
    raw = kedro.project / "data/01_raw/companies.csv"
    (SCRATCH / "upload.py").write_text(UPLOAD)
    us, they = [], []
    for number in range(RUNS):
        raw.write_bytes(os.urandom(LARGE_BYTES))
        first, again = (submit(kedro) for _ in range(2))
        us.append(first - again)
        command: list[str | Path] = [sys.executable, SCRATCH / "upload.py", url_of(service), raw]
        they.append(run([*command, f"plain-{number}"], kedro.project, service.network).seconds)
    report("upload of an input of 100 MB, 1 Gbit/s", us, they)


def submit(kedro: Kedro) -> float:
    return run([KEDRO, "azureml", "run"], kedro.project, kedro.variables()).seconds


def url_of(service: AzureService) -> str:
    return service.storage.container_url(service.workspace.blob_container)


def report(title: str, us: list[float], they: list[float]) -> None:
    taken, plain = statistics.median(us), statistics.median(they)
    rates = [f"{LARGE_BYTES * 8 / seconds / 1e6:.0f} Mbit/s" for seconds in (taken, plain)]
    row(
        title,
        "plain transfer",
        f"{taken / plain:.2f} ({taken:.2f} s / {plain:.2f} s)",
        " / ".join(rates),
        "",
        verdict(taken / plain, NETWORK_AIM),
    )


if __name__ == "__main__":
    main()
