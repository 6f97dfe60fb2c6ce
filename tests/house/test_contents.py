"""What no file of the repository may hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT, tracked_files

# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of someone's machine": r"(?<![\w.])/(?:root|Users)/\w|/home/(?!kedro)\w|/tmp/dev\b"
    r"|/work/(?:main|shared)\b|[A-Z]:\\Users",
    "a package registry": r"pypi\.(?:org|io|python)|python" + r"hosted\.org|anaconda\.(?:org|com)"
    r"|registry\.npm|--(?:extra-)?index-url",
    "a private key": "-----BEGIN [A-Z ]*PRIVATE " + "KEY-----",
    "a storage account key": r"(?i)account_?key\W{1,4}[A-Za-z0-9+/]{60,}",
    "a signed URL": r"[?&]sig=[A-Za-z0-9%+/]{20,}",
    "a token": r"\b(?:ghp_\w{30}|AKIA[A-Z0-9]{16}|eyJ[\w-]{20,}\.[\w-]{20,}\.)",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__):
            found += [f"{path.relative_to(ROOT)}: {m.group()}" for m in pattern.finditer(text)]
    assert found == []
