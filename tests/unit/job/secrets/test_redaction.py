"""What is taken out of a text before anybody sees it, and what is left in it."""

from __future__ import annotations

import base64
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kedro_azureml.console.run.failures import _typed_command
from kedro_azureml.job.secrets.redaction import redact, redact_argument

# Put together here, so that no scanner takes this file for what it is about.
KEY = "PRIVATE " + "KEY-----"
PHRASES = st.text("abcXYZ019 +/=_-;,&{}", min_size=12, max_size=40).map(lambda s: f"q{s}q")
PASSWORDS = st.text("abcXYZ019+=_-!$%", min_size=6, max_size=20).map(lambda s: f"q{s}q")
QUOTED = (
    'password="SECRET"',
    "password='SECRET'",
    "'password': 'SECRET', 'user': 'me'",
    '{"password": "SECRET", "user": "me"}',
    r"{\"password\": \"SECRET\", \"user\": 1}",
    "config['password'] = 'SECRET'",
    "password=b'SECRET'",
    'password: str = "SECRET"',
    "if password == 'SECRET':",
    'connection_string: "SECRET"',
    'Server=tcp:host;Password="SECRET";User=me',
    "AccountName=a;AccountKey='SECRET';EndpointSuffix=x",
    "subprocess: ['az', 'login', '--password', 'SECRET']",
    "az login --password 'SECRET' --tenant t",
    'curl -H "Authorization: Basic SECRET" host',
    "{'Authorization': 'Basic SECRET', 'Accept': '*/*'}",
    "(b'Authorization', b'SharedKey SECRET')",
    "Authorization: Token SECRET\nAccept: */*",
    'password="SECRET',
)
BARE = (
    "https://SECRET@host/path",
    "https://me:SECRET@host/path",
    "https://SECRET:x-oauth-basic@host/path",
    "git+https://SECRET@host/x.git",
    "postgresql://me:SECRET@host:5432/db",
    "mongodb+srv://me:a/SECRET@host",
    "https://me:a@SECRET@host/path",
    "password=SECRET other=x",
    "Server=x;Pwd={SECRET};",
    "login --password SECRET",
    "Proxy-Authorization: basic SECRET",
)
HARMLESS = (
    "TOKENIZERS_PARALLELISM='a b' MAX_TOKENS: 5 KEYBOARD=\"q w\" pad_token='[P A D]' key: 'a b'",
    "unexpected token: 'a b'",
    "KeyError: 'password'",
    'password: \'\' and password="", user="x"',
    "authorization: the user may not read it",
    "Authorization: failed for that user",
    "Basic authentication is needed, or a basic understanding",
    "abfss://container@account.dfs.core.windows.net/path",
    "wasbs://container@account.blob.core.windows.net/path",
    "ssh://git@host/x.git and git@host:x.git",
    "https://host:443/@scope/package",
    "me@example.org wrote to https://example.org/@me",
    f"no '-----BEGIN {KEY}' in the file",
    "Give --token or set TOKEN_FILE",
    "--max-tokens 5 --keyboard us",
)


@pytest.mark.parametrize("template", QUOTED)
@given(secret=PHRASES)
def test_values_with_blanks_in_quotes(template: str, secret: str) -> None:
    cleaned = redact(template.replace("SECRET", secret))
    assert secret[:6] not in cleaned
    assert secret[-6:] not in cleaned


@pytest.mark.parametrize("template", BARE)
@given(secret=PASSWORDS)
def test_values_without_quotes(template: str, secret: str) -> None:
    assert secret[:6] not in redact(template.replace("SECRET", secret))
    assert secret[-6:] not in redact(template.replace("SECRET", secret))


@given(PASSWORDS)
def test_a_login_behind_basic(password: str) -> None:
    encoded = base64.b64encode(f"me:{password}".encode()).decode()
    assert encoded[:8] not in redact(f"Invalid header value 'Basic {encoded}'")


@given(st.binary(min_size=60, max_size=200))
def test_a_private_key(content: bytes) -> None:
    lines = base64.encodebytes(content).decode()
    cleaned = redact(f"got -----BEGIN RSA {KEY}\n{lines}-----END RSA {KEY}\nand more")
    assert lines[:20] not in cleaned
    assert lines.strip()[-5:] not in cleaned
    assert cleaned.endswith("and more")


def test_tokens_that_are_known_by_their_form() -> None:
    for prefix in ("gh" + "p_", "github" + "_pat_", "gl" + "pat-", "s" + "k-"):
        assert redact(f"got {prefix}{'a1' * 12} there") == "got ... there"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


PUNCTUATION = "'\"\\ ,;&{}[]:=@\na.?/"
SIGNS = (
    *("...", "--", "password", "token", "Authorization", "Basic ", "Bearer ", "https://", "x://"),
    *("secret1", "eyJ", f"-----BEGIN {KEY}"),
)
PIECES = st.sampled_from([*PUNCTUATION, *SIGNS])


@given(st.lists(PIECES, max_size=14).map("".join))
@example("password=...,secret1")
@example("https://https://@")
def test_once_is_enough(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "piece",
    ["https://", "a://:", "password='", "password=\\'", "authorization:basic ", "--token ", "x-"],
)
def test_a_long_text_takes_no_time(piece: str) -> None:
    started = time.process_time()
    redact(piece * (60_000 // len(piece)))
    assert time.process_time() - started < 2


def test_an_argument_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert redact_argument("user=me,password=a b c,x=1") == "user=me,password=...,x=1"
    monkeypatch.setattr(sys, "argv", ["kedro", "azureml", "run", "--params", "password=a b c"])
    assert _typed_command() == "kedro azureml run --params password=..."
