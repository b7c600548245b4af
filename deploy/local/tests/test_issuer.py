"""The issuer: what its tokens say, whom it refuses, and where its key lies."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from dunlin_kernel.clock import FrozenClock
from dunlin_local.clients import secret_of
from dunlin_local.issuer import Issuer
from dunlin_local.scopes import TENANT_SCOPES

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TENANT = UUID("0195e000-0000-7000-8000-000000000001")
NAME = "http://127.0.0.1:8080"


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path, name=NAME + "/", clock=FrozenClock(NOW))


def client_of(issuer: Issuer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=issuer.app()), base_url=NAME)


async def ask(issuer: Issuer, folder: Path, client_id: str, **form: str) -> httpx.Response:
    async with client_of(issuer) as client:
        return await client.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"} | form,
            auth=(client_id, secret_of(folder, client_id)),
        )


async def opened(issuer: Issuer, token: str) -> jwt.Token:
    async with client_of(issuer) as client:
        published = (await client.get("/.well-known/jwks.json")).json()
    assert "d" not in published["keys"][0], "the private half stays at home"
    return jwt.decode(token, KeySet.import_key_set(published), algorithms=["ES256"])


async def test_a_service_token_has_its_scopes_and_no_tenant(issuer: Issuer, tmp_path: Path) -> None:
    answer = await ask(issuer, tmp_path, "notify-svc")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = await opened(issuer, answer.json()["access_token"])
    assert token.header["typ"] == "at+jwt"
    assert UUID(token.claims.pop("jti")).version == 7
    assert token.claims == {
        "iss": NAME,
        "aud": "dunlin",
        "sub": "notify-svc",
        "client_id": "notify-svc",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "scope": "contacts:read items:read reports:read tenants:act",
    }


async def test_a_persons_token_names_tenant_subject_scope_and_time(issuer: Issuer, tmp_path: Path) -> None:
    form = {"tenant": str(TENANT), "subject": "alice", "scope": "items:read customers:read", "expires_in": "60"}
    answer = (await ask(issuer, tmp_path, "demonstration", **form)).json()
    claims = (await opened(issuer, answer["access_token"])).claims
    assert (claims["tenant"], claims["sub"]) == (str(TENANT), "alice")
    assert claims["scope"] == "customers:read items:read" == answer["scope"]
    assert claims["exp"] - claims["iat"] == 60 == answer["expires_in"]


async def test_without_a_scope_all_of_the_client_are_given(issuer: Issuer, tmp_path: Path) -> None:
    answer = (await ask(issuer, tmp_path, "demonstration", tenant=str(TENANT))).json()
    assert answer["scope"].split() == sorted(TENANT_SCOPES)


@pytest.mark.parametrize(
    ("client_id", "form", "error"),
    [
        ("demonstration", {}, "invalid_request"),
        ("demonstration", {"tenant": "7"}, "invalid_request"),
        ("demonstration", {"tenant": str(TENANT), "expires_in": "0"}, "invalid_request"),
        ("demonstration", {"tenant": str(TENANT), "expires_in": "99999999"}, "invalid_request"),
        ("demonstration", {"tenant": str(TENANT), "expires_in": "٣"}, "invalid_request"),
        ("demonstration", {"tenant": str(TENANT), "subject": "a\nb"}, "invalid_request"),
        ("demonstration", {"tenant": str(TENANT), "scope": "tenants:act"}, "invalid_scope"),
        ("demonstration", {"tenant": str(TENANT), "grant_type": "password"}, "unsupported_grant_type"),
        ("notify-svc", {"tenant": str(TENANT)}, "invalid_request"),
        ("notify-svc", {"subject": "alice"}, "invalid_request"),
        ("notify-svc", {"scope": "invoices:write"}, "invalid_scope"),
        ("operator", {"scope": "customers:read"}, "invalid_scope"),
    ],
)
async def test_it_refuses(
    issuer: Issuer, tmp_path: Path, client_id: str, form: dict[str, str], error: str
) -> None:
    answer = await ask(issuer, tmp_path, client_id, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "given",
    [
        {"auth": ("notify-svc", "wrong")},
        {"auth": ("nobody", "wrong")},
        {"auth": ("../signing-key.json", "")},
        {"headers": {"Authorization": "Basic ###"}},
        {},
    ],
)
async def test_it_refuses_who_cannot_prove_itself(issuer: Issuer, given: dict[str, Any]) -> None:
    async with client_of(issuer) as client:
        answer = await client.post("/oauth/token", data={"grant_type": "client_credentials"}, **given)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_form_may_carry_the_secret_and_no_parameter_twice(issuer: Issuer, tmp_path: Path) -> None:
    secret = secret_of(tmp_path, "notify-svc")
    form = f"grant_type=client_credentials&client_id=notify-svc&client_secret={secret}"
    async with client_of(issuer) as client:
        assert (await client.post("/oauth/token", content=form)).status_code == 200
        assert (await client.post("/oauth/token", content=f"{form}&client_id=operator")).status_code == 400
        assert (await client.post("/oauth/token", content="x" * 10_000)).status_code == 400


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/oauth/token", 405, "method_not_allowed"), ("DELETE", "/livez", 405, "method_not_allowed"),
    ("GET", "/oauth", 404, "no_such_path"), ("POST", "/", 404, "no_such_path")])
async def test_what_it_has_not_is_a_problem(issuer: Issuer, method: str, path: str, status: int, code: str) -> None:
    async with client_of(issuer) as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert status != 405 or answer.headers["allow"]


def test_key_and_secrets_are_kept_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = Issuer(tmp_path, name=NAME, clock=FrozenClock(NOW)).key.published()
    secret = secret_of(tmp_path, "operator")
    again = Issuer(tmp_path, name=NAME, clock=FrozenClock(NOW)).key.published()
    assert (again, secret_of(tmp_path, "operator")) == (first, secret)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
