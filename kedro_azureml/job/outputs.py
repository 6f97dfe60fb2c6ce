"""Where the outputs of a run go: to their catalog paths, or into a folder for each dataset.

The one way for a rehearsal and for a job on Azure ML. What a manifest says comes from elsewhere, so
it never chooses a place in the project: the catalog does.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kedro_azureml.job.file_names import is_in_folder
from kedro_azureml.job.file_replacement import Copy
from kedro_azureml.job.run.model import RunOutput

_UNSAFE = re.compile(r"[^\w.@ =,+-]")


@dataclass(frozen=True)
class CatalogPlace:
    """Where the catalog keeps a dataset.

    Attributes:
        paths: Its files and folders, relative to the project; none outside of it.
        appends: Whether saving adds to the file.
        taken: The places of all datasets: what lies in the folder of one is a part of it.
    """

    paths: tuple[str, ...] = ()
    appends: bool = False
    taken: Collection[str] = ()

    def holds(self, name: str) -> bool:
        """Tell whether a file is the dataset's: its path, below it, or a sidecar of its path.

        A shapefile is several files of one stem.
        """
        file = PurePosixPath(name)
        return any(
            file == path or path in file.parents or _is_sidecar(file, path)
            for path in map(PurePosixPath, self.paths)
        )


CatalogPlaces = Callable[[str], CatalogPlace]


@dataclass(frozen=True)
class LeftOut:
    """A file of an output that does not go into the catalog, and why."""

    output: RunOutput
    file: str
    reason: str


@dataclass
class CatalogCopies:
    """What is to be copied into the catalog, what is not, and what forbids it all."""

    copies: list[Copy] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    problems: list[tuple[RunOutput, str]] = field(default_factory=list)


def into_catalog(
    outputs: Iterable[RunOutput], places: CatalogPlaces, project: Path
) -> CatalogCopies:
    """Say which files of local datasets go to which catalog paths.

    Args:
        outputs: Outputs whose files are on this machine; those of another kind are passed over.
        places: Where the catalog keeps a dataset.
        project: The project's root.
    """
    outputs = list(outputs)
    placement = CatalogCopies(problems=list(clashes(outputs)))
    for output in outputs:
        if output.kind != "local":
            continue
        if problem := whole_problem(output):
            placement.problems.append((output, problem))
            continue
        place = places(output.dataset or "")
        for name in output.files:
            inside = _target(output, place, PurePosixPath(name))
            target = project / inside
            if not place.holds(name):
                reason = "the catalog keeps the dataset elsewhere, or outside the project"
                placement.left_out.append(LeftOut(output, name, reason))
            elif (output.appends or place.appends) and target.exists():
                reason = "it exists, and the dataset only adds to it"
                placement.left_out.append(LeftOut(output, name, reason))
            elif problem := _in_the_way(project, inside):
                placement.problems.append((output, problem))
            else:
                placement.copies.append(Copy(output.file(name), target))
    return placement


def into_folders(outputs: Iterable[RunOutput], folder: Path) -> Iterator[Copy]:
    """Yield where all files go: see `into_folder`."""
    outputs = list(outputs)
    parts = Counter(output.label for output in outputs)
    for output in outputs:
        yield from into_folder(output, folder, is_part=parts[output.label] > 1)


def into_folder(
    output: RunOutput, folder: Path, only: str | None = None, *, is_part: bool = False
) -> Iterator[Copy]:
    """Yield where the files go below a folder of the dataset's own name.

    Args:
        output: The output.
        folder: The folder of the download.
        only: One of its files; by default all.
        is_part: Whether other steps wrote the rest of the dataset.
    """
    own = folder / folder_name(output.dataset or output.name)
    if output.combination is not None:
        own /= folder_name(output.combination)
    for name in output.files:
        # One file needs no folders around it.
        is_alone = len(output.files) == 1 and not is_part
        if only is None or only == name:
            yield Copy(output.file(name), own / (PurePosixPath(name).name if is_alone else name))


def clashes(outputs: Iterable[RunOutput]) -> Iterator[tuple[RunOutput, str]]:
    """Yield what several have all written, each of which wrote a part of a dataset."""
    writers: dict[tuple[str | None, str], RunOutput] = {}
    for output in outputs:
        for name in output.files if output.kind == "local" else ():
            other = writers.setdefault((output.label, name), output)
            if output.dataset is not None and other.path != output.path:
                one, two = (_writer(each, other, output) for each in (other, output))
                yield output, f"The steps '{one}' and '{two}' both wrote '{name}'"


def _writer(output: RunOutput, *writers: RunOutput) -> str:
    """Return the step, or of several machines of one step, the folder of the machine."""
    is_one_step = len({writer.step for writer in writers}) == 1
    return f"{output.step}/{output.path.name}" if is_one_step else output.step


def folder_name(dataset: str) -> str:
    """Return the name of a dataset's or a combination's folder; no two have the same."""
    safe = _UNSAFE.sub("_", dataset).lstrip(".")
    if safe == dataset:
        return safe
    return f"{safe}-{hashlib.sha256(dataset.encode()).hexdigest()[:8]}"


def whole_problem(output: RunOutput) -> str | None:
    """Return what is wrong with an output whose files are not all here, whole."""
    for name, size in output.files.items():
        if not is_in_folder(name):
            return f"'{name}' is no path in the project"
        try:
            file = output.file(name)
        except ValueError:
            return f"The file '{name}' does not lie where the step says that all of it does"
        if not file.is_file() or file.stat().st_size != size:
            return f"The file '{name}' is missing from the step's output, or is not whole"
    return None


def _target(output: RunOutput, place: CatalogPlace, file: PurePosixPath) -> PurePosixPath:
    """Return where a file goes: to its place, or, of a sweep, into a folder beside that."""
    if output.combination is None:
        return file
    own = next((p for p in map(PurePosixPath, place.paths) if p == file or p in file.parents), file)
    beside = own.parent / folder_name(output.dataset or output.name)
    while beside == own or beside.as_posix() in place.taken:
        beside = beside.with_name(f"{beside.name}_sweep")
    return beside / folder_name(output.combination) / file.relative_to(own.parent)


def _is_sidecar(file: PurePosixPath, path: PurePosixPath) -> bool:
    return (
        file.parent == path.parent and bool(path.suffix) and file.name.startswith(f"{path.stem}.")
    )


def _in_the_way(project: Path, path: PurePosixPath) -> str | None:
    if (project / path).is_dir():
        return f"'{path}' is a folder in the project and a file in the step's output"
    for parent in path.parents:
        if (project / parent).exists() and not (project / parent).is_dir():
            return f"'{parent}' is a file in the project and a folder in the step's output"
    return None
