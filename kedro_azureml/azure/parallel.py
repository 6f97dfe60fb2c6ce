"""Many requests of one kind at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from kedro_azureml.azure.connect.client import Connection

_Item = TypeVar("_Item")


def in_parallel(
    connection: Connection, action: Callable[[_Item], Any], items: Sequence[_Item], threads: int
) -> None:
    """Do something with each item; the first failure, or an interrupt, ends it all.

    What has begun is waited for, so that nothing is written after this has returned. It can look at
    `PatientTransport.abandoned` to end sooner.
    """
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(action, item) for item in items]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            # Nothing more is begun, and nothing that failed is tried again.
            connection.transport.abandon()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
