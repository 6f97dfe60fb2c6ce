"""Names and moments for people."""

from __future__ import annotations

from datetime import datetime, timezone


def listed(names: list[str], most: int = 5) -> str:
    """The first few of several names, each in quotes."""
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def local_time(moment: datetime) -> str:
    """A moment, on this machine's clock."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.astimezone().strftime("%Y-%m-%d %H:%M:%S")
