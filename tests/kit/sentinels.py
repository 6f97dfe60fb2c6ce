"""A project with secrets wherever people keep them, and a search of all that its commands leave."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro

CONTAINER = "temporary"
# Files of a project, and what is secret in each.
FILES: Mapping[str, str] = {
    ".env": "API_TOKEN={}\n",
    "conf/local/globals.yml": "password: {}\n",
    "conf/local/credentials.yml": "db: {{con: 'postgresql://me:{}@host/db'}}\n",
    "conf/base/credentials.yml": "lake: {{account_key: {}}}\n",
    ".git/config": '[remote "origin"]\n\turl = https://me:{}@git.example/x.git\n',
    ".git/objects/aa/bb": "history {}\n",
    "data/.env": "DATA_TOKEN={}\n",
    "data/01_raw/key.pem": "-----BEGIN PRIVATE" + " KEY-----\n{}\n-----END PRIVATE KEY-----\n",
}
SHELL = ("MY_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN")


def sentinel(place: str) -> str:
    """The secret of a place."""
    return f"s3ntinel{zlib.crc32(place.encode()):010}"


class Searched:
    """A project full of secrets, and everything that its commands leave and say."""

    def __init__(self, kedro: Kedro) -> None:
        self.kedro = kedro
        self.said = ""
        for path, text in FILES.items():
            file = kedro.project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.format(sentinel(path)))
        self.shell = {name: sentinel(name) for name in SHELL}
        storage = kedro.service.storage
        self.keys = {
            "AZURE_STORAGE_ACCOUNT_KEY": storage.key,
            "AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=https;"
            f"AccountName={storage.account};AccountKey={storage.key};"
            "EndpointSuffix=core.windows.net",
        }
        self.secrets = {
            **{path: sentinel(path) for path in FILES},
            **self.shell,
            "the storage key": storage.key,
            "the service principal": kedro.service.login.secret,
        }

    def __call__(self, *arguments: str, code: int = 0, keys: bool = True) -> str:
        variables = {**self.shell, **(self.keys if keys else {})}
        done = self.kedro(*arguments, check=False, variables=variables)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        self.said += said
        return " ".join(said.split())

    def places(self) -> Iterator[tuple[str, bytes]]:
        """All that was written since, but for the secrets' own files."""
        yield "the terminal", self.said.encode()
        for path in self.kedro.project.rglob("*"):
            name = path.relative_to(self.kedro.project).as_posix()
            if path.is_file() and name not in FILES:
                yield name, path.read_bytes()

    def leaks(self) -> list[str]:
        """Say which secret is where."""
        texts = list(self.places())
        return [
            f"{secret} in {place}"
            for secret, value in self.secrets.items()
            for place in (
                *(name for name, data in texts if value.encode() in data),
                *self.kedro.service.leaks(value),
            )
        ]


def search(kedro: Kedro) -> Searched:
    """Fill a project with secrets, which nothing guards."""
    (kedro.project / ".amlignore").unlink()
    kedro.service.storage.container(CONTAINER)
    return Searched(kedro)


def init(kedro: Kedro) -> None:
    """Write the ignore file that init writes."""
    own = (kedro.project / "conf/base/azureml.yml").read_text()
    options = ("--resource-group", "g", "--workspace-name", "w", "--cluster-name", "c")
    run_kedro(kedro.project, "azureml", "init", "--force", *options)
    (kedro.project / "conf/base/azureml.yml").write_text(own)
