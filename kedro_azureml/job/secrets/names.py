"""Names that people give to secrets: of variables, parameters and keys in configuration files."""

from __future__ import annotations

import re

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRETS = frozenset({"pwd", "secrets", "passwords", "apikey", "sas", "credential", "credentials"})
# Written together too: PGPASSWORD.
_ENDS_OF_SECRETS = ("password", "passwd", "passphrase", "secret")
# A tokenizer's, which everybody may know.
_TEXT_TOKENS = frozenset({"bos", "cls", "end", "eos", "mask", "pad", "sep", "start", "stop", "unk"})
# "key" alone is a column or a dictionary's key; behind one of these it opens something.
_KINDS_OF_KEYS = frozenset(
    {"access", "account", "api", "auth", "encryption", "license", "private", "secret", "service"}
    | {"shared", "signing", "ssh", "storage", "subscription"}
)
# What a secret's name may end with and still name the secret itself.
_ENDINGS = frozenset({"value", "str", "string", "text", "b", "base"})


def is_secret_name(name: str) -> bool:
    """Tell whether a name is one that people give to a secret.

    The last word decides, because it says what the thing is: a ``token_path`` is a path, and
    ``MAX_TOKENS`` is a number.

    Example:
        >>> [is_secret_name(n) for n in ("DB_PASSWORD", "apiKey", "account_key", "sasToken")]
        [True, True, True, True]
        >>> [is_secret_name(n) for n in ("TOKENIZERS_PARALLELISM", "MAX_TOKENS", "KEYBOARD", "key")]
        [False, False, False, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and (words[-1].isdigit() or words[-1] in _ENDINGS):
        if words[-2:] == ["connection", "string"]:
            return True
        words.pop()
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "key":
        return before in _KINDS_OF_KEYS
    if last.endswith("token"):
        return before not in _TEXT_TOKENS
    return last.endswith(_ENDS_OF_SECRETS) or last in _SECRETS
