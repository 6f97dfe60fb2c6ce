"""The findings that this plugin reports about a project: one code, one cause, one remedy.

A `Diagnostic` is either an error, which stops the command, or a warning, which does not (unless
``--strict`` is given). Each code has a page in the documentation, ``docs/diagnostics/<code>.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Literal

from kedro_azureml.formatting import listed

Severity = Literal["error", "warning"]

CODES: dict[str, str] = {
    # 1xx: configuration and command line
    "KAZ101": "azureml.yml is missing",
    "KAZ102": "azureml.yml is not valid YAML",
    "KAZ103": "unknown key in azureml.yml",
    "KAZ104": "invalid value in azureml.yml",
    "KAZ105": "no compute is named",
    "KAZ106": "no environment",
    "KAZ107": "invalid command-line value",
    "KAZ108": "a value is missing",
    "KAZ109": "a file would be overwritten",
    "KAZ110": "a file cannot be written",
    "KAZ121": "an environment's files cannot be used",
    "KAZ122": "an environment without kedro-azureml",
    "KAZ131": "unknown job",
    "KAZ132": "an alias that nothing uses",
    "KAZ133": "unknown schedule",
    "KAZ141": "an extension cannot be used",
    # 2xx: pipeline and selection
    "KAZ201": "unknown pipeline",
    "KAZ202": "unknown node",
    "KAZ203": "unknown tag",
    "KAZ204": "unknown dataset",
    "KAZ205": "unknown namespace",
    "KAZ206": "nothing to run",
    "KAZ207": "the project cannot be loaded",
    "KAZ208": "two aliases on one node",
    "KAZ209": "parameter does not exist",
    "KAZ210": "a parameter that nothing reads",
    "KAZ211": "a parameter that cannot be an input of the job",
    "KAZ220": "a distributed node's size",
    "KAZ221": "several machines for one process",
    "KAZ222": "a node that cannot be sharded",
    "KAZ223": "a sharded node's number of shards",
    "KAZ231": "steps that would wait for each other",
    "KAZ232": "a node in two steps",
    "KAZ233": "one step on two computes or in two environments",
    "KAZ234": "a distributed node shares a step",
    "KAZ235": "a grouping without effect",
    "KAZ236": "a sharded node shares a step",
    "KAZ237": "a component that cannot take a node's place",
    "KAZ241": "a schedule's input",
    "KAZ242": "a schedule that begins or ends in the past",
    "KAZ243": "a scheduled job that runs as a user",
    "KAZ244": "a schedule's date that is another day's",
    "KAZ245": "unknown workspace",
    "KAZ261": "the values of a sweep",
    "KAZ262": "a sweep that is too large",
    "KAZ263": "a sweep that registers many versions",
    "KAZ264": "a sweep that writes to one place",
    "KAZ271": "nodes that cannot be tuned together",
    "KAZ272": "a parameter that cannot be tuned",
    "KAZ273": "a tuned parameter that others read",
    "KAZ274": "a step that cannot be tuned",
    "KAZ275": "a grid that is cut short",
    # 3xx: data
    "KAZ301": "root input missing from the catalog",
    "KAZ302": "root input missing from disk",
    "KAZ303": "local input outside the project",
    "KAZ304": "dataset cannot cross steps",
    "KAZ305": "confirms writes into a read-only input",
    "KAZ306": "credentials that stay on this machine",
    "KAZ308": "append mode starts anew",
    "KAZ309": "two datasets share a path",
    "KAZ310": "a dataset class that does not exist",
    "KAZ311": "invalid `metadata.azureml` of a catalog entry",
    "KAZ312": "an asset that its dataset cannot read",
    "KAZ313": "no local copy of an asset",
    "KAZ314": "two assets at one path",
    "KAZ315": "a local copy of another version",
    "KAZ322": "a name that no asset can have",
    "KAZ323": "a type that is not the dataset's",
    "KAZ324": "two datasets under one name",
    "KAZ325": "a dataset that cannot be registered",
    "KAZ326": "every run writes to one place",
    "KAZ327": "nothing to export",
    "KAZ328": "an output that is not exported",
    "KAZ329": "a date in the path of a scheduled job",
    "KAZ331": "an MLflow model of a pipeline in several steps",
    "KAZ332": "an environment without azureml-mlflow",
    # 4xx: names and limits
    "KAZ401": "a name that Azure ML refuses",
    "KAZ402": "more outputs than Azure ML documents",
    "KAZ403": "too many steps",
    "KAZ404": "a step's command is too long",
    "KAZ405": "more inputs than Azure ML documents",
    # 5xx: the code snapshot
    "KAZ501": "snapshot too large",
    "KAZ502": "too many files in the snapshot",
    "KAZ503": "credentials in the snapshot",
    "KAZ504": "configuration missing from the snapshot",
    "KAZ505": "snapshot cannot be read",
    "KAZ506": "rehearsal folders in the snapshot",
    "KAZ507": "project code missing from the snapshot",
    "KAZ508": "data in the snapshot",
    "KAZ509": "one person's configuration in the snapshot",
    "KAZ510": "version control in the snapshot",
    "KAZ511": "an ignore file drops data",
    "KAZ512": "a document that uploads from outside its folder",
    # 6xx: rehearsal
    "KAZ601": "not a pipeline job",
    "KAZ602": "feature that cannot be rehearsed",
    "KAZ603": "a step failed",
    "KAZ604": "no space is left, or no run folder can be made",
    "KAZ605": "outputs cannot be copied into the catalog",
    "KAZ606": "too many processes for this machine",
    "KAZ607": "mpirun is not installed",
    "KAZ608": "trials without MLflow",
    # 7xx: Azure ML
    "KAZ701": "the Azure SDK is not installed",
    "KAZ702": "no login to Azure",
    "KAZ703": "no permission",
    "KAZ704": "the workspace cannot be found",
    "KAZ705": "a compute is missing or cannot be used",
    "KAZ706": "an environment is missing",
    "KAZ707": "the data of an input is missing",
    "KAZ708": "Azure ML refuses a request",
    "KAZ709": "Azure cannot be reached",
    "KAZ710": "the job does not exist",
    "KAZ711": "the job did not complete",
    "KAZ712": "the function of --on-job-scheduled failed",
    "KAZ713": "a file changed or cannot be read",
    "KAZ714": "an output cannot be downloaded",
    "KAZ715": "a job that may or may not exist",
    "KAZ716": "an input of another type than its data",
    "KAZ717": "data cannot be fetched",
    "KAZ721": "a compute is not what azureml.yml says",
    "KAZ722": "a compute could not be created",
    "KAZ731": "something deployed is another's",
    "KAZ732": "somebody else deploys at the same time",
    "KAZ733": "a key in what is deployed",
    "KAZ734": "a schedule that the workspace does not have",
    "KAZ735": "an endpoint that the workspace does not have",
    "KAZ736": "an endpoint's name is taken",
    # 8xx: temporary storage
    "KAZ801": "temporary storage cannot be used",
    "KAZ802": "no storage account key",
    "KAZ803": "not a storage account key",
    # 81x: secrets
    "KAZ811": "a secret that azureml.yml does not give to a step",
    "KAZ812": "a secret is neither in the shell nor in .env",
    "KAZ813": "a secret is missing from the vault, or disabled",
    "KAZ814": "a key vault cannot be used",
    "KAZ815": "a secret that a vault does not take",
    "KAZ816": "a secret in a parameter",
    "KAZ817": "an identity that cannot work",
    "KAZ818": "a secret that is a variable too",
    # 9xx: kedro-azureml itself
    "KAZ901": "a defect of kedro-azureml",
}


# Another package's entry point here is named after the prefix of its codes, and leads to a mapping
# from code to `Explanation`.
EXTENSIONS = "kedro_azureml.diagnostics"
_CODE = re.compile(r"([A-Z]{2,12})[0-9]{3}")
_OWN_PREFIX = "KAZ"


@dataclass(frozen=True)
class Explanation:
    """What a code of another package means.

    Attributes:
        title: A few words.
        page: A page in Markdown, for ``kedro azureml explain``.
    """

    title: str
    page: str = ""


_explanations: dict[str, Explanation] = {}


def explanation(code: str) -> Explanation | None:
    """Return what a code of another package means; None if no package has such a code."""
    prefix = _CODE.fullmatch(code)
    if code not in _explanations and prefix and prefix[1] != _OWN_PREFIX:
        for point in entry_points(group=EXTENSIONS, name=prefix[1]):
            _explanations.update(_codes_of(point))
    return _explanations.get(code)


def _codes_of(point: EntryPoint) -> dict[str, Explanation]:
    """Return a package's codes, those of its own prefix; a package that fails names itself."""
    package = point.dist.name if point.dist else point.value
    try:
        codes = dict(point.load())
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return {point.name: Explanation(f"the package '{package}' cannot be imported: {reason}")}
    return {code: text for code, text in codes.items() if code.startswith(point.name)}


