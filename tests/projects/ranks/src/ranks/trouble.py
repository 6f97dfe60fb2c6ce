"""What may happen to a rank."""

import os
import signal
import sys
import time


def make(trouble: str) -> None:
    """Be in trouble, on rank 1 of those that call this."""
    print(f"in trouble: {trouble}", flush=True)
    sys.stderr.flush()
    if trouble == "raise":
        raise ValueError("rank 1 cannot go on")
    if trouble == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if trouble == "hang":
        time.sleep(3600)
