"""The files that make up azureml.yml, and on which line each key of them stands.

Kedro's config loader merges files and forgets where a value came from. Here the same files are
parsed once more, for their positions only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.safe_yaml import check_size

# What kedro-azureml 1.0 registered with Kedro's config loader.
PATTERNS = ("azureml*", "azureml*/**", "**/azureml*")
_SUFFIXES = {".yml", ".yaml", ".json"}
_MERGE = "tag:yaml.org,2002:merge"

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class ConfigFile:
    """One file, parsed.

    Attributes:
        path: Where it is.
        label: Its path relative to the project, for messages.
        root: Its topmost node; None for an empty file.
        text: All of it, as it stands.
    """

    path: Path
    label: str
    root: yaml.Node | None
    text: str = ""

    def holds(self, key: str) -> bool:
        """Tell whether a key stands at the top of the file."""
        return _child(self.root, key) is not None


def find_files(folder: Path, patterns: Iterable[str] = PATTERNS) -> list[Path]:
    """Return the configuration files of one conf environment, as Kedro's loader finds them."""
    paths: set[Path] = set()
    for pattern in patterns:
        # pathlib's trailing ** finds folders only, the loader's finds files.
        paths.update(folder.glob(f"{pattern}/*" if pattern.endswith("**") else pattern))
    return sorted(
        path
        for path in paths
        if path.suffix in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def not_replaced(files: Iterable[ConfigFile]) -> list[ConfigFile]:
    """Return the files without the sections that others replace where Kedro merges destructively.

    Args:
        files: The files; those that win come first.
    """
    taken: set[str] = set()
    left: list[ConfigFile] = []
    for file in files:
        root = file.root
        if isinstance(root, yaml.MappingNode):
            pairs = [pair for pair in root.value if str(pair[0].value) not in taken]
            taken |= {str(key.value) for key, _ in pairs}
            root = yaml.MappingNode(root.tag, pairs, root.start_mark, root.end_mark)
        left.append(replace(file, root=root))
    return left


def parse(path: Path, project_path: Path) -> tuple[ConfigFile, list[Diagnostic]]:
    """Parse one file; return what is wrong with its YAML instead of raising it."""
    label = path.relative_to(project_path) if path.is_relative_to(project_path) else path
    file = ConfigFile(path, label.as_posix(), None)
    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        check_size(root)
    except OSError as error:
        return file, [_broken(file, None, f"The file cannot be read: {error.strerror}.")]
    except UnicodeDecodeError:
        return file, [_broken(file, None, "The file is not UTF-8 text.")]
    except yaml.MarkedYAMLError as error:
        return file, [malformed(file, error)]
    except RecursionError:
        return file, [_broken(file, None, "The YAML is malformed: it is nested too deeply.")]
    except yaml.YAMLError as error:
        return file, [_broken(file, None, f"The YAML is malformed: {error}.")]
    file = ConfigFile(path, file.label, root, text)
    if root is None:
        return file, []
    if not isinstance(root, yaml.MappingNode):
        message = "The file must hold keys with values, such as 'azure:'."
        return file, [_broken(file, root.start_mark, message)]
    return file, [
        _broken(
            file,
            again.start_mark,
            f"The key '{again.value}' stands twice in one section, first on line "
            f"{first.start_mark.line + 1}.",
        )
        for first, again in _duplicates(root, set())
    ]


def where(files: Iterable[ConfigFile], loc: Loc) -> str:
    """Return the place nearest to `loc`, such as ``conf/base/azureml.yml:12 azure.compute``.

    Args:
        files: The files, those that win first.
        loc: The keys that lead to a value.
    """
    keys = [str(key) for key in loc]
    dotted = ".".join(keys)
    best: tuple[int, str] | None = None
    for file in files:
        depth, line = _descend(file.root, keys)
        if best is None or depth > best[0]:
            best = depth, f"{file.label}:{line}"
    if best is None:
        return f"azureml.yml {dotted}".rstrip()
    return f"{best[1]} {dotted}".rstrip()


def malformed(file: ConfigFile, error: yaml.MarkedYAMLError) -> Diagnostic:
    """Say what PyYAML reports, and on which line."""
    problem = error.problem or error.context or "a syntax error"
    mark = error.problem_mark or error.context_mark
    remedy = "Fix the file here."
    if "escape" in problem:
        remedy = "Write the value in single quotes: in double ones a backslash is special."
    return _broken(file, mark, f"The YAML is malformed: {problem.rstrip('.')}.", remedy)


def _broken(
    file: ConfigFile, mark: yaml.Mark | None, message: str, remedy: str = "Fix the file here."
) -> Diagnostic:
    position = f"{file.label}:{mark.line + 1}" if mark else file.label
    return Diagnostic("KAZ102", message, remedy, where=position)


def _descend(node: yaml.Node | None, keys: list[str]) -> tuple[int, int]:
    """Return how many of the keys lead to a node, and the line of the last one, from 1."""
    line = node.start_mark.line if node else 0
    depth = 0
    for key in keys:
        child = _child(node, key)
        if child is None:
            break
        key_node, node = child
        line = key_node.start_mark.line
        depth += 1
    return depth, line + 1


def _child(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the nodes of a key and of its value; merged mappings (``<<``) count."""
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        item = node.value[int(key)]
        return item, item
    if not isinstance(node, yaml.MappingNode):
        return None
    merged: list[yaml.Node] = []
    for key_node, value in node.value:
        if key_node.tag == _MERGE:
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif key_node.value == key:
            return key_node, value
    return next((child for other in merged if (child := _child(other, key))), None)


def _duplicates(
    node: yaml.Node, seen: set[int]
) -> Iterator[tuple[yaml.ScalarNode, yaml.ScalarNode]]:
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _duplicates(item, seen)
        return
    first: dict[str, yaml.ScalarNode] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
            if key.value in first:
                yield first[key.value], key
            first.setdefault(key.value, key)
        yield from _duplicates(value, seen)
