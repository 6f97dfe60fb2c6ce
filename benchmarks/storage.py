"""Temporary storage against Azurite: beside what plugins of today do, and a bare transfer.

All take turns in one process, over HTTPS as with the real service: save and load by `BlobStore`; by
fsspec, adlfs, bz2 and cloudpickle, as published plugins of this kind have it; and the same
compressed bytes by azure-storage-blob's own upload and download, with its defaults. Azurite reads
what came in one request a third faster than what came in several, so the bare download is measured
on both: the bytes in a blob of their own, and the very blob that `BlobStore` wrote.

Here Azurite and the compression share the processors, and no network slows the bare transfer. With
`--network` all of it lies behind 1 Gbit/s: the kernel's traffic control on the loopback of a
network namespace of its own (Linux).
"""

import argparse
import base64
import bz2
import os
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp.connector
import cloudpickle
import fsspec
import numpy as np
import pandas as pd
from azure.storage.blob import BlobServiceClient

from kedro_azureml.storage import BlobStore
from kit.measuring import row, verdict
from kit.network import behind_a_network
from tests.kit.azureml.blobs.azurite import running_azurite
from tests.kit.azureml.http.certificates import make_certificates

ROWS = 2_000_000
RUNS = 5
SAVE_TARGET, LOAD_TARGET, BARE_TARGET = 12, 6, 1.3
MEMORY_TARGET = 1.5
ACCOUNT, CONTAINER = "devstoreaccount1", "bench"
LARGE = 3 << 30


@dataclass(frozen=True)
class Took:
    """What one action took: by the clock, and on this process's processors."""

    seconds: float
    cpu: float


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true", help="measure an object of 3 GB instead")
    parser.add_argument("--network", action="store_true", help="behind a network of 1 Gbit/s")
    options = parser.parse_args(arguments)
    if options.network:
        sys.exit(subprocess.run(behind_a_network(__file__), check=False).returncode)
    if options.memory:
        memory()
        return
    with ExitStack() as stack:
        url, key, authority = azurite(stack)
        table = make_table()
        store = BlobStore(url, CONTAINER, key_of(key), connection_verify=authority)
        service = BlobServiceClient(url, key_of(key), connection_verify=authority)
        bare = service.create_container(CONTAINER)
        store.save("table", table)
        data: bytes = bare.download_blob("table").readall()
        # adlfs has no way to name who vouches for a certificate.
        aiohttp.connector._SSL_CONTEXT_VERIFIED.load_verify_locations(authority)  # noqa: SLF001
        files = fsspec.filesystem("abfs", **plugin_options(url, key))
        path = f"{CONTAINER}/plugin.bz2"

        def plugin_save() -> None:
            with files.open(path, "wb") as file:
                file.write(bz2.compress(cloudpickle.dumps(table)))

        def plugin_load() -> Any:
            with files.open(path, "rb") as file:
                return cloudpickle.loads(bz2.decompress(file.read()))

        saves: dict[str, Callable[[], Any]] = {
            "BlobStore": lambda: store.save("table", table),
            "plugins": plugin_save,
            "bare": lambda: bare.upload_blob("bare", data, overwrite=True),
        }
        loads: dict[str, Callable[[], Any]] = {
            "BlobStore": lambda: store.load("table"),
            "plugins": plugin_load,
            "bare": lambda: bare.download_blob("bare").readall(),
            "same blob": lambda: bare.download_blob("table").readall(),
        }
        for title, actions, target in (
            ("save", saves, SAVE_TARGET),
            ("load", loads, LOAD_TARGET),
        ):
            report(title, take_turns(actions), target)
        assert store.load("table").equals(table)


