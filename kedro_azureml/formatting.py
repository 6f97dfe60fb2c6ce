"""Numbers, sizes, times, names and paths for people, the same in every command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

_DAY_AND_TIME = "%a %Y-%m-%d %H:%M %Z"


def size(count: int) -> str:
    """Format a number of bytes: ``1.2 MB``."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def duration(seconds: float, digits: int = 0) -> str:
    """Format how long something took: ``12 s``, ``3:07 min``, ``1:02:03``.

    Args:
        seconds: How long.
        digits: Decimals, while it is shown in seconds.
    """
    if seconds < 100:
        return f"{seconds:.{digits}f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02} min"


def count(number: int, noun: str) -> str:
    """Format a count: ``1 file``, ``2 files``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def steps_for_nodes(steps: int, nodes: int) -> str:
    """Say how many steps there are, and how many fewer than nodes: ``3 steps for 9 nodes``."""
    saved = f" for {count(nodes, 'node')} ({nodes - steps} saved)" if nodes > steps else ""
    return f"{count(steps, 'step')}{saved}"


def and_more(number: int, noun: str = "") -> str:
    """Say how many are not shown: ``and 3 more``, ``and 1 more step``."""
    return f"and {count(number, f'more {noun}')}" if noun else f"and {number} more"


def listed(names: Sequence[str], most: int = 5, *, quoted: bool = True) -> str:
    """Join the first few of several names, and say how many more there are."""
    text = ", ".join(f"'{name}'" if quoted else name for name in names[:most])
    return f"{text} {and_more(len(names) - most)}" if len(names) > most else text


def local_time(moment: datetime) -> str:
    """Format a moment in this machine's local time."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def there_and_here(moment: datetime) -> str:
    """Write a time in its own zone, and behind that as the clock here shows it."""
    return f"{moment:{_DAY_AND_TIME}}   {moment.astimezone():{_DAY_AND_TIME}}"


def shown(path: Path) -> str:
    """Return a path as the user would type it here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


def printable(text: str) -> str:
    """Write control characters as escapes, so that the text cannot drive a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def one_line(text: str) -> str:
    """Return the text as one printable line, so that no name in it can forge another line."""
    return printable(text).replace("\n", "\\n")


class Lines(str):
    """A text of several lines, none of which can forge another.

    Where findings are drawn, only such a text has more lines than one: a line end in any other is
    part of a name or of somebody's message.
    """

    def __new__(cls, *lines: str) -> Lines:
        """Join lines, and clean each of them."""
        return super().__new__(cls, "\n".join(map(one_line, lines)))


def lines_in(text: str) -> list[str]:
    """Return the lines of a text that may be drawn below each other."""
    return text.splitlines() if isinstance(text, Lines) else [one_line(text)]
