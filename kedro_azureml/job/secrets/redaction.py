"""What may be a secret in a text that people and files get to see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kedro_azureml.job.secrets.names import is_secret_name

# The query of an address may be a signature, which is as good as a password.
_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+")
# A pattern begins where a word does: otherwise a long word would take a time that grows squared.
_LOGIN = re.compile(
    r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)[^\s/@'\"]+(?=@)", re.IGNORECASE
)
_NAME = re.compile(r"(?<![\w-])(?P<name>[\w-]+)(?P<quote>['\"]?)(?P<sign>\s*[=:])\s*['\"]?")
_VALUE = re.compile(r"(?!\.\.\.)[^\s;&,'\"]+")
_TOKEN = re.compile(r"(?i)(bearer\s+)(?!\.\.\.)\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")
# Names in the query of a signature and in a connection string.
_SIGNATURES = frozenset({"sig", "sharedaccesskey", "accountkey"})
# "unexpected token: x" names no value of anything.
_PROSE = frozenset({"token", "secret", "secrets", "credential", "credentials"})


def redact(text: str) -> str:
    """Remove what may be a secret from a text; redacting it again changes nothing."""
    text = _QUERY.sub(r"\1?...", text)
    text = _LOGIN.sub(r"\1...", text)
    text = "".join(_without_named_values(text))
    return _TOKEN.sub(lambda match: f"{match[1] or ''}...", text)


def _without_named_values(text: str) -> Iterator[str]:
    done = 0
    for name in _NAME.finditer(text):
        value = _VALUE.match(text, name.end())
        if value and name.start() >= done and _names_a_secret(name):
            yield text[done : name.end()]
            yield "..."
            done = value.end()
    yield text[done:]


def _names_a_secret(match: re.Match[str]) -> bool:
    name = match["name"]
    is_prose = name in _PROSE and match["sign"] == ":" and not match["quote"]
    return not is_prose and (name.lower() in _SIGNATURES or is_secret_name(name))
