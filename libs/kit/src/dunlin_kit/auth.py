"""Who asks and what they may: signed tokens only, deny by default, the tenant from the token, never from the body."""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import OAuth2, SecurityScopes
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dunlin_kernel.clock import Clock
from dunlin_kernel.ids import NIL
from dunlin_kit.headers import header
from dunlin_kit.issuer_keys import Keys
from dunlin_kit.problems import Refusal

ALGORITHMS = ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"]
TENANT_HEADER = b"dunlin-tenant"
ACT_FOR_TENANTS = "tenants:act"
_CACHED = 4096

_scheme = OAuth2(flows={"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}}, auto_error=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: subject, the tenant whose books are meant (nil for an operator), scopes."""

    subject: str
    tenant: UUID
    scopes: frozenset[str]

    @property
    def is_operator(self) -> bool:
        return self.tenant == NIL


class Authenticator:
    """Turns a bearer token into a principal; one that was verified is remembered until it ends.

    With other keys of the issuer each is verified anew: the one that signed it may have been withdrawn.
    """

    def __init__(self, *, issuer: str, audience: str, keys: Keys, clock: Clock) -> None:
        self._issuer, self._audience, self._keys, self._clock = issuer, audience, keys, clock
        self._verified: dict[bytes, _Verified] = {}
        self._verified_by: KeySet | None = None

    async def principal(self, request: Request) -> Principal:
        """Refuses: unauthenticated, tenant_not_allowed, issuer_unavailable."""
        kind, _, token = (header(request, b"authorization") or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise _unauthenticated("Send a bearer token.")
        digest = hashlib.sha256(token.encode()).digest()
        now = self._clock.now().timestamp()
        keys = await self._keys.current()
        if keys is not self._verified_by:
            self._verified.clear()
            self._verified_by = keys
        known = self._verified.get(digest)
        if known is None:
            known = self._remember(digest, await self._verify(token))
        if now >= known.ends or now < known.begins:
            raise _unauthenticated("The token is not valid at this time.")
        named = header(request, TENANT_HEADER)
        return known.own if named is None else _named(named, known)

    def _remember(self, digest: bytes, claims: Mapping[str, Any]) -> "_Verified":
        if len(self._verified) >= _CACHED:
            self._verified.clear()
        own, scopes = claims.get("tenant"), frozenset(str(claims.get("scope", "")).split())
        principal = Principal(str(claims["sub"]), NIL if own is None else _tenant(str(own)), scopes)
        known = _Verified(principal, own is not None, float(claims.get("nbf", 0)), float(claims["exp"]))
        self._verified[digest] = known
        return known

    async def _verify(self, token: str) -> Mapping[str, Any]:
        try:
            header = _header(token)
            decoded = jwt.decode(token, await self._keys.knowing(header.get("kid")), algorithms=ALGORITHMS)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as failed:
            raise _unauthenticated("The token is not valid.") from failed
        claims = decoded.claims
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        exact = (
            claims.get("iss") == self._issuer
            and self._audience in audiences
            and decoded.header.get("typ") == "at+jwt"
            and isinstance(claims.get("sub"), str)
            and isinstance(claims.get("exp"), int)
        )
        if not exact:
            raise _unauthenticated("The token was not made for this audience by this issuer.")
        return claims


class _Verified(NamedTuple):
    """What a token that was verified says: whose it is, whether it is bound to a tenant, and when it holds."""

    own: Principal
    bound: bool
    begins: float
    ends: float


def _named(tenant: str, known: _Verified) -> Principal:
    """Who asks for another tenant's books. Refuses: tenant_not_allowed."""
    if known.bound or ACT_FOR_TENANTS not in known.own.scopes:
        raise Refusal(403, "tenant_not_allowed", "This token may not name a tenant.")
    return replace(known.own, tenant=_tenant(tenant))


def _tenant(named: str) -> UUID:
    try:
        return UUID(named)
    except ValueError:
        raise Refusal(403, "tenant_not_allowed", "The tenant is not a UUID.") from None


def _header(token: str) -> dict[str, Any]:
    part = token.split(".", 1)[0]
    header = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(header, dict):
        raise ValueError("a token begins with an object")
    return header


def _unauthenticated(detail: str) -> Refusal:
    return Refusal(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


async def _authorized(_: SecurityScopes, __: Annotated[str | None, Depends(_scheme)]) -> None:
    """Declares the scopes; the route looks at them by `Access` before anything else."""
    raise AssertionError("a route that looks at no access")


async def _operator() -> None:
    raise AssertionError("a route that looks at no access")


async def _operator_too() -> None:
    raise AssertionError("a route that looks at no access")


async def me(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an operation: what its dependencies declare, found out once."""

    scopes: tuple[str, ...]
    operator_only: bool
    operator_too: bool

    @classmethod
    def of(cls, dependencies: Sequence[Dependant]) -> "Access":
        declared = [one.call for one in dependencies]
        scopes = tuple(scope for one in dependencies if one.call is _authorized for scope in one.own_oauth_scopes or ())
        return cls(scopes, _operator in declared, _authorized not in declared or _operator_too in declared)

    def check(self, principal: Principal) -> None:
        """Refuses: operator_required, forbidden, tenant_required."""
        if self.operator_only and not principal.is_operator:
            raise Refusal(403, "operator_required", "This needs an operator's token, which has no tenant.")
        for scope in self.scopes:
            if scope not in principal.scopes:
                raise Refusal(403, "forbidden", f"This needs the scope {scope}.")
        if principal.is_operator and not (self.operator_only or self.operator_too):
            raise Refusal(403, "tenant_required", "This needs a token of a tenant.")


DECLARING: frozenset[Callable[..., Any]] = frozenset({_authorized, _operator, _operator_too})


def requires(*scopes: str) -> Any:
    """The dependency of an operation of a tenant that needs these scopes."""
    return Security(_authorized, scopes=list(scopes))


operator_only = Depends(_operator)
"""Put before `requires(...)` in the dependencies of an operation that belongs to no tenant."""

operator_too = Depends(_operator_too)
"""Put before `requires(...)` where a tenant sees its own and an operator sees all."""

Me = Annotated[Principal, Depends(me)]