def foreign_codes() -> dict[str, str]:
    """Return the codes of other packages and their titles."""
    for point in entry_points(group=EXTENSIONS):
        if point.name != _OWN_PREFIX:
            _explanations.update(_codes_of(point))
    return {code: each.title for code, each in sorted(_explanations.items())}


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: A key of `CODES`, or a code of another package: see `explanation`.
        message: One sentence that names the cause.
        remedy: One sentence that says what to do.
        severity: ``error`` stops the command, ``warning`` does not.
        where: File, line and key, for example ``conf/base/azureml.yml:12 azure.compute``.
        log: Lines of a log, which are shown as they are, between the message and the remedy.
    """

    code: str
    message: str
    remedy: str
    severity: Severity = "error"
    where: str | None = None
    log: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES and explanation(self.code) is None:
            raise ValueError(f"unknown diagnostic code {self.code!r}")

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.code} {where}{self.message} {self.remedy}".rstrip()


class DiagnosticError(Exception):
    """A user's mistake, or something that the user can fix: shown without a traceback.

    Attributes:
        diagnostics: At least one error; warnings may accompany it.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        findings = [diagnostics] if isinstance(diagnostics, Diagnostic) else list(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(findings)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


def as_warnings(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings as warnings, for what no command asked for."""
    return [replace(d, severity="warning") for d in diagnostics]


def as_errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings with every warning made an error (``--strict``)."""
    return [replace(d, severity="error") for d in diagnostics]


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name most like `name` (``Did you mean 'x'?``), or list the known names."""
    candidates = sorted(known)
    lowered = {c.lower(): c for c in candidates}
    # Who forgets a namespace gets the rest right.
    behind = [c for c in candidates if c.lower().endswith(f".{name.lower()}")]
    if behind:
        quoted = " or ".join(f"'{c}'" for c in behind[:3])
        return f"Did you mean {quoted}?"
    close = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{lowered[close[0]]}'?"
    if not candidates:
        return ""
    return f"Known: {listed(candidates, 8)}."
