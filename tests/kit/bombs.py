"""Texts that are short, and stand for more than any machine holds."""

from __future__ import annotations

# 10 to the power of 30 values.
ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: v}}\n" for n in range(1, 40)
)
DEEP = "a: " + "[" * 400 + "]" * 400
BOMBS = (ALIASES, MERGES, DEEP)
