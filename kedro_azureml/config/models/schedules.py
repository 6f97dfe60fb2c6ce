"""``azure.schedules`` of azureml.yml: jobs that start by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.schedules.cron import Cron, CronError
from kedro_azureml.schedules.recurrence import Frequency, Recurrence, WeekDay
from kedro_azureml.schedules.times import wall_clock
from kedro_azureml.schedules.zones import ZoneError, windows_name, zone_of

_LONGEST_TITLE = 256
_LONGEST_DESCRIPTION = 5_000
_YEARS = range(1970, 3000)


def _cron(value: str) -> str:
    try:
        Cron.parse(value)
    except CronError as error:
        raise values.BadValueError(error.message, error.remedy) from None
    return " ".join(value.split())


def _zone(value: str) -> str:
    try:
        windows_name(value)
    except ZoneError as error:
        raise values.BadValueError(error.message, error.remedy) from None
    return value


def _time(value: Any) -> Any:
    # YAML reads a time that is not quoted.
    return value.isoformat() if isinstance(value, datetime) else value


def _is_time(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        # Others have no next day, or none before, in some zone.
        if moment.year not in _YEARS:
            raise ValueError
    except ValueError:
        raise values.BadValueError(
            f"{values.shown(value)} is no time.",
            "Write it as '2027-01-31T06:00:00', in the schedule's zone or with an offset.",
        ) from None
    return value


Time = Annotated[str, BeforeValidator(_time), AfterValidator(_is_time)]
Hour = Annotated[int, Field(ge=0, le=23)]
Minute = Annotated[int, Field(ge=0, le=59)]
MonthDay = Annotated[int, Field(ge=1, le=31)]


class RecurrenceConfig(Section):
    """Every so many minutes, hours, days, weeks or months."""

    frequency: Frequency = Field(description="What is counted.")
    interval: Annotated[int, Field(ge=1)] = Field(
        default=1, description="How many of them lie between two runs."
    )
    hours: list[Hour] = Field(
        default_factory=list,
        description="Hours of the day, for `day`, `week` and `month`; with `minutes`.",
    )
    minutes: list[Minute] = Field(
        default_factory=list, description="Minutes of each of these hours."
    )
    week_days: list[WeekDay] = Field(
        default_factory=list, description="Days of the week, for `week`."
    )
    month_days: list[MonthDay] = Field(
        default_factory=list,
        description="Days of the month, for `month`; one that a month lacks is skipped.",
    )

    @model_validator(mode="after")
    def _fits(self) -> RecurrenceConfig:
        if self.frequency in ("minute", "hour") and (self.hours or self.minutes):
            raise values.BadValueError(
                f"A frequency of '{self.frequency}' has no hours and minutes.",
                "Remove them, or write frequency: day.",
            )
        if bool(self.hours) != bool(self.minutes):
            missing = "minutes" if self.hours else "hours"
            raise values.BadValueError(
                f"'{missing}' is missing.", "Azure ML wants both: hours: [6], minutes: [0]."
            )
        for key, frequency in (("week_days", "week"), ("month_days", "month")):
            if getattr(self, key) and self.frequency != frequency:
                raise values.BadValueError(
                    f"A frequency of '{self.frequency}' has no '{key}'.",
                    f"Remove them, or write frequency: {frequency}.",
                )
            if getattr(self, key) and not self.hours:
                raise values.BadValueError(
                    "'hours' and 'minutes' are missing.", "Write hours: [6], minutes: [0]."
                )
        return self

    @property
    def times(self) -> Recurrence:
        """When that is."""
        return Recurrence(
            self.frequency,
            self.interval,
            tuple(self.hours),
            tuple(self.minutes),
            tuple(self.week_days),
            tuple(self.month_days),
        )


class ScheduleConfig(Section):
    """A job that starts by itself."""

    job: Text | None = Field(
        default=None,
        description="The job of `azure.jobs` that it starts; without one, the default pipeline.",
    )
    workspace: Text | None = Field(
        default=None, description="Alias of `azure.workspaces`; the job's by default."
    )
    cron: Annotated[Text, AfterValidator(_cron)] | None = Field(
        default=None,
        description="When: minute, hour, `*`, `*`, day of the week, such as `15 3 * * 1-5`.",
    )
    every: RecurrenceConfig | None = Field(
        default=None, description="When, in another way: `{frequency: day, interval: 2}`."
    )
    time_zone: Annotated[Text, AfterValidator(_zone)] = Field(
        default="UTC", description="Zone of all its times, such as `Europe/Berlin`."
    )
    start: Time | None = Field(
        default=None,
        description="Not before this time: `2027-01-31T06:00:00`, in its zone or with an offset.",
    )
    end: Time | None = Field(default=None, description="Not after this time.")
    inputs: dict[Text, Any] = Field(
        default_factory=dict,
        description="Other values for inputs of the job, see `azure.job_inputs`. "
        "`{trigger_time}` is the time at which it was started.",
    )
    enabled: bool = Field(default=True, description="Whether it starts jobs.")
    display_name: Annotated[Text, Field(max_length=_LONGEST_TITLE)] | None = Field(
        default=None, description="What Studio calls it."
    )
    description: Annotated[str, Field(max_length=_LONGEST_DESCRIPTION)] | None = Field(
        default=None, description="What it is for."
    )

    @field_validator("inputs", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @model_validator(mode="after")
    def _one_trigger(self) -> ScheduleConfig:
        if (self.cron is None) == (self.every is None):
            raise values.BadValueError(
                "A schedule has either 'cron' or 'every'.", "Write cron: '15 3 * * 1-5'."
            )
        if self.start_time and self.end_time and self.end_time <= self.start_time:
            raise values.BadValueError(
                f"It ends ({self.end}) before it starts ({self.start}).", "Correct one of them."
            )
        return self

    @property
    def times(self) -> Cron | Recurrence:
        """When it starts its job."""
        return Cron.parse(self.cron or "") if self.every is None else self.every.times

    @property
    def start_time(self) -> datetime | None:
        """What its zone's clock shows at the start."""
        return wall_clock(self.start, zone_of(self.time_zone)) if self.start else None

    @property
    def end_time(self) -> datetime | None:
        """What its zone's clock shows at the end."""
        return wall_clock(self.end, zone_of(self.time_zone)) if self.end else None
