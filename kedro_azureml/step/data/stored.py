"""The step's part of temporary storage: fetch folders before, store folders behind the nodes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import labelled
from kedro_azureml.step.data.folders import FolderError, Manifest, list_files, write_manifest
from kedro_azureml.step.data.swap import CatalogSwap
from kedro_azureml.step.errors import StepError
from kedro_azureml.storage.errors import StorageError
from kedro_azureml.storage.runs import key_of

RUN_VARIABLE = "AZUREML_ROOT_RUN_ID"


class StepStorage:
    """What of a step's data travels through temporary storage.

    Objects go there straight from a node and come straight from there; datasets with files of
    their own work in folders of `scratch`.

    Attributes:
        places: Dataset to the container's address and the key in it, for objects.
        folders: Dataset to the folder it works in, instead of the step's own.
    """

    def __init__(
        self,
        record: StepRecord,
        manifests: Mapping[str, Manifest],
        scratch: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Find out where everything is; nothing is fetched yet.

        Args:
            record: What the step is.
            manifests: Dataset to what the earlier step said of it.
            scratch: An empty folder.
            environment: The step's variables.

        Raises:
            StepError: A manifest names another storage than the job's, or the pipeline job's id is
                not known.
        """
        self._manifests = {n: m for n, m in manifests.items() if m.stored is not None}
        self._outputs = {name: Path(folder) for name, folder in record.stored.items()}
        self.places: dict[str, tuple[str, str]] = {
            name: (record.storage or "", _key(manifest, name, record.storage))
            for name, manifest in self._manifests.items()
        }
        self.folders: dict[str, Path] = {}
        for number, name in enumerate([*self._manifests, *self._outputs]):
            self.folders[name] = scratch / str(number)
        if not self._outputs:
            return
        run = environment.get(RUN_VARIABLE)
        if not run or record.storage is None:
            raise StepError(
                f"temporary storage keeps the data of each run apart by {RUN_VARIABLE}, which is "
                "not set: a step runs in a job on Azure ML, or in 'kedro azureml run --local'."
            )
        for name in self._outputs:
            # The copies of a sweep would all write to one place.
            self.places[name] = (record.storage, key_of(run, labelled(name, record.combination)))

    def fetch(self) -> None:
        """Fetch the folders that earlier steps stored; objects wait until a node loads them.

        Raises:
            StepError: One is missing, not whole, or does not fit on the disk.
        """
        for name, manifest in self._manifests.items():
            if manifest.kind == "local":
                from kedro_azureml.datasets.stored import store_at

                url, key = self.places[name]
                try:
                    store_at(url).load_folder(key, self.folders[name])
                except StorageError as error:
                    raise StepError(f"the dataset '{name}' cannot be read: {error}") from error

    def prepare(self) -> None:
        """Make the folders that outputs work in."""
        for name, folder in self._outputs.items():
            folder.mkdir(parents=True, exist_ok=True)
            self.folders[name].mkdir(parents=True)

    def finish(self, swap: CatalogSwap) -> dict[str, Manifest]:
        """Store the folders that the nodes wrote, and say where everything is.

        Raises:
            StepError: One cannot be stored.
        """
        manifests: dict[str, Manifest] = {}
        for name, folder in self._outputs.items():
            kind, appends = swap.kind_of(name), swap.appends(name)
            if kind == "remote":
                manifests[name] = write_manifest(folder, name, kind, appends=appends)
                continue
            files: dict[str, int] = {}
            root = ""
            if kind == "local":
                files = list_files(self.folders[name])
                root = swap.root_of(name, self.folders[name], files)
                self._send(name)
            manifests[name] = write_manifest(
                folder,
                name,
                kind,
                appends=appends,
                files=files,
                stored=self.places[name],
                root=root,
            )
        return manifests

    def _send(self, name: str) -> None:
        from kedro_azureml.datasets.stored import store_at

        url, key = self.places[name]
        try:
            store_at(url).save_folder(key, self.folders[name])
        except StorageError as error:
            raise StepError(f"the dataset '{name}' cannot be stored: {error}") from error


def _key(manifest: Manifest, dataset: str, container: str | None) -> str:
    try:
        return manifest.key_in(container)
    except FolderError as error:
        raise StepError(f"the dataset '{dataset}' cannot be read: {error}.") from error
