"""The .amlignore that ``kedro azureml init`` writes: what must not be uploaded as code.

Azure ML reads `.amlignore`, or else `.gitignore`, in the code folder only, and never both. So the
project's own .gitignore patterns are carried over. They stand first: the last match wins, and a
negation among them must not bring back what is listed here.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.job.snapshot.ignore import IgnoreRules, InvalidPatternError, parse_pattern

NAME = ".amlignore"
# Where `compile` writes unless told otherwise, here and in kedro-azureml 1.0. As part of the code
# it would keep Azure ML from reusing any step.
_COMPILED = ("/pipeline.yml", "/pipeline.yaml", "/plan.html")
# What no submission should carry, whether or not a project holds it now.
_SENSITIVE = (".env", ".git/config", "{conf}/{personal}/credentials.yml")

_HEADER = """\
# What Azure ML must not upload as the code of a step. The syntax is that of .gitignore; the last
# pattern that matches a file decides. Only this file is read, in this folder: once it exists,
# Azure ML no longer looks at .gitignore.
"""

_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Version control", (".git", ".hg/", ".svn/", ".bzr/", ".dvc/cache/", ".dvc/tmp/")),
    (
        "Virtual environments and installed packages",
        (
            "/.venv*/",
            "/venv*/",
            "/env/",
            "/ENV/",
            "/.conda/",
            "site-packages/",
            "node_modules/",
            "*.egg-info/",
            ".eggs/",
        ),
    ),
    (
        "Caches",
        (
            "__pycache__/",
            "*.py[cod]",
            ".cache/",
            ".pytest_cache/",
            ".mypy_cache/",
            ".ruff_cache/",
            ".tox/",
            ".nox/",
            ".hypothesis/",
            ".import_linter_cache/",
            ".coverage",
            ".coverage.*",
            "htmlcov/",
            ".ipython/",
            ".viz/",
        ),
    ),
    ("Data: raw inputs are uploaded as inputs of the job, all else is made by it", ("/data/",)),
    ("Logs and local runs", ("/logs/", "*.log", "/mlruns/", "/mlartifacts/", "/spark-warehouse/")),
    ("Notebooks' outputs", (".ipynb_checkpoints/", "*.nbconvert.ipynb")),
    ("Builds", ("/build/", "/dist/", "/site/", "/docs/_build/", "/docs/build/")),
    ("Editors and desktops", (".idea/", ".vscode/", ".DS_Store", "*.swp", "*~")),
    (
        "Secrets: settings of the shell, keys, logins",
        (
            ".env*",
            "*.pem",
            "*.key",
            "*.pfx",
            "*.p12",
            "id_rsa*",
            "id_dsa*",
            "id_ecdsa*",
            "id_ed25519*",
            ".git-credentials",
            ".azure/",
            ".aws/",
            ".ssh/",
            ".netrc",
            ".pypirc",
        ),
    ),
)

# Holds the user's answer to Kedro's question about usage statistics.
_ANSWER = ".telemetry"

_CREDENTIALS = """\
# Credentials, in every conf environment. A file that holds nothing but ${{oc.env:NAME}} references
# may be let through by a line at the end, such as
# !/{conf}/base/credentials.yml
"""
_PERSONAL = """\
# The configuration of one person on one machine. What the steps need of it belongs into another
# environment, or is let through by a line at the end, such as
# !/{conf}/{personal}/parameters.yml
/{conf}/{personal}/
"""


@dataclass(frozen=True)
class Layout:
    """Where a project keeps what a step needs; folders are relative to the project.

    Attributes:
        root: The project.
        code: The folder of the code.
        conf: The folder of the configuration; None when it is outside the project.
        credentials: Kedro's file patterns for credentials.
        personal: The conf environment of one person on one machine; None without one.
    """

    root: Path
    code: str
    conf: str | None
    credentials: tuple[str, ...] = ("credentials*",)
    personal: str | None = "local"


@dataclass(frozen=True)
class AmlIgnore:
    """The file to write, and what it leaves out of the project's .gitignore.

    Attributes:
        text: The content of .amlignore.
        carried: Patterns of .gitignore that are in it.
        dropped: Patterns of .gitignore that are not, each with the reason.
    """

    text: str
    carried: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]


def make(layout: Layout) -> AmlIgnore:
    """Make .amlignore for a project."""
    sections = [*_SECTIONS, ("Made by kedro azureml", ("/.kedro_azureml/", *_COMPILED))]
    virtual_environments = tuple(_virtual_environments(layout.root))
    if virtual_environments:
        sections.append(("Virtual environments of this project", virtual_environments))
    blocks = ["\n".join([f"# {title}", *patterns]) for title, patterns in sections]
    if layout.conf is not None and layout.personal is not None:
        blocks.append(_PERSONAL.format(conf=layout.conf, personal=layout.personal).rstrip())
    if layout.conf is not None:
        comment = _CREDENTIALS.format(conf=layout.conf)
        blocks.append(comment + "\n".join(_credentials(layout.conf, layout.credentials)))
    own = "\n\n".join(blocks)
    carried, dropped = _carry_over(layout, own)
    first: list[str] = []
    if carried or dropped:
        first = [
            "# From .gitignore",
            *(f"# left out, {reason}: {pattern}" for pattern, reason in dropped),
            *carried,
            "",
        ]
    return AmlIgnore("\n".join([_HEADER, *first, own, ""]), tuple(carried), tuple(dropped))


def unprotected(text: str, layout: Layout) -> list[str]:
    """Return examples of files that an existing .amlignore with this text lets through."""
    conf = layout.conf or "conf"
    personal = layout.personal or "local"
    examples = [example.format(conf=conf, personal=personal) for example in _SENSITIVE]
    try:
        rules = IgnoreRules.parse(text.splitlines())
    except InvalidPatternError:
        return []  # said at submission, where it stops everything
    return [path for path in examples if not rules.excludes(path)]


def _credentials(conf: str, patterns: Iterable[str]) -> list[str]:
    names = ["credentials*", *(pattern.removeprefix("**/") for pattern in patterns)]
    return list(dict.fromkeys(f"/{conf}/**/{pattern}" for pattern in names))


def _carry_over(layout: Layout, own: str) -> tuple[list[str], list[tuple[str, str]]]:
    try:
        text = (layout.root / ".gitignore").read_text("utf-8-sig", "replace")
    except OSError:
        return [], []
    ours = own.splitlines()
    rules = IgnoreRules.parse(ours)
    needed = [path for path in _needed(layout) if not rules.excludes(path)]
    carried: list[str] = []
    dropped: list[tuple[str, str]] = []
    for pattern in dict.fromkeys(line.strip() for line in text.splitlines()):
        if not pattern or pattern.startswith("#") or pattern in ours:
            continue
        try:
            parsed = parse_pattern(pattern)
        except (ValueError, re.error):
            dropped.append((pattern, "Azure ML cannot read it"))
            continue
        hidden = None
        if parsed and not parsed.negated:
            hidden = next((path for path in needed if parsed.matches(path)), None)
        if hidden is None:
            carried.append(pattern)
        else:
            dropped.append((pattern, f"a step needs {_named(hidden, layout)}"))
    return carried, dropped


def _needed(layout: Layout) -> list[str]:
    """Return the files without which a step cannot do what `kedro run` does."""
    paths = ["pyproject.toml", _ANSWER]
    folders = [layout.code]
    if layout.conf is not None:
        folders.append(layout.conf)
        paths.append(f"{layout.conf}/base/parameters.yml")
    for folder in folders:
        for root, _, names in os.walk(layout.root / folder):
            relative = Path(root).relative_to(layout.root)
            paths += [(relative / name).as_posix() for name in names if name != ".gitkeep"]
    return paths


def _named(path: str, layout: Layout) -> str:
    if path == _ANSWER:
        return f"{path}, your answer about usage statistics"
    return path if (layout.root / path).exists() else f"what {posixpath.dirname(path)} may hold"


def _virtual_environments(root: Path) -> list[str]:
    return sorted(
        f"/{folder.name}/"
        for folder in root.iterdir()
        if (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()
    )
