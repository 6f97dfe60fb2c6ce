"""The moments at which a schedule starts a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from itertools import islice
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


def next_moments(
    times: Iterable[datetime],
    zone: ZoneInfo,
    number: int,
    end: datetime | None = None,
    after: datetime | None = None,
) -> list[datetime]:
    """Return the moments of a zone's wall clock, in order.

    A time that the clock leaves out, when summer begins, comes when it has been put forward; one
    that it shows twice comes once, the first time. What Azure ML does then is not documented.

    Args:
        times: What the clock shows, without a zone, in order.
        zone: The zone.
        number: How many moments at most.
        end: What the clock shows when there are no more.
        after: Moments up to this one are left out: what the clock shows then it may show twice.
    """
    return list(islice(_moments(times, zone, end, after), number))


def _moments(
    times: Iterable[datetime], zone: ZoneInfo, end: datetime | None, last: datetime | None
) -> Iterator[datetime]:
    for at in times:
        if end is not None and at > end:
            return
        # By way of UTC, which has no time that is left out.
        moment = at.replace(tzinfo=zone).astimezone(timezone.utc).astimezone(zone)
        if last is None or moment > last:
            last = moment
            yield moment


def wall_clock(text: str, zone: ZoneInfo) -> datetime:
    """Return what the clock of a zone shows at a time that is written in ISO 8601.

    Args:
        text: The time, in that zone or with an offset of its own.
        zone: The zone.

    Raises:
        ValueError: It is no such time.
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return moment.replace(microsecond=0)
