"""Why a step failed, as the step itself knew it: its ``failure.json``.

The step writes it, and whoever tells a person about the step reads it: the rehearsal out of the
step's folders, the commands for Azure ML out of the step's artifacts. It may come from anywhere, so
nothing in it is trusted to be what it should be.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import Lines, printable
from kedro_azureml.job.secrets.redaction import redact

FILE_PREFIX = "failure"
# Below the working directory of a step. Azure ML documents that it uploads `./outputs` to the job's
# history; that it does so for a step that failed too, nobody could confirm.
ARTIFACTS = PurePosixPath("outputs", "kedro_azureml")
_VERSION = 1
_MOST_BYTES = 256 * 1024
_MOST_FILES = 64
_MOST_FRAMES = 20
_LONGEST_MESSAGE = 4000
_LONGEST_NAME = 400


@dataclass(frozen=True)
class Frame:
    """One call in the project's own code.

    Attributes:
        file: The file, relative to the project's root.
        line: The line in it.
        function: The function.
        source: What stands in that line.
    """

    file: str
    line: int
    function: str = ""
    source: str = ""

    @property
    def place(self) -> str:
        """``src/flights/nodes.py:21``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Failure:
    """Why a step, or one of its processes, failed.

    Attributes:
        message: What the exception says, or a sentence of this package.
        type: The exception's class; None for a sentence of this package.
        node: The Kedro node that failed, or before which it failed, if that is known.
        begun: Whether the nodes' turn had come.
        frames: The calls in the project's own code, the innermost last.
        rank: The number of the process, where the step has several.
        process: What to call that process, ``rank 1 of 4``.
        time: When it failed, in seconds since 1970.
    """

    message: str
    type: str | None = None
    node: str | None = None
    begun: bool = True
    frames: tuple[Frame, ...] = ()
    rank: int | None = None
    process: str | None = None
    time: float = field(default_factory=time.time)

    @property
    def summary(self) -> str:
        """``ValueError: column 'seat_price' has 3 missing values``, in one line."""
        text = f"{self.type}: {self.message}" if self.type else self.message
        return " ".join(text.split()).rstrip(":")

    @property
    def place(self) -> str | None:
        """Where in the project it happened, ``src/flights/nodes.py:21``."""
        return self.frames[-1].place if self.frames else None

    @property
    def file_name(self) -> str:
        """The name of its file: processes of one step may share a folder."""
        rank = "" if self.rank is None else f"_process_{self.rank}"
        return f"{FILE_PREFIX}{rank}.json"

    def as_data(self) -> dict[str, Any]:
        """Return the record as plain data, for JSON; see `cleaned`."""
        return {"version": _VERSION, **asdict(self.cleaned())}

    def write(self, folder: Path) -> None:
        """Write the record into a folder, whole or not at all.

        Raises:
            OSError: It cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{self.file_name}.{os.getpid()}.part"
        text = json.dumps(self.as_data(), indent=1, ensure_ascii=False) + "\n"
        try:
            partial.write_bytes(text.encode("utf-8", "backslashreplace"))
            partial.replace(folder / self.file_name)
        finally:
            partial.unlink(missing_ok=True)

    def cleaned(self) -> Failure:
        """Remove secrets and control characters from the record, and shorten it."""
        frames = self.frames
        if len(self.frames) > _MOST_FRAMES:
            # The way in, and where it ended; a recursion is in between.
            half = _MOST_FRAMES // 2
            frames = (*frames[:half], *frames[-half:])
        return Failure(
            message=_clean(self.message, _LONGEST_MESSAGE),
            type=_optional_name(self.type),
            node=_optional_name(self.node),
            begun=self.begun,
            frames=tuple(
                Frame(_name(f.file), f.line, _name(f.function), _name(f.source)) for f in frames
            ),
            rank=self.rank,
            process=_optional_name(self.process),
            time=self.time,
        )


def failed_step(
    code: str,
    step: str,
    *,
    known: str,
    failure: Failure | None,
    log: Sequence[str] = (),
    remedy: str,
) -> Diagnostic:
    """Tell a person why a step failed: the same finding for a rehearsal and for Azure ML.

    Args:
        code: The code of the finding.
        step: The step's name in the document.
        known: What is known of its end from outside, after "The step 'x'".
        failure: What the step itself knew; None where it was killed, or is no step of ours.
        log: The last lines of its log, below a line that names the log; what looks like a secret
            in them stays in the log.
        remedy: What to type next.
    """
    log = tuple(map(redact, log))
    ended = f"The step '{step}' {known.rstrip('.')}."
    if failure is None:
        return Diagnostic(code, ended, remedy, where=f"jobs.{step}", log=log)
    place = "" if failure.node is None else f", in node '{failure.node}'"
    if failure.node and not failure.begun:
        place = f", before node '{failure.node}' began"
    process = f", in {failure.process}" if failure.process else ""
    summary = failure.summary.rstrip(".")
    return Diagnostic(
        code,
        Lines(f"{summary}{place}{process}.", ended),
        remedy,
        where=failure.place or f"jobs.{step}",
        log=log,
    )


def read_failure(data: bytes) -> Failure | None:
    """Read the record in a file; None when it is not one that this version reads."""
    try:
        record = json.loads(data[:_MOST_BYTES].decode("utf-8"))
        if record["version"] != _VERSION:
            return None
        failure = Failure(
            message=_of(str, record["message"]),
            type=_optional(str, record.get("type")),
            node=_optional(str, record.get("node")),
            begun=_of(bool, record.get("begun", True)),
            frames=tuple(_frame(frame) for frame in _of(list, record.get("frames", []))),
            rank=_optional(int, record.get("rank")),
            process=_optional(str, record.get("process")),
            time=float(_of((int, float), record["time"])),
        )
        if not math.isfinite(failure.time):
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    return failure.cleaned()


def failure_in(folder: Path, rank: int | None = None) -> Failure | None:
    """Say why a step failed, from the records in a folder.

    Where several of its processes failed, the first one is why the others did.

    Args:
        folder: The folder.
        rank: The number of the process that is known to have failed first, if any is.
    """
    try:
        files = sorted(folder.glob(f"{FILE_PREFIX}*.json"))[:_MOST_FILES]
    except OSError:
        return None
    return first_failure(filter(None, map(_read_file, files)), rank)


def first_failure(failures: Iterable[Failure], rank: int | None = None) -> Failure | None:
    """Return the failure that came first, of one process only if that is known."""
    candidates = [failure for failure in failures if rank in (None, failure.rank)]
    return min(candidates, key=lambda failure: failure.time, default=None)


def _read_file(file: Path) -> Failure | None:
    try:
        with file.open("rb") as stream:
            return read_failure(stream.read(_MOST_BYTES + 1))
    except OSError:
        return None


def _frame(record: Any) -> Frame:
    line = _of(int, record["line"])
    texts = (_of(str, record.get(name, "")) for name in ("file", "function", "source"))
    file, function, source = texts
    path = PurePosixPath(file)
    if not path.parts or path.is_absolute() or ".." in path.parts or line < 0:
        raise ValueError(f"{file}:{line} is no place in a project")
    return Frame(file, line, function, source)


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} is no {kind}")
    return value


def _optional(kind: Any, value: Any) -> Any:
    return None if value is None else _of(kind, value)


def _name(text: str) -> str:
    return _clean(" ".join(text.split()), _LONGEST_NAME)


def _optional_name(text: str | None) -> str | None:
    return None if text is None else _name(text)


def _clean(text: str, longest: int) -> str:
    """Without secrets, without what could drive a terminal, and without its middle if long."""
    cleaned = printable(redact(text))
    half = longest // 2
    return cleaned if len(cleaned) <= longest else f"{cleaned[:half]} ... {cleaned[-half:]}"
