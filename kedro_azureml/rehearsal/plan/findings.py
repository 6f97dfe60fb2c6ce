"""What is wrong with a document that is to be rehearsed."""

from __future__ import annotations

from dataclasses import dataclass, field

from kedro_azureml.diagnostics import Diagnostic

REPAIR = "Correct the document, or compile it again with 'kedro azureml compile'."


@dataclass
class Findings:
    """Gathers what is wrong with a document, so that all of it is said at once."""

    source: str
    problems: list[Diagnostic] = field(default_factory=list)

    def wrong(self, where: str, message: str, remedy: str = REPAIR, code: str = "KAZ601") -> None:
        """Note an error; the same one is noted once."""
        problem = Diagnostic(code, message, remedy, where=f"{self.source} {where}".strip())
        if problem not in self.problems:
            self.problems.append(problem)

    def unsupported(self, where: str, subject: str) -> None:
        """Note something that only Azure ML can do."""
        self.wrong(
            where,
            f"{subject} be rehearsed on this machine.",
            "Rehearse a document without it, or submit the job to Azure ML.",
            "KAZ602",
        )
