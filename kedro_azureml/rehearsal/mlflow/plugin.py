"""How MLflow opens the store of a rehearsal.

MLflow imports this module whenever it is imported itself, through the entry points
``mlflow.tracking_store`` and ``mlflow.model_registry_store``, as it imports azureml-mlflow's. So a
rehearsal makes nothing until a step asks MLflow for something.
"""

from __future__ import annotations

import os
from typing import Any


def tracking_store(store_uri: str, artifact_uri: str | None = None, **_: Any) -> Any:
    """Open the store of runs, and make it if this is the first step that asks."""
    from kedro_azureml.rehearsal.mlflow.files import StoreFiles, has_sql

    files = StoreFiles.at(store_uri)
    if has_sql():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        from kedro_azureml.rehearsal.mlflow.database import open_database

        open_database(files)
        return SqlAlchemyStore(files.database_uri, files.artifacts_uri)
    from mlflow.store.tracking.file_store import FileStore

    from kedro_azureml.rehearsal.mlflow.file_store import open_file_store

    open_file_store(files)
    # Later versions refuse to keep runs in files unless they are told to.
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    return FileStore(str(files.runs), str(files.runs))


def registry_store(store_uri: str, **_: Any) -> Any:
    """Open the store of registered models, which is in the same place."""
    from kedro_azureml.rehearsal.mlflow.files import StoreFiles, has_sql

    files = StoreFiles.at(store_uri)
    if has_sql():
        from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

        from kedro_azureml.rehearsal.mlflow.database import open_database

        open_database(files)
        return SqlAlchemyStore(files.database_uri)
    from mlflow.store.model_registry.file_store import FileStore

    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    return FileStore(str(files.runs))
