"""What other packages add: entry points, looked up when one is asked for by its name.

A package declares them in its ``pyproject.toml``, in one of the groups here::

    [project.entry-points."kedro_azureml.groupings"]
    by_team = "acme_azureml.grouping:by_team"
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest

GROUPINGS = "kedro_azureml.groupings"
LAUNCHERS = "kedro_azureml.launchers"
STORES = "kedro_azureml.stores"
CHECKS = "kedro_azureml.checks"

# The ways of grouping that need no other package.
BUILT_IN_GROUPINGS = ("none", "namespace", "tag", "memory", "pipeline")


@dataclass(frozen=True)
class Extension:
    """What a package adds under a name.

    Attributes:
        name: The name.
        package: The distribution that adds it.
        value: What the entry point names, imported.
    """

    name: str
    package: str
    value: Any

    @contextmanager
    def blamed(self, where: str | None = None) -> Iterator[None]:
        """Tell of any error inside as one of this extension's package.

        Args:
            where: What the user wrote to ask for the extension.

        Raises:
            DiagnosticError: KAZ141; or the package's own, as it is.
        """
        try:
            yield
        except DiagnosticError:
            raise
        except Exception as error:
            raise _unusable(self.name, self.package, "fails", error, where) from error


def names(group: str) -> list[str]:
    """Return the names in a group, sorted; nothing is imported for it."""
    return sorted({point.name for point in entry_points(group=group)})


def find(group: str, name: str, where: str, built_in: Iterable[str] = ()) -> Extension:
    """Import what a package adds under a name.

    Args:
        group: One of the groups of this module.
        name: The name.
        where: What the user wrote to ask for it.
        built_in: Names that need no other package, to suggest.

    Raises:
        DiagnosticError: KAZ141, when no package has the name or several have it, and when it
            cannot be imported.
    """
    points = list(entry_points(group=group, name=name))
    if len(points) > 1:
        packages = " and ".join(sorted(f"'{_package(point)}'" for point in points))
        raise DiagnosticError(
            Diagnostic(
                "KAZ141",
                f"The packages {packages} both add '{name}' ({group}).",
                "Uninstall one of them.",
                where=where,
            )
        )
    if not points:
        raise DiagnosticError(
            Diagnostic(
                "KAZ141",
                f"No package adds '{name}' ({group}).",
                nearest(name, [*built_in, *names(group)]) or "Install the package that does.",
                where=where,
            )
        )
    return _imported(points[0], where)


def find_all(group: str) -> list[Extension]:
    """Import all that packages add to a group, in the order of the names.

    Raises:
        DiagnosticError: KAZ141, when one cannot be imported.
    """
    points = sorted(entry_points(group=group), key=lambda point: (point.name, _package(point)))
    return [_imported(point, None) for point in points]


def _imported(point: EntryPoint, where: str | None) -> Extension:
    try:
        return Extension(point.name, _package(point), point.load())
    except Exception as error:
        raise _unusable(point.name, _package(point), "cannot be imported", error, where) from error


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


def _unusable(
    name: str, package: str, problem: str, error: Exception, where: str | None
) -> DiagnosticError:
    return DiagnosticError(
        Diagnostic(
            "KAZ141",
            f"'{name}' of the package '{package}' {problem}: {type(error).__name__}: {error}",
            f"Correct or update '{package}', or uninstall it. KEDRO_AZUREML_DEBUG=1 shows where.",
            where=where,
        )
    )
