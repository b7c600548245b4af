"""Tokens: exact issuer, audience and type, asymmetric keys only, scopes by verb, the tenant from the token alone."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import Request
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from dunlin_kernel.clock import FrozenClock
from dunlin_kernel.ids import new_id
from dunlin_kit import limits
from dunlin_kit.auth import Principal
from dunlin_kit.problems import Refusal
from dunlin_kit.testing import AUDIENCE, ISSUER, Running

URL = "/toy/v1/notes"


async def _status(toy: Running, token: str, **headers: str) -> tuple[int, str | None]:
    answer = await toy.client.get(URL, headers={"Authorization": f"Bearer {token}"} | headers)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("claims", [
    {"iss": "https://elsewhere.test"}, {"iss": f"{ISSUER}/"}, {"aud": "other"}, {"aud": [f"{AUDIENCE}x"]}, {"exp": 1},
    {"exp": "soon"}, {"nbf": 4_000_000_000}, {"sub": 7}])
async def test_claims_that_are_not_exact_are_refused(toy: Running, claims: dict[str, Any]) -> None:
    token = toy.issuer.token("notes:read", tenant=new_id(), **claims)
    assert await _status(toy, token) == (401, "unauthenticated")


def _forged(toy: Running, header: dict[str, str], key: Any) -> str:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "exp": 4_000_000_000, "scope": "notes:read",
              "tenant": str(new_id())}
    return jwt.encode(header, claims, key, algorithms=["HS256", "Ed25519", "none"])


async def test_symmetric_foreign_and_unsigned_tokens_are_refused(toy: Running) -> None:
    shared = OctKey.import_key(toy.issuer.jwks.read_bytes())
    foreign = OKPKey.generate_key("Ed25519", {"kid": "test"})
    unsigned = ".".join(urlsafe_b64encode(part).decode().rstrip("=")
                        for part in (b'{"alg":"none","typ":"at+jwt","kid":"test"}', b'{"sub":"x"}', b""))
    for token in (_forged(toy, {"alg": "HS256", "typ": "at+jwt", "kid": "test"}, shared),
                  _forged(toy, {"alg": "Ed25519", "typ": "at+jwt", "kid": "test"}, foreign),
                  _forged(toy, {"alg": "Ed25519", "typ": "at+jwt", "kid": "unknown"}, foreign), unsigned, "a.b.c", "x",
                  "W10.x.y", "bnVsbA.x.y", "MQ.x.y", "."):
        assert await _status(toy, token) == (401, "unauthenticated")
    answer = await toy.client.get(URL)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("name", ["alg", "typ", "kid", "crit", "b64", "zip", "jku", "jwk", "x5c", "cty", "epk", "enc"])
async def test_whatever_stands_in_the_header_of_a_token_it_is_refused(toy: Running, name: str) -> None:
    good: dict[str, Any] = {"alg": "Ed25519", "typ": "at+jwt", "kid": "test"}
    odds: list[Any] = [None, True, 5, 1.5, "", "x", [], [5], ["exp"], {}, {"x": []}]
    for odd in odds:
        header = urlsafe_b64encode(json.dumps(good | {name: odd}).encode()).decode().rstrip("=")
        assert await _status(toy, f"{header}.e30.eA") == (401, "unauthenticated"), odd


async def test_another_type_of_token_is_refused(toy: Running) -> None:
    good = toy.issuer.token("notes:read", tenant=new_id())
    assert (await _status(toy, good))[0] == 200
    header, claims = {"alg": "Ed25519", "typ": "JWT", "kid": "test"}, {"iss": ISSUER, "aud": AUDIENCE, "sub": "x",
                                                                      "exp": 4_000_000_000}
    assert await _status(toy, jwt.encode(header, claims, toy.issuer._key, algorithms=["Ed25519"])) == (
        401, "unauthenticated")


async def test_a_scope_that_is_missing_forbids(toy: Running) -> None:
    assert await _status(toy, toy.issuer.token("notes:write", tenant=new_id())) == (403, "forbidden")
    written = await toy.client.post(URL, json={"text": "a"}, headers=toy.headers(new_id(), "notes:read"))
    assert (written.status_code, written.json()["code"]) == (403, "forbidden")


async def test_without_a_tenant_an_operation_of_tenants_refuses(toy: Running) -> None:
    assert await _status(toy, toy.issuer.token("notes:read")) == (403, "tenant_required")


async def test_only_a_service_token_may_name_a_tenant(toy: Running) -> None:
    own, other = new_id(), new_id()
    mine = toy.issuer.token("notes:read", "tenants:act", tenant=own)
    plain = toy.issuer.token("notes:read")
    service = toy.issuer.token("notes:read", "notes:write", "tenants:act", subject="notify-svc")
    named = {"Dunlin-Tenant": str(other)}
    assert await _status(toy, mine, **named) == (403, "tenant_not_allowed")
    assert await _status(toy, plain, **named) == (403, "tenant_not_allowed")
    assert await _status(toy, service, **{"Dunlin-Tenant": "everyone"}) == (403, "tenant_not_allowed")
    await toy.client.post(URL, json={"text": "theirs"}, headers=toy.headers(other, "notes:write"))
    seen = await toy.client.get(URL, headers={"Authorization": f"Bearer {service}"} | named)
    assert [note["text"] for note in seen.json()["data"]] == ["theirs"]


async def test_too_many_requests_of_one_token_are_slowed_down(toy: Running) -> None:
    toy.app.state.limits._per_second = 3
    tenant: UUID = new_id()
    answers = [await toy.client.get(URL, headers=toy.headers(tenant, "notes:read")) for _ in range(12)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert limited[0].headers["ratelimit-policy"] == '"token";q=3;w=1'
    assert int(limited[0].headers["retry-after"]) >= 1


def test_of_many_who_ask_the_one_longest_silent_is_forgotten_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_KEPT", 2)
    asked, request = limits.Limits(1, FrozenClock(datetime(2026, 1, 5, tzinfo=UTC))), Request({"type": "http"})
    silent, busy, new = (Principal(name, new_id(), frozenset()) for name in ("silent", "busy", "new"))
    for who in (silent, busy, new):
        asked.take(request, who)
    for who in (busy, new):
        with pytest.raises(Refusal) as refused:
            asked.take(request, who)
        assert refused.value.code == "rate_limited"
    asked.take(request, silent)
