"""Microsoft Entra ID, as far as service principals need it."""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.kit.azureml.access.principals import Principal
from tests.kit.azureml.http.messages import Json, Request, Response

LIFETIME = 3600
_NEVER = 0.0


@dataclass
class Login:
    """One tenant with the submitter's service principal, and others that a test adds.

    Attributes:
        tenant: The tenant's id.
        client: The service principal's id.
        secret: Its secret, made for this run.
        assertion: The token by which a workload shows that it is the service principal.
        lifetime: Seconds that a token is good for.
        scopes: Scopes of the tokens that were handed out, in order.
        others: Service principals beside the submitter's.
    """

    tenant: str = field(default_factory=lambda: str(uuid.uuid4()))
    client: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    assertion: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    lifetime: int = LIFETIME
    scopes: list[str] = field(default_factory=list)
    others: list[Principal] = field(default_factory=list)
    _valid_after: float = _NEVER

    @property
    def submitter(self) -> Principal:
        """Whom `AzureService.environment` logs in."""
        return Principal("submitter", self.client, self.client, self.secret)

    def add_principal(self, name: str) -> Principal:
        """Add a service principal that may do what nobody has yet granted to it."""
        principal = Principal(name)
        self.others.append(principal)
        return principal

    def find(self, object_id: str) -> Principal:
        """A service principal by its object id; the submitter if nobody else has it."""
        return next((p for p in self.others if p.object == object_id), self.submitter)

    def expire_tokens(self) -> None:
        """Let every token handed out so far be expired."""
        self._valid_after = time.time()

    def problem(self, token: str | None) -> Response | None:
        """What Azure Resource Manager answers to a token, unless it is good."""
        if token is None:
            return Response.error(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                www_authenticate='Bearer error="invalid_token"',
            )
        claims = claims_of(token)
        if claims is None:
            return Response.error(401, "InvalidAuthenticationToken", "The access token is invalid.")
        if self.is_fresh(claims):
            return None
        return Response.error(
            401,
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.",
            www_authenticate='Bearer error="invalid_token", error_description="It expired."',
        )

    def is_fresh(self, claims: Json) -> bool:
        """Whether a token is still good."""
        return bool(claims["exp"] > time.time() and claims["jti"] > self._valid_after)

    def answer(self, request: Request) -> Response:
        tenant, _, rest = request.path.strip("/").partition("/")
        if rest.endswith(".well-known/openid-configuration"):
            return Response.json(self._configuration(request.host, tenant))
        if rest == "discovery/instance":
            return Response.json(self._instances(request))
        if request.method == "POST" and rest == "oauth2/v2.0/token":
            return self._token(tenant, request)
        return Response(404, headers={"x-test-unknown": "1"})

    def _token(self, tenant: str, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if tenant != self.tenant:
            return _refusal(400, 90002, f"Tenant '{tenant}' not found.", "invalid_request")
        client = form.get("client_id")
        known = {p.client: p for p in (self.submitter, *self.others)}
        if client not in known:
            message = f"Application with identifier '{client}' was not found in the directory."
            return _refusal(400, 700016, message, "unauthorized_client")
        # A workload's identity shows a token of its cluster instead of a secret.
        if form.get("client_assertion", "no") != self.assertion and (
            form.get("client_secret") != known[client].secret
        ):
            return _refusal(401, 7000215, "Invalid client secret provided.", "invalid_client")
        scope = form.get("scope", "").split()[0]
        self.scopes.append(scope)
        token = self.make_token(scope.removesuffix("/.default"), known[client])
        return Response.json(
            {
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "ext_expires_in": self.lifetime,
                "access_token": token,
            }
        )

    def make_token(self, audience: str, principal: Principal | None = None) -> str:
        """A token for an audience, good from now on; the submitter's by default."""
        now = time.time()
        owner = principal or self.submitter
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + self.lifetime,
            # When it was made, to the microsecond.
            "jti": now,
            "appid": owner.client,
            "oid": owner.object,
            "tid": self.tenant,
        }
        header = {"typ": "JWT", "alg": "RS256", "kid": "test"}
        parts = (_encode(header), _encode(claims), _encode_bytes(secrets.token_bytes(32)))
        return ".".join(parts)

    def _configuration(self, host: str, tenant: str) -> Json:
        base = f"https://{host}/{tenant}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{base}/v2.0",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _instances(self, request: Request) -> Json:
        host = request.host
        return {
            "tenant_discovery_endpoint": f"https://{host}/{self.tenant}/v2.0/"
            ".well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {"preferred_network": host, "preferred_cache": host, "aliases": [host]},
            ],
        }


def _refusal(status: int, number: int, message: str, error: str) -> Response:
    return Response.json(
        {
            "error": error,
            "error_description": f"AADSTS{number}: {message}",
            "error_codes": [number],
            "correlation_id": str(uuid.uuid4()),
        },
        status,
    )


def _encode(data: Any) -> str:
    return _encode_bytes(json.dumps(data).encode())


def _encode_bytes(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token: str) -> Json | None:
    """What a token says of its owner; None if it is not one."""
    try:
        payload = token.split(".")[1]
        claims: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError):
        return None
    return claims
