"""Time zones by their IANA names, and by the Windows names that Azure ML wants.

Azure ML takes the names of ``azure.ai.ml.constants.TimeZone``, which ``windows_zones.txt`` lists;
which zones they are, tzlocal knows from Unicode's CLDR.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from kedro_azureml.diagnostics import nearest

# Two that CLDR has dropped.
_DROPPED = {"Kamchatka Standard Time": "Asia/Kamchatka", "Mid-Atlantic Standard Time": "Etc/GMT+2"}
# One is that of whichever machine this is, and one that of none.
_NO_PLACES = frozenset({"localtime", "Factory"})
# A zone that has no name of its own there is another one's with the same clock for so long.
_COMPARED = timedelta(days=3 * 366)
_COMPARED_EVERY = timedelta(hours=1)
_GLANCED_EVERY = timedelta(days=14)


class ZoneError(ValueError):
    """A zone that Azure ML has no name for.

    Attributes:
        message: What is wrong, in one sentence.
        remedy: What to write instead, in one sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}")


@cache
def windows_zones() -> tuple[str, ...]:
    """Return the names that Azure ML takes."""
    text = (files(__package__) / "windows_zones.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its IANA name, or by its Windows name.

    Raises:
        ZoneError: There is none of that name.
    """
    from tzlocal.windows_tz import win_tz

    found = _DROPPED.get(name) or win_tz.get(name, name)
    if found not in available_timezones() or found in _NO_PLACES:
        known = [*(available_timezones() - _NO_PLACES), *windows_zones()]
        raise ZoneError(
            f"'{name}' is no time zone.",
            nearest(name, known) or "Write one such as Europe/Berlin or UTC.",
        )
    return ZoneInfo(found)


@cache
def windows_name(name: str) -> str:
    """Return what Azure ML calls a zone, by its IANA name or by its Windows name.

    Raises:
        ZoneError: There is no zone of that name, or Azure ML has no name for it.
    """
    from tzlocal.windows_tz import tz_win

    known = windows_zones()
    if name in known:
        return name
    zone = zone_of(name)
    own = tz_win.get(zone.key)
    now = datetime.now(timezone.utc)
    # The names are coarse: East Greenland has another clock than the Azores, whose name it has.
    if own in known and _same_clock(zone, zone_of(own), now, _GLANCED_EVERY):
        return str(own)
    for other in known:
        if _same_clock(zone, zone_of(other), now, _COMPARED_EVERY):
            return other
    raise ZoneError(
        f"Azure ML has no name for the time zone '{name}', and none for one with the same clock.",
        "Write the times in UTC, or in another zone.",
    )


def _same_clock(one: ZoneInfo, other: ZoneInfo, start: datetime, step: timedelta) -> bool:
    moment = start
    while moment < start + _COMPARED:
        if moment.astimezone(one).utcoffset() != moment.astimezone(other).utcoffset():
            return False
        moment += step
    return True
