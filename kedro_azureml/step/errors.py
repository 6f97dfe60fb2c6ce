"""The step's own errors."""


class StepError(Exception):
    """Something that a person can fix: printed without a traceback."""
