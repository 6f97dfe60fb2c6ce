"""Values that no log may show: whole, in pieces, and in other spellings."""

from __future__ import annotations

import base64
import html
import json
import logging
import shlex
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.secrets import masking
from kedro_azureml.secrets.masking import MASK, StreamMask, hide, masked

SECRET = "pa'ss\"w/rd+ü 1"


def in_pieces(data: bytes, sizes: list[int], *values: str) -> bytes:
    mask, shown = StreamMask(values), b""
    for size in sizes:
        shown += mask.feed(data[:size])
        data = data[size:]
    return shown + mask.feed(data) + mask.rest()


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        repr({"a": SECRET})[6:-1].strip("'"),
        repr(SECRET.encode())[2:-1],
        html.escape(SECRET),
        shlex.quote(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
    ],
)
def test_how_programs_print_a_value(spelling: str) -> None:
    shown = in_pieces(f"before {spelling} after".encode(), [], SECRET)
    assert shown.decode() == f"before {MASK} after"


@pytest.mark.parametrize("login", ["", "u:", "me:"])
def test_within_base64(login: str) -> None:
    encoded = base64.b64encode(f"{login}{SECRET}@".encode())
    assert MASK.encode() in in_pieces(b"Basic " + encoded, [], SECRET)


def test_a_key_of_several_lines_also_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nabcdefghijkl\nmnopqrstuvwx\n-----END KEY-----\n"
    assert in_pieces(b"> abcdefghijkl\n> mnop\n", [], key) == b"> ***\n> mnop\n"
    assert in_pieces(key.encode(), [], key) == b"***\n"


def test_what_is_too_short_to_be_told_from_other_text() -> None:
    assert in_pieces(b"abc 123", [], "abc", "12") == b"abc 123"


@given(
    values=st.lists(st.text("ab", min_size=4, max_size=7), min_size=1, max_size=4),
    text=st.text("ab", max_size=60),
    sizes=st.lists(st.integers(1, 9), max_size=20),
)
def test_no_cut_lets_a_value_through(values: list[str], text: str, sizes: list[int]) -> None:
    """Values that begin, end and contain one another; the same text, however it comes."""
    shown = in_pieces(text.encode(), sizes, *values).decode()
    assert not any(value in shown for value in values)
    assert shown.replace(MASK, "") == shown if shown == text else MASK in shown


@given(text=st.binary(max_size=200), sizes=st.lists(st.integers(1, 50), max_size=10))
def test_everything_else_goes_through_unchanged(text: bytes, sizes: list[int]) -> None:
    assert in_pieces(text, sizes, "no such value") == text


def test_what_cannot_begin_a_value_is_shown_at_once() -> None:
    mask = StreamMask(["secret"])
    assert mask.feed(b"a line\n") == b"a line\n"
    assert mask.feed(b"half a sec") == b"half a "
    assert mask.feed(b"ond\n") == b"second\n"


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after the test what it hides."""
    monkeypatch.setattr(masking, "_values", {})
    monkeypatch.setattr(masking, "_pattern", None)
    factory = logging.getLogRecordFactory()
    monkeypatch.setattr(logging, "_logRecordFactory", factory)


@pytest.mark.usefixtures("forgetful")
def test_messages_of_logging(caplog: pytest.LogCaptureFixture) -> None:
    hide(["a value", "another"])
    logging.getLogger("x").warning("with %s and %r", "a value", {"k": "another"})
    assert caplog.messages == ["with *** and {'k': '***'}"]
    assert masked("a value, no") == "***, no"


@pytest.mark.usefixtures("forgetful")
def test_tracebacks_of_logging(tmp_path: Path) -> None:
    hide(["a value"])
    log = tmp_path / "project.log"
    handler = logging.FileHandler(log)
    logger = logging.getLogger("of a project")
    logger.addHandler(handler)
    try:
        raise ValueError("no login with a value")
    except ValueError:
        logger.exception("it failed")
    finally:
        logger.removeHandler(handler)
        handler.close()
    text = log.read_text()
    assert "ValueError: no login with ***" in text
    assert "a value" not in text.replace('"no login with a value"', "")
