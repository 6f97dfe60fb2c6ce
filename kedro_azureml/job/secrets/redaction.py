"""What may be a secret in a text that people and files get to see."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from kedro_azureml.job.secrets.names import is_secret_name
from kedro_azureml.job.secrets.shapes import KEY_BLOCK, TOKENS

# The query of an address may be a signature, which is as good as a password.
_ADDRESS = re.compile(r"https?://[^\s'\"]+", re.IGNORECASE)
_QUERY = re.compile(r"\?.+")
# Before the host of a web address even a name alone may be a token.
_USER = re.compile(r"(https?://)[^\s/?#'\"]+(?=@)", re.IGNORECASE)
# A pattern begins where a word does: otherwise a long word would take a time that grows squared.
# A password with a slash is none of an address, but drivers of databases take it.
_LOGIN = re.compile(
    r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)"
    r"(?:[^\s/'\"]{1,500}|(?!\d{1,5}/)[^\s@'\"]{1,500})(?=@)",
    re.IGNORECASE,
)
_KEY_BLOCK = re.compile(rf"({KEY_BLOCK})(?:[A-Za-z0-9+/=\s\\:,.]|-(?!--))+")
_AUTHORIZATION = re.compile(
    r"(?<!\w)(authorization\\*['\"]?\s*[:=,]\s*(?:b?\\*['\"])?[a-z][\w-]*[^\S\n]+)"
    r"(?:=\"[^\"\n]*\"|[^'\"\\\n])+",
    re.IGNORECASE,
)
_SCHEMES = re.compile(r"\b(?:basic|bearer|digest|negotiate|ntlm|token|\w+key\w*|\w+-sha256)\s*$")
_NAME = re.compile(
    r"(?<![\w-])(?P<name>[\w-]+)(?P<quote>(?:\\*['\"])?)\]?"
    r"(?:\s*:\s*(?:str|bytes)(?=\s*=))?(?P<sign>\s*(?:=>|[=!:]?=|:))\s*"
    r"(?:[bruf]{0,2}(?P<open>\\*['\"])|(?P<bracket>[{\[]))?",
    re.IGNORECASE,
)
# A comma or a quote within a value, and not one that ends it.
_INNER = r"[&,](?![\s'\"]|[\w\\-]*['\"]?\s*[=:]|$)|['\"](?=\w)"
_VALUE = re.compile(rf"(?!\.\.\.)(?:[^\s;&,'\"]|{_INNER})+")
_VALUE_WITH_BLANKS = re.compile(rf"(?!\.\.\.)(?:[^;&,]|{_INNER})+")
_QUOTED = {quote: re.compile(rf"(?:\\.|{quote * 2}|[^{quote}\\\n])+") for quote in "'\""}
_BRACKETED = {"{": re.compile(r"[^}\n]+"), "[": re.compile(r"[^\]\n]+")}
_OPTION = re.compile(
    r"(?<![\w-])--(?P<name>[\w-]+)(?P<gap>['\"],\s*(?P<quote>['\"])|[^\S\n]+)"
    r"(?!-|(?:and|are|for|has|if|in|is|or|to|was|with)\b)"
    r"(?P<value>(?(quote)(?:\\.|(?!(?P=quote))[^\\\n])+|(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s'\"]+)))"
)
_TOKEN = re.compile(rf"(?i:(bearer\s+)(?!\.\.\.)\S+)|\beyJ[\w-]+\.[\w-]+\.[\w-]*|{TOKENS}")
_BASIC = re.compile(r"\b(basic\s+)([A-Za-z0-9+/]{6,}={0,2})", re.IGNORECASE)
# Names in the query of a signature and in a connection string.
_SIGNATURES = frozenset({"sig", "sharedaccesskey", "accountkey"})
_MOST_ROUNDS = 10
# "unexpected token: x" names no value of anything.
_PROSE = frozenset({"token", "secret", "secrets", "credential", "credentials"})


def redact(text: str) -> str:
    """Remove what may be a secret from a text; redacting it again changes nothing."""
    return _redacted(text, _VALUE)


def redact_argument(text: str) -> str:
    """Remove what may be a secret from one argument of a command, whose values may hold blanks."""
    return _redacted(text, _VALUE_WITH_BLANKS)


def _redacted(text: str, unquoted: re.Pattern[str]) -> str:
    for _ in range(_MOST_ROUNDS):
        before, text = text, _redacted_once(text, unquoted)
        # What is left around a secret may look like another one.
        if text == before:
            break
    return text


def _redacted_once(text: str, unquoted: re.Pattern[str]) -> str:
    text = _KEY_BLOCK.sub(r"\1...", text)
    text = _ADDRESS.sub(lambda address: _QUERY.sub("?...", address[0]), text)
    text = _LOGIN.sub(r"\1...", _USER.sub(r"\1...", text))
    text = _AUTHORIZATION.sub(_without_credentials, text)
    text = "".join(_without_named_values(text, unquoted))
    text = _OPTION.sub(_without_value, text)
    text = _BASIC.sub(_without_login, text)
    return _TOKEN.sub(lambda match: f"{match[1] or ''}...", text)


def _without_named_values(text: str, unquoted: re.Pattern[str]) -> Iterator[str]:
    done = 0
    for name in _NAME.finditer(text):
        if name.start() < done or not _names_a_secret(name):
            continue
        value = _value_pattern(name, unquoted).match(text, name.end())
        if value:
            yield text[done : name.end()]
            yield "..."
            done = value.end()
    yield text[done:]


def _value_pattern(name: re.Match[str], unquoted: re.Pattern[str]) -> re.Pattern[str]:
    """Return what matches a value, from behind its opening quote or bracket on."""
    if name["bracket"]:
        return _BRACKETED[name["bracket"]]
    if not name["open"]:
        return unquoted
    if name["open"] in _QUOTED:
        return _QUOTED[name["open"]]
    # A text in a text: what opened it closes it.
    return re.compile(rf"(?:(?!{re.escape(name['open'])})[^\n])+")


def _names_a_secret(match: re.Match[str]) -> bool:
    name = match["name"]
    is_prose = name in _PROSE and match["sign"] == ":" and not match["quote"]
    return not is_prose and (name.lower() in _SIGNATURES or is_secret_name(name))


def _without_credentials(header: re.Match[str]) -> str:
    """Keep the scheme of an ``Authorization`` header, and prose that only looks like one."""
    return f"{header[1]}..." if _SCHEMES.search(header[1].lower()) else header[0]


def _without_value(option: re.Match[str]) -> str:
    if not is_secret_name(option["name"]):
        return option[0]
    return f"--{option['name']}{option['gap']}..."


def _without_login(match: re.Match[str]) -> str:
    """Remove ``name:password`` behind the word ``Basic``, and leave other words there alone."""
    try:
        decoded = binascii.a2b_base64(match[2])
    except binascii.Error:
        return match[0]
    return f"{match[1]}..." if b":" in decoded else match[0]
