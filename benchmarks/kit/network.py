"""A program behind 1 Gbit/s: traffic control on the loopback of a network namespace of its own."""

import subprocess
import sys


def behind_a_network(*program: str) -> list[str]:
    """Return the command that runs a Python program whose loopback is such a network (Linux)."""
    return [*_inside('exec "$@"'), "sh", sys.executable, *program]


def is_possible() -> bool:
    """Tell whether this machine lets its user make such a namespace."""
    try:
        return subprocess.run(_inside("true"), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _inside(command: str) -> list[str]:
    shaped = "tc qdisc add dev lo root tbf rate 1gbit burst 256kb latency 100ms"
    script = f"ip link set lo up && {shaped} && {command}"
    return ["unshare", "--map-root-user", "--net", "sh", "-c", script]
