"""Numbers that a node's decorator gives, itself or by the name of a parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kedro.pipeline.node import Node

from kedro_azureml.dataset_names import PARAMETER_PREFIX, PARAMETERS, parameter_key
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.project.catalog import CatalogView


@dataclass(frozen=True)
class Asker:
    """Who asks for numbers.

    Attributes:
        kind: What its nodes are called.
        decorator: The decorator's name.
        code: The code of a number that is none.
    """

    kind: str
    decorator: str
    code: str


@dataclass
class NodeNumbers:
    """The numbers that one node's decorator gives, parameters resolved.

    Attributes:
        node: The node.
        catalog: Where the parameters are.
        problems: Takes what is wrong with them.
        asker: Who asks.
    """

    node: Node
    catalog: CatalogView
    problems: list[Diagnostic]
    asker: Asker

    def resolve(self, name: str, value: int | str, *, at_least: int) -> int | None:
        """Return a number, or that of the parameter it names; None when there is none."""
        if isinstance(value, int):
            return value
        parameter = self._parameter(value)
        if parameter is None:
            self._missing(name, value)
            return None
        number = self.catalog.parameter(parameter)
        if isinstance(number, bool) or not isinstance(number, int) or number < at_least:
            kind = "a positive whole number" if at_least else "a whole number, 0 or more"
            key = parameter_key(parameter)
            mistake = f"takes {name} from the parameter '{key}', which is {number!r} and must be "
            self.problems.append(self.wrong(f"{mistake}{kind}.", f"parameters {key}"))
            return None
        return number

    def wrong(self, mistake: str, where: str | None = None) -> Diagnostic:
        """Say what is wrong with a number."""
        return Diagnostic(
            self.asker.code,
            f"The {self.asker.kind} node '{self.node.name}' {mistake}",
            f"Correct the number, in parameters.yml, with --params or in {self.asker.decorator}.",
            where=where or f"node {self.node.name}",
        )

    def _parameter(self, reference: str) -> str | None:
        """Return the parameter that Kedro would give the node under that name.

        A namespace comes first, and its outer ones next, unless the node's own inputs show that
        the pipeline shares the parameter: ``params:eu.nodes`` before ``params:nodes``.
        """
        candidates = list(in_namespaces(reference, self.node.namespace))
        own = [name for name in candidates if name in self.node.inputs]
        existing = [name for name in candidates if name in self.catalog.parameters]
        return next((name for name in own if name in existing), None) or next(iter(existing), None)

    def _missing(self, name: str, reference: str) -> None:
        tried = [parameter_key(c) for c in in_namespaces(reference, self.node.namespace)]
        known = {parameter_key(k) for k in self.catalog.parameters if k != PARAMETERS}
        keys = " or ".join(f"'{key}'" for key in tried)
        self.problems.append(
            Diagnostic(
                "KAZ209",
                f"The {self.asker.kind} node '{self.node.name}' takes {name} from the parameter "
                f"{keys}, which does not exist.",
                f"{nearest(tried[-1], known)} Add it to parameters.yml, or give it with "
                "--params.".strip(),
                where=f"parameters {tried[-1]}",
            )
        )


def in_namespaces(parameter: str, namespace: str | None) -> Iterator[str]:
    """Yield ``params:a.b.x``, ``params:a.x``, ``params:x`` for ``params:x`` in ``a.b``."""
    parts = (namespace or "").split(".") if namespace else []
    for length in range(len(parts), -1, -1):
        yield PARAMETER_PREFIX + ".".join([*parts[:length], parameter_key(parameter)])
