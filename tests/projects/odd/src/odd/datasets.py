"""Dataset classes of this project."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets.json import JSONDataset


class LocationDataset(AbstractDataset[Any, Any]):
    """JSON at `location`, relative to the working directory: Kedro does not know this key."""

    def __init__(self, location: str) -> None:
        self._location = Path(location)

    def load(self) -> Any:
        return json.loads(self._location.read_text(encoding="utf-8"))

    def save(self, data: Any) -> None:
        self._location.parent.mkdir(parents=True, exist_ok=True)
        self._location.write_text(json.dumps(data), encoding="utf-8")

    def _exists(self) -> bool:
        return self._location.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"location": str(self._location)}


class PathDataset(LocationDataset):
    """Gives the path instead of the data, so that a node can do with the file what it likes."""

    def load(self) -> Path:
        return self._location


class PairDataset(AbstractDataset[tuple[str, str], tuple[str, str]]):
    """Two texts in two files."""

    def __init__(self, left: str, right: str) -> None:
        self._paths = (Path(left), Path(right))

    def load(self) -> tuple[str, str]:
        left, right = (path.read_text(encoding="utf-8") for path in self._paths)
        return left, right

    def save(self, data: tuple[str, str]) -> None:
        for path, text in zip(self._paths, data, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _exists(self) -> bool:
        return all(path.is_file() for path in self._paths)

    def _describe(self) -> dict[str, Any]:
        return {"paths": [str(path) for path in self._paths]}


class RestDataset(AbstractDataset[Any, Any]):
    """JSON behind a URL, with a token: nothing local."""

    def __init__(self, url: str, credentials: dict[str, str]) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {credentials['token']}"}

    def _request(self, method: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self._url, data=body, method=method, headers=self._headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return bytes(answer.read())

    def load(self) -> Any:
        return json.loads(self._request("GET"))

    def save(self, data: Any) -> None:
        self._request("PUT", json.dumps(data).encode())

    def _describe(self) -> dict[str, Any]:
        return {"url": self._url}


class StampedJSONDataset(JSONDataset):
    """What the hook puts in the place of a plain JSON dataset: it leaves a mark in the file."""

    def save(self, data: dict[str, Any]) -> None:
        super().save({**data, "stamp": "saved by the object that the hook assigned"})
