from __future__ import annotations

from typing import Any

import pandas as pd
from PIL import Image


def make_all(
    islands: pd.DataFrame,
    sheets: dict[str, pd.DataFrame],
    winds: pd.DataFrame,
    bag: dict[str, Any],
    facts: dict[str, Any],
    letter: str,
    flag: Image.Image,
    parts: dict[str, Any],
    one_part: pd.DataFrame,
    rates: dict[str, float],
    cached: pd.DataFrame,
    increments: dict[str, str],
    awkward: pd.DataFrame,
) -> dict[str, Any]:
    """One output of each format, every one of them from several inputs."""
    tables = {name: load() for name, load in sorted(parts.items())}
    return {
        "csv": islands.assign(rate=islands["currency"].map(rates)),
        "excel": pd.concat(sheets.values(), ignore_index=True),
        "parquet": winds.assign(strong=winds["speed"] > 20),
        "pickle": {**bag, "codes": [code for table in tables.values() for code in table["code"]]},
        "json": {**facts, "rows": len(cached), "north": one_part["value"].tolist()},
        "text": letter + "".join(increments[name] for name in sorted(increments)),
        "image": flag.transpose(Image.Transpose.ROTATE_90),
        # the second partition is in a subfolder, the third is made only when it is saved
        "parts": {
            "first": tables["north"],
            "deeper/second": tables["south"],
            "third": lambda: pd.concat(tables.values()),
        },
        "versioned": rates,
        "cached": cached.head(2),
        "cached_versioned": {"rows": len(cached)},
        "increments": {"a": "first ", "b": "second "},
        "awkward": "|".join(awkward["word"]),
    }


def read_all(
    csv: pd.DataFrame,
    excel: pd.DataFrame,
    parquet: pd.DataFrame,
    pickle: dict[str, Any],
    json: dict[str, Any],
    text: str,
    image: Image.Image,
    parts: dict[str, Any],
    versioned: dict[str, float],
    cached: pd.DataFrame,
    cached_versioned: dict[str, int],
    increments: dict[str, str],
    awkward: str,
) -> dict[str, Any]:
    """What a later node gets to see."""
    return {
        "csv": csv.round(6).astype(str).to_dict("list"),
        "excel": excel.astype(str).to_dict("list"),
        "parquet": {name: str(dtype) for name, dtype in parquet.dtypes.items()},
        "pickle": repr(pickle),
        "json": json,
        "text": text,
        "image": [list(image.size), list(image.getpixel((0, 0)))],
        "parts": {name: load().astype(str).to_dict("list") for name, load in sorted(parts.items())},
        "versioned": versioned,
        "cached": cached.astype(str).to_dict("list"),
        "cached_versioned": cached_versioned,
        "increments": increments,
        "awkward": awkward,
    }
