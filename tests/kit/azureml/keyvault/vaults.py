"""The vaults' own API: what the unmodified azure-keyvault-secrets says and hears.

Microsoft's documentation has the rules of names, sizes, tags and deletion (Azure Key Vault: "About
secrets", "Soft-delete overview"); docs/architecture has what was seen of the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.kit.azureml.access.login import Login, claims_of
from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.keyvault.secret import Access, Secret, Vault, Version

HOSTS = r"(?P<vault>[\w-]+)\.(?P<cloud>vault\.(azure\.net|usgovcloudapi\.net|azure\.cn))"
LARGEST_VALUE = 25 * 1024
MOST_TAGS = 15
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_RECOVERABLE = {"recoverableDays": 90, "recoveryLevel": "Recoverable+Purgeable"}
_NOT_FOUND = (
    "A secret with (name/id) {} was not found in this key vault. If you recently deleted this "
    "secret you may be able to recover it using the correct recovery command."
)


class Vaults:
    """All vaults that there are.

    Attributes:
        by_name: The vaults.
    """

    def __init__(self, login: Login) -> None:
        self._login = login
        self.by_name: dict[str, Vault] = {}
        # A method, the path, the action that it needs, and who answers.
        one, two = r"/secrets/([^/]+)", r"/secrets/([^/]+)/([^/]*)"
        gone = r"/deletedsecrets/([^/]+)"
        routes: list[tuple[str, str, str, Callable[..., Response]]] = [
            ("GET", "/secrets", "readMetadata", self._list),
            ("PUT", one, "setSecret", self._set),
            ("DELETE", one, "delete", self._delete),
            ("GET", f"{one}/versions", "readMetadata", self._versions),
            ("GET", two, "getSecret", self._get),
            ("PATCH", two, "update", self._update),
            ("GET", "/deletedsecrets", "readMetadata", self._list_deleted),
            ("GET", gone, "readMetadata", self._get_deleted),
            ("DELETE", gone, "purge", self._purge),
            ("POST", f"{gone}/recover", "recover", self._recover),
        ]
        self._routes = [(m, re.compile(p), a, h) for m, p, a, h in routes]

    def add(self, name: str) -> Vault:
        """Make a vault; the submitter is its officer, and nobody else has a role."""
        self.by_name[name] = vault = Vault(name)
        vault.grant(self._login.submitter, "Key Vault Secrets Officer")
        return vault

    def exists(self, host: str) -> bool:
        """Whether a host is that of a vault that there is."""
        found = re.fullmatch(HOSTS, host)
        return found is not None and found["vault"] in self.by_name

    def answer(self, request: Request) -> Response | None:
        """What a vault answers; None if it does not know the request."""
        found = re.fullmatch(HOSTS, request.host)
        assert found is not None
        vault = self.by_name[found["vault"]]
        for method, pattern, action, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                claims = self._claims(request, f"https://{found['cloud']}")
                if isinstance(claims, Response):
                    return claims
                name = match[1] if match.groups() else ""
                if vault.allows(claims, action):
                    answer: Response = handler(vault, request, *match.groups())
                else:
                    answer = self._forbidden(vault, claims, action, name)
                vault.log.append(Access(claims["appid"], action, name, answer.status))
                return answer
        return None

    def _claims(self, request: Request, resource: str) -> Json | Response:
        """Who asks; the vault's challenge if that is not known."""
        login = f"https://login.microsoftonline.com/{self._login.tenant}"
        challenge = f'Bearer authorization="{login}", resource="{resource}"'
        token = request.bearer
        problem = "AKV10000: Request is missing a Bearer or PoP token."
        if token is not None:
            claims = claims_of(token)
            if claims is None:
                problem = "AKV10001: The token cannot be read."
            elif claims["aud"].rstrip("/") != resource:
                problem = (
                    f"AKV10022: Invalid audience. Expected {resource}, found: {claims['aud']}."
                )
            elif not self._login.is_fresh(claims):
                problem = "AKV10046: The token has expired."
            else:
                return claims
        return Response.error(401, "Unauthorized", problem, www_authenticate=challenge)

    def _forbidden(self, vault: Vault, claims: Json, action: str, name: str) -> Response:
        message = (
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
            "assignments or role definitions were changed recently, please observe propagation "
            f"time.\r\nCaller: appid={claims['appid']};oid={claims['oid']};iss={claims['iss']}\r\n"
            f"Action: 'Microsoft.KeyVault/vaults/secrets/{action}/action'\r\nResource: "
            f"'/vaults/{vault.name}/secrets/{name}'\r\nAssignment: (not found)\r\nDecisionReason: "
            f"'DeniedWithNoValidRBAC' \r\nVault: {vault.name};location=eastus\r\n"
        )
        return _error(403, "Forbidden", message, "ForbiddenByRbac")

    def _list(self, vault: Vault, request: Request) -> Response:
        items = [_item(request, secret, secret.newest) for secret in vault.secrets.values()]
        return Response.json({"value": items, "nextLink": None})

    def _versions(self, vault: Vault, request: Request, name: str) -> Response:
        secret = vault.secrets.get(name.lower())
        versions = secret.versions if secret else []
        items = [_item(request, secret, v, versioned=True) for v in versions if secret]
        return Response.json({"value": items, "nextLink": None})

    def _set(self, vault: Vault, request: Request, name: str) -> Response:
        body = request.json()
        if not _NAME.fullmatch(name):
            return _error(400, "BadParameter", f"The request URI contains an invalid name: {name}")
        if len(str(body["value"]).encode()) > LARGEST_VALUE:
            message = f"The value of the secret is too long: at most {LARGEST_VALUE} bytes."
            return _error(400, "BadParameter", message)
        if len(body.get("tags") or {}) > MOST_TAGS:
            return _error(400, "BadParameter", f"A secret has at most {MOST_TAGS} tags.")
        if name.lower() in vault.deleted:
            message = (
                f"Secret {name} is currently in a deleted but recoverable state, and its name "
                "cannot be reused; in this state, the secret can only be recovered or purged."
            )
            return _error(409, "Conflict", message, "ObjectIsDeletedButRecoverable")
        attributes = body.get("attributes") or {}
        version = vault.put(name, body["value"], enabled=attributes.get("enabled", True))
        version.tags = dict(body.get("tags") or {})
        version.content_type = body.get("contentType")
        return Response.json(_bundle(request, vault.secrets[name.lower()], version))

    def _get(self, vault: Vault, request: Request, name: str, version: str) -> Response:
        secret = vault.secrets.get(name.lower())
        found = secret.find(version) if secret else None
        if secret is None or found is None:
            return _missing(name)
        if not found.enabled:
            message = "Operation get is not allowed on a disabled secret."
            return _error(403, "Forbidden", message, "SecretDisabled")
        return Response.json(_bundle(request, secret, found))

    def _update(self, vault: Vault, request: Request, name: str, version: str) -> Response:
        secret = vault.secrets.get(name.lower())
        found = secret.find(version) if secret else None
        if secret is None or found is None:
            return _missing(name)
        body = request.json()
        found.enabled = (body.get("attributes") or {}).get("enabled", found.enabled)
        if body.get("tags") is not None:
            found.tags = dict(body["tags"])
        found.content_type = body.get("contentType", found.content_type)
        return Response.json(_item(request, secret, found, versioned=True))

    def _delete(self, vault: Vault, request: Request, name: str) -> Response:
        secret = vault.secrets.pop(name.lower(), None)
        if secret is None:
            return _missing(name)
        vault.deleted[name.lower()] = secret
        vault.awaited[name.lower()] = vault.deletion_polls
        return Response.json(_deleted(request, secret))

    def _list_deleted(self, vault: Vault, request: Request) -> Response:
        items = [_deleted(request, secret) for secret in vault.deleted.values()]
        return Response.json({"value": items, "nextLink": None})

    def _get_deleted(self, vault: Vault, request: Request, name: str) -> Response:
        secret = vault.deleted.get(name.lower())
        if secret is None or vault.awaited[name.lower()] > 0:
            vault.awaited[name.lower()] = vault.awaited.get(name.lower(), 1) - 1
            return _missing(name)
        return Response.json(_deleted(request, secret))

    def _purge(self, vault: Vault, request: Request, name: str) -> Response:
        if vault.deleted.pop(name.lower(), None) is None:
            return _missing(name)
        return Response(204)

    def _recover(self, vault: Vault, request: Request, name: str) -> Response:
        secret = vault.deleted.pop(name.lower(), None)
        if secret is None:
            return _missing(name)
        vault.secrets[name.lower()] = secret
        return Response.json(_item(request, secret, secret.newest, versioned=True))


