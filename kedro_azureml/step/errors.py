"""The step's own errors."""


class StepError(Exception):
    """Something a person can mend: printed without a traceback."""
