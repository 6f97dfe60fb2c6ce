"""``${azureml.secret:NAME}`` in a catalog or a credentials file.

One resolver, and three answers: a compilation gets a stand-in for the value, a step what it was
given, and everything else, `kedro run` too, what is in the shell or in ``.env``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from omegaconf import OmegaConf

from kedro_azureml.job.secrets.shapes import RESOLVER
from kedro_azureml.secrets.here import DOTENV, value_here
from kedro_azureml.secrets.masking import hide
from kedro_azureml.secrets.references import stand_in

Source = Callable[[str], str]
_project: Path | None = None
_instead: Source | None = None


class UnknownSecretError(ValueError):
    """A secret that nobody here knows."""


def register() -> None:
    """Let OmegaConf know the resolver, from now on and for every config loader."""
    if OmegaConf.has_resolver(RESOLVER):
        return
    with warnings.catch_warnings():
        # OmegaConf 2.4 gives it the name that in 2.3 is an older function's, and has this one warn.
        warnings.simplefilter("ignore", UserWarning)
        OmegaConf.register_new_resolver(RESOLVER, _answer)


def look_in(project: Path) -> None:
    """Look for ``.env`` in this project, instead of in the working directory."""
    global _project
    _project = project


def answer_by(source: Source) -> None:
    """Let a step's own secrets be the answer, until the process ends."""
    global _instead
    _instead = source


def stand_in_unless_answered() -> None:
    """Let a step without secrets read a catalog that names those of others."""
    register()
    if _instead is None:
        answer_by(stand_in)


def is_answered_otherwise() -> bool:
    """Tell whether this machine's values are not asked for, as in a step and in a compilation."""
    return _instead is not None


@contextmanager
def stand_ins() -> Iterator[None]:
    """Let the answer say no value, only the name of the secret: for a compilation."""
    global _instead
    before, _instead = _instead, stand_in
    register()
    try:
        yield
    finally:
        _instead = before


def _answer(name: object) -> str:
    # Every session of Kedro's imports this module, and few have secrets.
    from kedro_azureml.secrets.names import problem_of_name

    # OmegaConf reads a name that is a number as one.
    variable = str(name)
    if problem := problem_of_name(variable):
        raise UnknownSecretError(f"'{variable}' {problem}; no secret is called that.")
    return (_instead or _here)(variable)


def _here(name: str) -> str:
    value = value_here(name, _project or Path.cwd())
    if value is None:
        raise UnknownSecretError(
            f"The secret '{name}' is neither a variable of the shell nor in the project's {DOTENV}."
        )
    hide([value])
    return value