def _item(request: Request, secret: Secret, version: Version, *, versioned: bool = False) -> Json:
    """A version without its value."""
    address = f"https://{request.host}/secrets/{secret.name}"
    return {
        "id": f"{address}/{version.id}" if versioned else address,
        "attributes": {
            "enabled": version.enabled,
            "created": version.created,
            "updated": version.updated,
            **_RECOVERABLE,
        },
        "tags": version.tags,
        **({"contentType": version.content_type} if version.content_type else {}),
    }


def _bundle(request: Request, secret: Secret, version: Version) -> Json:
    return {"value": version.value, **_item(request, secret, version, versioned=True)}


def _deleted(request: Request, secret: Secret) -> Json:
    return {
        **_item(request, secret, secret.newest),
        "recoveryId": f"https://{request.host}/deletedsecrets/{secret.name}",
        "deletedDate": secret.newest.updated,
        "scheduledPurgeDate": secret.newest.updated + 90 * 24 * 3600,
    }


def _missing(name: str) -> Response:
    return _error(404, "SecretNotFound", _NOT_FOUND.format(name))


def _error(status: int, code: str, message: str, inner: str | None = None) -> Response:
    error: Json = {"code": code, "message": message}
    if inner is not None:
        error["innererror"] = {"code": inner}
    return Response.json({"error": error}, status)
