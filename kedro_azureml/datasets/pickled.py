"""A Python object in one compressed file: how data that is only in memory crosses steps."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import zstandard
from kedro.io import AbstractDataset, DatasetError

from kedro_azureml.storage.format.pickler import PROTOCOL, Pickler

# The file in a step's folder.
FILE_NAME = "object.pkl.zst"
# zstd's level 3 is its default: faster than a network, and smaller than level 1 by little.
_LEVEL = 3


class PickledDataset(AbstractDataset[Any, Any]):
    """Stores any picklable object, lambdas and classes of ``__main__`` included, by cloudpickle.

    Args:
        filepath: The file. Its folder is made when needed.
        name: The Kedro dataset that is stored, for messages.
        required: False for what nobody reads: then an object that cannot be pickled is left out
            with a warning.
    """

    def __init__(self, filepath: str, name: str = "", required: bool = True) -> None:
        self._filepath = Path(filepath)
        self._name = name
        self._required = required

    def load(self) -> Any:
        """Read the object.

        Raises:
            DatasetError: The file is missing, or an object in it cannot be rebuilt here.
        """
        if not self._filepath.is_file():
            raise DatasetError(
                f"'{self._name}' was not produced: {self._filepath} does not exist. "
                "The step that makes it must run first."
            )
        with (
            self._filepath.open("rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as stream,
        ):
            return pickle.load(stream)  # noqa: S301 - written by a step of the same job

    def save(self, data: Any) -> None:
        """Write the object.

        Writes front to back into the file itself: a mounted output folder of Azure ML is a blob
        store, where renaming is not a given. The step's manifest vouches for the whole file.

        Raises:
            DatasetError: The object cannot be pickled; the message names the dataset.
        """
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        try:
            with (
                self._filepath.open("wb") as raw,
                zstandard.ZstdCompressor(level=_LEVEL).stream_writer(raw) as stream,
            ):
                Pickler(stream, protocol=PROTOCOL).dump(data)
        except OSError:
            raise
        except Exception as error:
            self._filepath.unlink(missing_ok=True)
            if not self._required:
                kind = f"{type(data).__module__}.{type(data).__qualname__}"
                self._logger.warning("'%s' is not kept: a %s is not picklable", self._name, kind)
                return
            raise DatasetError(
                f"KAZ304: the dataset '{self._name}' is a {type(data).__module__}."
                f"{type(data).__qualname__}, which cannot be pickled ({error}), so it cannot go "
                "from one step to another. Declare it in the catalog with a dataset type that can "
                "store it, or return plain data from the node."
            ) from error

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "filepath": str(self._filepath)}
