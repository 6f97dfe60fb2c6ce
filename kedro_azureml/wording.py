"""Numbers, sizes and times for people, the same in every command."""

from __future__ import annotations


def size(count: int) -> str:
    """A number of bytes: ``1.2 MB``."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def duration(seconds: float, digits: int = 0) -> str:
    """How long something took: ``12 s``, ``3:07 min``, ``1:02:03``.

    Args:
        seconds: How long.
        digits: Decimals, while it is shown in seconds.
    """
    if seconds < 100:
        return f"{seconds:.{digits}f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02} min"


def count(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
