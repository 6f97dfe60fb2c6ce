"""The export of a job: what its tags, and the step that makes it, say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Tells the step where its folder is, for its log.
EXPORT_VARIABLE = "KEDRO_AZUREML_EXPORT"
_PLACE_TAG = "kedro_export"
_ASSET_TAG = "kedro_export_asset"


@dataclass(frozen=True)
class Export:
    """Where the results of a job are put together.

    Attributes:
        path: The folder, in a datastore.
        asset: The data asset that it becomes; None for none.
    """

    path: str
    asset: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the job that say it."""
        return {_PLACE_TAG: self.path, **({_ASSET_TAG: self.asset} if self.asset else {})}

    @classmethod
    def in_tags(cls, tags: Mapping[str, str]) -> Export | None:
        """Return the export of the job that has these tags; None when it has none."""
        return cls(tags[_PLACE_TAG], tags.get(_ASSET_TAG)) if tags.get(_PLACE_TAG) else None
