"""Starts the service and Azurite, and stops them."""

from __future__ import annotations

import base64
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.kit.azureml.blobs.azurite import running_azurite
from tests.kit.azureml.blobs.storage import Storage
from tests.kit.azureml.http.certificates import make_certificates
from tests.kit.azureml.service import ACCOUNT, AzureService


@contextmanager
def running_service() -> Iterator[AzureService]:
    """Run the service and Azurite until the end of the ``with`` block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azure-service-")))
        certificates = make_certificates(folder)
        key = base64.b64encode(secrets.token_bytes(64)).decode()
        azurite = running_azurite(folder, certificates, ACCOUNT, key)
        port = stack.enter_context(azurite)
        storage = stack.enter_context(closing(Storage(ACCOUNT, key, port, certificates)))
        service = AzureService(folder, certificates, storage)
        service.gateway.start()
        stack.callback(service.gateway.stop)
        stack.callback(lambda: service.stop())
        yield service
