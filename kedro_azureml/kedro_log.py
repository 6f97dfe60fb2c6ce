"""What Kedro says of its own loading would drown what is said of the job."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


def silence_kedro() -> None:
    """Keep everything but Kedro's warnings away from the user, until the process ends."""
    logging.getLogger("kedro").setLevel(logging.WARNING)


@contextmanager
def kedro_silenced() -> Iterator[None]:
    """Keep everything but Kedro's warnings away from the user in the ``with`` block."""
    logger = logging.getLogger("kedro")
    level = logger.level
    silence_kedro()
    try:
        with warnings.catch_warnings():
            # Kedro 1.7 with OmegaConf 2.4 warns of its own use of a deprecated name.
            warnings.filterwarnings("ignore", message="register_new_resolver")
            yield
    finally:
        logger.setLevel(level)
