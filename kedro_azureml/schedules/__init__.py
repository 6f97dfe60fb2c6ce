"""When a schedule starts a job: cron texts, recurrences, time zones."""
