"""A store on a share that every machine of the team mounts: ``share://NAME``."""

from __future__ import annotations

import os
from pathlib import Path

from kedro_azureml.storage import FolderStore, StorageError


class ShareStore(FolderStore):
    """A folder of the share, which ACME_SHARE says the place of."""

    def __init__(self, url: str) -> None:
        mounted = os.environ.get("ACME_SHARE")
        if not mounted:
            raise StorageError(f"{url} is not mounted here: ACME_SHARE is not set.")
        super().__init__(Path(mounted, url.partition("://")[2]))
        self._url = url

    @property
    def url(self) -> str:
        """Its address, for people."""
        return self._url
