"""Certificates of the hosts that the service poses as, by an authority made for the occasion."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

# A wildcard stands for one label only.
HOSTS = (
    "localhost",
    "127.0.0.1",
    "management.azure.com",
    "management.usgovcloudapi.net",
    "management.chinacloudapi.cn",
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "*.api.azureml.ms",
    "*.api.ml.azure.us",
    "*.api.ml.azure.cn",
    "*.blob.core.windows.net",
    "*.blob.core.usgovcloudapi.net",
    "*.blob.core.chinacloudapi.cn",
    "*.vault.azure.net",
    "*.vault.usgovcloudapi.net",
    "*.vault.azure.cn",
    "files.example.org",
    "*.eastus.inference.ml.azure.com",
)


@dataclass(frozen=True)
class Certificates:
    """Files in PEM form: the authority, the hosts' certificate and its key."""

    authority: Path
    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


def make_certificates(folder: Path) -> Certificates:
    """Write new certificates into a folder."""
    made = Certificates(folder / "authority.pem", folder / "hosts.pem", folder / "hosts.key")
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    hosts = authority.issue_cert(*HOSTS, key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(made.authority)
    for number, pem in enumerate(hosts.cert_chain_pems):
        pem.write_to_path(made.certificate, append=number > 0)
    hosts.private_key_pem.write_to_path(made.key)
    made.key.chmod(0o600)
    return made
