"""The token issuer of the launcher and of compose: JWKS and `POST /oauth/token` for client credentials (RFC 6749).

A deployment with an identity provider does not run it.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dunlin_kernel.clock import Clock
from dunlin_kernel.ids import new_id
from dunlin_kit import problems
from dunlin_local.clients import CLIENTS, HOUR, Client, proven, secret_of
from dunlin_local.keys import ALGORITHM, SigningKey

AUDIENCE = "dunlin"
LARGEST_FORM = 8192
NEVER_STORED = {"Cache-Control": "no-store"}


class TokenRefused(Exception):
    """A refusal of RFC 6749, section 5.2: `error` is its code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Issuer:
    """Signs access tokens for the known clients. `name` is the `iss` claim, a URL; secrets and key lie in `folder`."""

    def __init__(self, folder: Path, *, name: str, clock: Clock) -> None:
        self.name = name.rstrip("/")
        self._folder = folder
        self._clock = clock
        self.key = SigningKey.kept_in(folder)
        for client_id in CLIENTS:
            secret_of(folder, client_id)

    def grant(self, form: Mapping[str, str], *, client_id: str, secret: str) -> dict[str, Any]:
        """The answer of the token endpoint for one form: `tenant`, `subject`, `scope`, `expires_in` may be named.

        Refuses (TokenRefused): invalid_client, unsupported_grant_type, invalid_scope, invalid_request.
        """
        client = proven(self._folder, client_id, secret)
        if client is None:
            raise TokenRefused("invalid_client", "no such client, or not its secret")
        if form.get("grant_type") != "client_credentials":
            raise TokenRefused("unsupported_grant_type", "only client_credentials is offered")
        scopes = _scopes(client, form.get("scope", ""))
        seconds = _seconds(client, form.get("expires_in", ""))
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": _subject(client, form.get("subject", "")),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "jti": str(new_id()),
            "client_id": client.id,
            "scope": scopes,
        } | _tenant(client, form.get("tenant", ""))
        return {
            "access_token": self.key.sign(claims),
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": scopes,
        }

    def app(self) -> Starlette:
        """The endpoints: /.well-known/jwks.json, /.well-known/oauth-authorization-server, /oauth/token, /livez."""
        app = Starlette(
            routes=[
                Route("/.well-known/jwks.json", self._jwks),
                Route("/.well-known/oauth-authorization-server", self._metadata),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/livez", _alive),
            ]
        )
        problems.install(app)
        return app

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(self.key.published(), headers={"Cache-Control": "max-age=300"})

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.name,
                "token_endpoint": f"{self.name}/oauth/token",
                "jwks_uri": f"{self.name}/.well-known/jwks.json",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
            }
        )

    async def _token(self, request: Request) -> Response:
        try:
            form = await _form(request)
            client_id, secret = _credentials(request, form)
            return JSONResponse(self.grant(form, client_id=client_id, secret=secret), headers=NEVER_STORED)
        except TokenRefused as refused:
            status, headers = 400, dict(NEVER_STORED)
            if refused.error == "invalid_client":
                status, headers = 401, headers | {"WWW-Authenticate": 'Basic realm="dunlin"'}
            return JSONResponse(
                {"error": refused.error, "error_description": refused.description}, status_code=status, headers=headers
            )


async def _alive(_: Request) -> Response:
    return Response(status_code=204)


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise TokenRefused("invalid_request", "the form is too long")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=32)
    except ValueError:
        raise TokenRefused("invalid_request", "the form cannot be read") from None
    if len(pairs) != len({name for name, _ in pairs}):
        raise TokenRefused("invalid_request", "a parameter is given twice")
    return dict(pairs)


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise TokenRefused("invalid_client", "the Authorization header cannot be read") from None
    return unquote_plus(client_id), unquote_plus(secret)


def _scopes(client: Client, asked: str) -> str:
    wanted = set(asked.split()) or set(client.scopes)
    if not wanted <= client.scopes:
        raise TokenRefused("invalid_scope", f"not for this client: {' '.join(sorted(wanted - client.scopes))}")
    return " ".join(sorted(wanted))


def _seconds(client: Client, asked: str) -> int:
    if not asked:
        return min(HOUR, client.longest_seconds)
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10) or not 0 < int(asked) <= client.longest_seconds:
        raise TokenRefused("invalid_request", f"expires_in is a number of seconds up to {client.longest_seconds}")
    return int(asked)


def _subject(client: Client, asked: str) -> str:
    if asked and not client.names_subject:
        raise TokenRefused("invalid_request", "this client may not name a subject")
    if len(asked) > 100 or not asked.isprintable():
        raise TokenRefused("invalid_request", "a subject has at most 100 printable characters")
    return asked or client.id


def _tenant(client: Client, asked: str) -> dict[str, str]:
    if not client.of_a_tenant:
        if asked:
            raise TokenRefused("invalid_request", "this client's tokens carry no tenant")
        return {}
    try:
        return {"tenant": str(UUID(asked))}
    except ValueError:
        raise TokenRefused("invalid_request", "tenant: the id of the tenant is needed, a UUID") from None
