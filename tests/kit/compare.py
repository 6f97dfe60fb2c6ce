"""What a project's ``data`` folder holds, in a form in which two runs can be compared.

Files are compared by content, not by bytes: a Parquet or Excel file carries times and versions of
its writer, a versioned dataset the time of the run in its path. Floats are compared with a
tolerance: an array that was pickled and read again may lie in memory in another order, and a sum
over it then ends in another last digit.
"""

from __future__ import annotations

import hashlib
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What stands for the versions of a versioned dataset, in the keys of `catalog_state`.
NEWEST = "<newest>"


def catalog_state(project: Path, folder: str = "data") -> dict[str, Any]:
    """The contents of every file under ``<project>/<folder>``, by project-relative path.

    Of a versioned dataset, ``x.json/2024-01-01T00.00.00.000Z/x.json``, the newest version is kept
    as ``x.json/<newest>``, and the number of versions as ``x.json/<versions>``.
    """
    state: dict[str, Any] = {}
    versions: dict[Path, list[Path]] = {}
    root = project / folder
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        if file.name == ".gitkeep":
            continue
        dataset = file.parent.parent
        if dataset.name == file.name:
            versions.setdefault(dataset, []).append(file)
        else:
            state[file.relative_to(project).as_posix()] = content(file)
    for dataset, files in versions.items():
        name = dataset.relative_to(project).as_posix()
        state[f"{name}/{NEWEST}"] = content(max(files))
        state[f"{name}/<versions>"] = len(files)
    return state


def differences(expected: dict[str, Any], actual: dict[str, Any]) -> list[str]:
    """One line for each file that is missing, unexpected, or not the same."""
    found = [f"missing: {name}" for name in expected.keys() - actual.keys()]
    found += [f"unexpected: {name}" for name in actual.keys() - expected.keys()]
    for name in expected.keys() & actual.keys():
        if not same(expected[name], actual[name]):
            found.append(f"differs: {name}: {_short(expected[name])} is {_short(actual[name])}")
    return sorted(found)


def same(expected: Any, actual: Any) -> bool:
    """Whether two results of `comparable` are equal, but for the last digits of floats."""
    if isinstance(expected, float) and isinstance(actual, float):
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            same(expected[key], actual[key]) for key in expected
        )
    return type(expected) is type(actual) and bool(expected == actual)


def content(file: Path) -> Any:
    """The comparable content of one file."""
    return _READERS.get(file.suffix.lower(), _text_or_digest)(file)


def comparable(value: Any) -> Any:
    """Plain Python data that is equal when `value` is: tables, arrays and models are taken apart.

    An object is its class and the state that pickle would store, so that two models are equal
    when their parameters are, whatever the order of bytes in their files.
    """
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value
    if value is None or isinstance(value, bool | int | str | bytes):
        return value
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(comparable(item) for item in value)]
    if isinstance(value, dict):
        return {repr(comparable(key)): comparable(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [type(value).__name__, *sorted(repr(comparable(item)) for item in value)]
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"{value.__module__}.{value.__qualname__}"
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if kind.startswith("pandas.") and hasattr(value, "to_dict"):
        return [kind, _table(value)]
    if kind.startswith("numpy.") and hasattr(value, "tolist"):
        return [kind, str(value.dtype), list(value.shape), comparable(value.tolist())]
    reduced = value.__reduce_ex__(2)
    state = reduced if isinstance(reduced, str) else list(reduced[1:3])
    return [kind, comparable(state)]


def _table(table: Any) -> Any:
    """Index, types and values of a DataFrame or a Series."""
    frame = table.to_frame() if hasattr(table, "to_frame") else table
    return {
        "index": [comparable(label) for label in frame.index.tolist()],
        "columns": {
            str(name): [str(frame[name].dtype), *map(comparable, frame[name].tolist())]
            for name in frame.columns
        },
    }


def _parquet(file: Path) -> Any:
    import pandas as pd

    return comparable(pd.read_parquet(file))


def _excel(file: Path) -> Any:
    import openpyxl

    book = openpyxl.load_workbook(file, read_only=True)
    try:
        return {sheet.title: [list(row) for row in sheet.values] for sheet in book.worksheets}
    finally:
        book.close()


def _json(file: Path) -> Any:
    return comparable(json.loads(file.read_text(encoding="utf-8")))


def _pickle(file: Path) -> Any:
    return comparable(pickle.loads(file.read_bytes()))


def _image(file: Path) -> Any:
    from PIL import Image

    with Image.open(file) as image:
        return [image.mode, image.size, hashlib.sha256(image.tobytes()).hexdigest()]


def _text_or_digest(file: Path) -> Any:
    data = file.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"sha256:{hashlib.sha256(data).hexdigest()}"


_READERS: dict[str, Callable[[Path], Any]] = {
    ".parquet": _parquet,
    ".xlsx": _excel,
    ".json": _json,
    ".pkl": _pickle,
    ".pickle": _pickle,
    ".png": _image,
    ".jpg": _image,
}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:297]}..."