def make_table() -> pd.DataFrame:
    """Columns of every common kind, about 90 MB when pickled."""
    random = np.random.default_rng(0)
    moments = pd.to_timedelta(random.integers(0, 86_400 * 365, ROWS), unit="s")
    kinds = [f"kind {number}" for number in range(12)]
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "price": np.round(random.gamma(2, 50, ROWS), 2),
            "score": random.standard_normal(ROWS),
            "count": random.integers(0, 1000, ROWS, dtype=np.int32),
            "when": pd.Timestamp("2024-01-01") + moments,
            "kind": pd.Categorical.from_codes(random.integers(0, 12, ROWS), kinds),
            "code": pd.Series(random.integers(0, 5000, ROWS)).map("{:04}".format),
        }
    )


def take_turns(actions: dict[str, Callable[[], Any]]) -> dict[str, Took]:
    """Run them in turn, and return each one's median; the first round does not count."""
    rounds = [{name: timed(action) for name, action in actions.items()} for _ in range(RUNS + 1)][
        1:
    ]
    return {
        name: Took(
            statistics.median(r[name].seconds for r in rounds),
            statistics.median(r[name].cpu for r in rounds),
        )
        for name in actions
    }


def timed(action: Callable[[], Any]) -> Took:
    cpu, start = time.process_time(), time.perf_counter()
    action()
    return Took(time.perf_counter() - start, time.process_time() - cpu)


def report(title: str, took: dict[str, Took], target: float) -> None:
    ours = took.pop("BlobStore")
    aims = {"plugins": 1 / target, "bare": BARE_TARGET}
    for name, one in took.items():
        ratio = ours.seconds / one.seconds
        row(
            f"temporary storage, {title} of a table",
            f"{name}" if name == "plugins" else f"{name} transfer",
            f"{ratio:.2f} ({ours.seconds:.2f} s / {one.seconds:.2f} s)",
            f"{ours.cpu / one.cpu:.2f} ({ours.cpu:.2f} s / {one.cpu:.2f} s)",
            "",
            verdict(ratio, round(aims[name], 2)) if name in aims else "",
        )


def azurite(stack: ExitStack) -> tuple[str, str, str]:
    """Start Azurite, and yield its address, its key and its certificate's authority."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
    certificates = make_certificates(folder)
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    port = stack.enter_context(running_azurite(folder, certificates, ACCOUNT, key))
    return f"https://127.0.0.1:{port}/{ACCOUNT}", key, str(certificates.authority)


def key_of(key: str) -> dict[str, str]:
    return {"account_name": ACCOUNT, "account_key": key}


def plugin_options(url: str, key: str) -> dict[str, str]:
    parts = ("DefaultEndpointsProtocol=https", f"AccountName={ACCOUNT}", f"AccountKey={key}")
    return {"connection_string": ";".join([*parts, f"BlobEndpoint={url}"])}


def memory() -> None:
    """Measure the peak memory of saving and of loading an object of 3 GB."""
    with ExitStack() as stack:
        url, key, authority = azurite(stack)
        service = BlobServiceClient(url, key_of(key), connection_verify=authority)
        service.create_container(CONTAINER)
        for action in ("save", "load"):
            done = subprocess.run(
                [sys.executable, __file__, "--", action, url, authority],
                env={**os.environ, "BENCH_KEY": key},
                capture_output=True,
                text=True,
                check=True,
            )
            before, peak, seconds = map(float, done.stdout.split())
            ratio = (peak - before) / LARGE
            said = "within" if ratio <= MEMORY_TARGET else "ABOVE"
            print(
                f"{action} of {LARGE / 1e9:.1f} GB: {seconds:.1f} s, peak {ratio:.2f} times the "
                f"object, {said} {MEMORY_TARGET}"
            )


def large(action: str, url: str, authority: str) -> None:
    store = BlobStore(url, CONTAINER, key_of(os.environ["BENCH_KEY"]), connection_verify=authority)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    start = time.perf_counter()
    if action == "save":
        table = np.arange(LARGE // 8)
        table %= 1_000_003
        start = time.perf_counter()
        store.save("large", table)
    else:
        assert store.load("large").nbytes == LARGE
    seconds = time.perf_counter() - start
    print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, seconds)


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--":
        large(*sys.argv[2:])
    else:
        main(sys.argv[1:])
