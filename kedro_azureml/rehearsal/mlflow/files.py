"""The files of a rehearsal's MLflow store, and what shall be in it when MLflow opens it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

SCHEME = "kedro-azureml"
# The number of the experiment "Default", which each database has.
DEFAULT_EXPERIMENT = "0"


@dataclass(frozen=True)
class TrackedRun:
    """A run that is there before its step begins, as it is on Azure ML.

    Attributes:
        id: What ``MLFLOW_RUN_ID`` is, or ``AZUREML_ROOT_RUN_ID``.
        name: Its name.
        parent: The run that it is a part of; None for the pipeline job's own.
        tags: Its tags.
        root: The pipeline job's run, if that is not its parent.
    """

    id: str
    name: str
    parent: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    root: str | None = None

    @property
    def all_tags(self) -> dict[str, str]:
        """Its tags, with those by which MLflow knows its name and its place."""
        root = self.root or self.parent or self.id
        own = {"mlflow.runName": self.name, "mlflow.rootRunId": root}
        above = {"mlflow.parentRunId": self.parent} if self.parent else {}
        return {**self.tags, **own, **above}


@dataclass(frozen=True)
class StoreContent:
    """What a new store holds: one experiment, and the runs of one job.

    Attributes:
        experiment_id: The experiment.
        experiment: Its name.
        created: When the rehearsal began, in milliseconds since 1970.
        cache: Where empty databases are kept from one rehearsal to the next.
        runs: The pipeline job's run, then those of its steps.
    """

    experiment_id: str
    experiment: str
    created: int
    cache: str
    runs: tuple[TrackedRun, ...]


@dataclass(frozen=True)
class StoreFiles:
    """Where a rehearsal's store lies.

    Attributes:
        folder: Its folder.
    """

    folder: Path

    @classmethod
    def at(cls, uri: str) -> StoreFiles:
        """Return the files that ``MLFLOW_TRACKING_URI`` leads to."""
        return cls(Path(unquote(urlsplit(uri).path)))

    @property
    def uri(self) -> str:
        """What ``MLFLOW_TRACKING_URI`` is."""
        return f"{SCHEME}://{quote(str(self.folder))}"

    @property
    def database(self) -> Path:
        """The database, which is there when a step has used MLflow."""
        return self.folder / "mlflow.db"

    @property
    def database_uri(self) -> str:
        """What ``mlflow ui`` is told."""
        return f"sqlite:///{self.database}"

    @property
    def runs(self) -> Path:
        """The runs as files, of an MLflow that knows no databases."""
        return self.folder / "mlruns"

    @property
    def artifacts_uri(self) -> str:
        """Where artifacts go."""
        return f"file://{quote(str(self.folder / 'artifacts'))}"

    @property
    def _content(self) -> Path:
        return self.folder / "content.json"

    def write(self, content: StoreContent) -> None:
        """Say what shall be in the store."""
        self.folder.mkdir(parents=True)
        self._content.write_text(json.dumps(asdict(content)), encoding="utf-8")

    def read(self) -> StoreContent:
        """Read what `write` has written."""
        data = json.loads(self._content.read_text(encoding="utf-8"))
        return StoreContent(**{**data, "runs": tuple(TrackedRun(**run) for run in data["runs"])})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time make the store."""
        import fcntl  # not on Windows, where nothing is rehearsed

        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def has_sql() -> bool:
    """Tell whether MLflow can keep runs in a database: mlflow-skinny comes without."""
    return find_spec("sqlalchemy") is not None and find_spec("alembic") is not None
